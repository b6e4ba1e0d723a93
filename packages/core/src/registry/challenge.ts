/** One challenge of a WWW-Authenticate header (RFC 7235 section 4.1). Scheme and parameter names are lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const BLANKS_AND_COMMAS = /[\s,]*/y;
const BLANKS = /\s*/y;

/**
 * Reads WWW-Authenticate headers: several headers, several challenges in each, quoted commas and escapes.
 * What cannot be read ends its header; the challenges before it count.
 */
export function parseChallenges(headers: string | readonly string[] | undefined): Challenge[] {
  if (headers === undefined) return [];
  return (typeof headers === "string" ? [headers] : headers).flatMap(parseHeader);
}

function parseHeader(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(BLANKS_AND_COMMAS);
    const word = take(TOKEN)?.[0];
    if (word === undefined) return challenges;
    const afterWord = position;
    take(BLANKS);
    const current = challenges.at(-1);
    if (header[position] === "=" && current !== undefined) {
      position += 1;
      take(BLANKS);
      const quoted = take(QUOTED)?.[1]?.replace(/\\(.)/g, "$1");
      const value = quoted ?? take(TOKEN)?.[0];
      if (value === undefined) return challenges;
      current.parameters[word.toLowerCase()] = value;
    } else {
      if (position === afterWord && position < header.length && header[position] !== ",") return challenges;
      challenges.push({
        scheme: word.toLowerCase(),
        parameters: Object.create(null) as Record<string, string>,
      });
      take(TOKEN68); // `Negotiate YII=`: no parameters but one value; nothing we answer has one
    }
  }
}

const ESCAPES: Readonly<Record<string, string | undefined>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

const ESCAPE = /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs;

/** The value of a Go string literal, interpreted ("…") or raw (`…`); undefined for an unknown escape. */
export function unquoteString(literal: string): string | undefined {
  const inner = literal.slice(1, -1);
  if (literal.startsWith("`")) return inner;
  const unknown = Array.from(inner.matchAll(ESCAPE)).some(
    ([, escape = ""]) => unescape(escape) === undefined,
  );
  return unknown ? undefined : inner.replaceAll(ESCAPE, (_, escape: string) => unescape(escape) ?? "");
}

/** The value of a Go character literal: its code point. */
export function unquoteCharacter(literal: string): number {
  return unquoteString(`"${literal.slice(1, -1)}"`)?.codePointAt(0) ?? 0;
}

function unescape(escape: string): string | undefined {
  if (/^[xuU]/.test(escape) && escape.length > 1) return String.fromCodePoint(parseInt(escape.slice(1), 16));
  if (/^[0-7]{3}$/.test(escape)) return String.fromCharCode(parseInt(escape, 8));
  return ESCAPES[escape];
}

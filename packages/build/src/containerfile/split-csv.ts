import { SyntaxProblem } from "./errors.ts";

/** Fields of one line of CSV (RFC 4180): a field in double quotes may hold commas, and quotes that are doubled. */
export function splitCsv(text: string): string[] {
  const fields: string[] = [];
  const field = /("(?:[^"]|"")*"|[^",]*)(,|$)/y;
  for (;;) {
    const [, piece = "", end] = field.exec(text) ?? [];
    if (end === undefined)
      throw new SyntaxProblem(`--mount=${text} is no list of key=value: a quote stands where none may be`);
    fields.push(piece.startsWith('"') ? piece.slice(1, -1).replaceAll('""', '"') : piece);
    if (end === "") return fields;
  }
}

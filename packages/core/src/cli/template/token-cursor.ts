import { parseError, type TemplateError } from "./errors.ts";
import type { Token } from "./tokens.ts";

/** A place in the tokens of a template. */
export class TokenCursor {
  readonly #tokens: readonly Token[];
  readonly #name: string;
  #next = 0;

  /** @param name of the template, for messages */
  constructor(tokens: readonly Token[], name: string) {
    this.#tokens = tokens;
    this.#name = name;
  }

  /** How far it is; what `goBack` takes. */
  get place(): number {
    return this.#next;
  }

  goBack(place: number): void {
    this.#next = place;
  }

  /** Goes past the `}}` that must be next. */
  close(context: string): void {
    this.skipSpace();
    const token = this.take();
    if (token.kind !== "close") throw this.error(`unexpected ${describe(token)} in ${context}`, token);
  }

  skipSpace(): void {
    while (this.peek().kind === "space") this.#next++;
  }

  peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error("a template without tokens");
    return token;
  }

  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  /** An error at a token, at the one before otherwise. */
  error(
    message: string,
    { at }: Token = this.#tokens[Math.max(0, this.#next - 1)] ?? this.peek(),
  ): TemplateError {
    return parseError(this.#name, at, message);
  }
}

const KEYWORDS = new Set([
  "block",
  "break",
  "continue",
  "define",
  "else",
  "end",
  "if",
  "nil",
  "range",
  "template",
  "with",
]);

/** Whether a pipeline is over. */
export function isEndOfPipe({ kind, text }: Token): boolean {
  return kind === "close" || kind === "end" || text === ")";
}

/** A token as Go writes it in messages. */
export function describe({ kind, text }: Token): string {
  if (kind === "end") return "EOF";
  if (kind === "close") return "{{end}}";
  return KEYWORDS.has(text) || kind === "dot" || kind === "field" ? `<${text}>` : JSON.stringify(text);
}

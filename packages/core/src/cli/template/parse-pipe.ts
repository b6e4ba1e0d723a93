import type { Command, Operand, Pipe } from "./syntax.ts";
import { describe, isEndOfPipe, type TokenCursor } from "./token-cursor.ts";
import type { Token } from "./tokens.ts";
import { unquoteCharacter, unquoteString } from "./unquote.ts";

/** Reads pipelines, where the cursor is. */
export class PipeParser {
  readonly #cursor: TokenCursor;
  readonly #functionNames: ReadonlySet<string>;
  /** Those that may be used where the cursor is. */
  variables = ["$"];

  constructor(cursor: TokenCursor, functionNames: ReadonlySet<string>) {
    this.#cursor = cursor;
    this.#functionNames = functionNames;
  }

  /** A pipeline with its variables, up to what ends it. */
  pipe(context: string): Pipe {
    this.#cursor.skipSpace();
    const { variables, assigns } = this.#declaration(context);
    const commands: Command[] = [];
    for (;;) {
      this.#cursor.skipSpace();
      const token = this.#cursor.peek();
      if (isEndOfPipe(token)) break;
      commands.push(this.#command());
      this.#cursor.skipSpace();
      if (this.#cursor.peek().text !== "|") break;
      this.#cursor.take();
      this.#cursor.skipSpace();
      if (isEndOfPipe(this.#cursor.peek())) throw this.#cursor.error(`missing value for ${context}`);
    }
    if (commands.length === 0) throw this.#cursor.error(`missing value for ${context}`);
    return { variables, assigns, commands };
  }

  #declaration(context: string): Pick<Pipe, "variables" | "assigns"> {
    const start = this.#cursor.place;
    const variables: string[] = [];
    while (this.#cursor.peek().kind === "variable") {
      variables.push(this.#cursor.take().text);
      this.#cursor.skipSpace();
      const { text } = this.#cursor.peek();
      if (text === ":=" || text === "=") {
        this.#cursor.take();
        if (text === ":=") this.variables.push(...variables);
        else for (const name of variables) this.#checkVariable(name);
        return { variables, assigns: text === "=" };
      }
      if (text === "," && (context !== "range" || variables.length > 1))
        throw this.#cursor.error(`too many declarations in ${context}`);
      if (text !== ",") break;
      this.#cursor.take();
      this.#cursor.skipSpace();
    }
    this.#cursor.goBack(start);
    return { variables: [], assigns: false };
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (;;) {
      this.#cursor.skipSpace();
      const token = this.#cursor.peek();
      if (isEndOfPipe(token) || token.text === "|") break;
      operands.push(this.#operand());
      const after = this.#cursor.peek();
      if (after.kind !== "space" && !isEndOfPipe(after) && after.text !== "|") {
        throw this.#cursor.error(`unexpected ${describe(after)} in operand`, after);
      }
    }
    const [first, ...rest] = operands;
    if (first === undefined) throw this.#cursor.error(`unexpected "|" in command`, this.#cursor.peek());
    return [first, ...rest];
  }

  /** A value with the fields that follow it without a blank. */
  #operand(): Operand {
    const base = this.#term();
    const names: string[] = [];
    if (base.kind === "fields") names.push(...base.names);
    const { at } = this.#cursor.peek(); // Go says of a chain that it is where its second part is
    while (this.#cursor.peek().kind === "field") names.push(this.#cursor.take().text.slice(1));
    if (names.length === 0 || (base.kind === "fields" && names.length === base.names.length)) return base;
    if (base.kind === "literal" || base.kind === "nil" || base.kind === "dot") {
      throw this.#cursor.error(`unexpected . after term ${JSON.stringify(base.text)}`);
    }
    const root = base.kind === "fields" ? base.base : base;
    const text =
      root.kind === "dot" ? names.map((part) => `.${part}`).join("") : [root.text, ...names].join(".");
    return { kind: "fields", base: root, names, at, text };
  }

  #term(): Operand {
    const token = this.#cursor.take();
    const { at, text } = token;
    switch (token.kind) {
      case "field":
        return { kind: "fields", base: { kind: "dot", at, text: "." }, names: [text.slice(1)], at, text };
      case "dot":
        return { kind: "dot", at, text };
      case "variable":
        this.#checkVariable(text);
        return { kind: "variable", name: text, at, text };
      case "word":
        return this.#word(token);
      case "number":
        return { kind: "literal", value: numberOf(text), at, text };
      case "string":
        return { kind: "literal", value: this.unquote(token), at, text };
      case "character":
        return { kind: "literal", value: unquoteCharacter(text), at, text };
      case "punctuation":
        if (text === "(") return this.#parenthesis(token);
    }
    throw this.#cursor.error(`unexpected ${describe(token)} in operand`, token);
  }

  #word(token: Token): Operand {
    const { at, text } = token;
    if (text === "true" || text === "false") return { kind: "literal", value: text === "true", at, text };
    if (text === "nil") return { kind: "nil", at, text };
    if (this.#functionNames.has(text)) return { kind: "function", name: text, at, text };
    throw this.#cursor.error(`function ${JSON.stringify(text)} not defined`, token);
  }

  #parenthesis(open: Token): Operand {
    const pipe = this.pipe("parenthesized pipeline");
    this.#cursor.skipSpace();
    if (this.#cursor.peek().text !== ")") throw this.#cursor.error("unclosed left paren", open);
    this.#cursor.take();
    return { kind: "pipe", pipe, at: open.at, text: `(${textOf(pipe)})` };
  }

  #checkVariable(name: string): void {
    if (!this.variables.includes(name))
      throw this.#cursor.error(`undefined variable ${JSON.stringify(name)}`);
  }

  unquote(token: Token): string {
    const value = unquoteString(token.text);
    if (value === undefined) throw this.#cursor.error(`invalid syntax in ${token.text}`, token);
    return value;
  }
}

/** A pipeline as Go writes it in messages. */
function textOf({ variables, assigns, commands }: Pipe): string {
  const declared = variables.length === 0 ? "" : `${variables.join(", ")} ${assigns ? "=" : ":="} `;
  return declared + commands.map((command) => command.map(({ text }) => text).join(" ")).join(" | ");
}

function numberOf(text: string): number {
  const plain = text.replaceAll("_", "");
  return /^[+-]/.test(plain) && /^[+-]0[xob]/i.test(plain)
    ? Number(plain.slice(1)) * (plain.startsWith("-") ? -1 : 1)
    : Number(plain);
}

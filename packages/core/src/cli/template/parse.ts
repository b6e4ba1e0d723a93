import { parseError, type TemplateError } from "./errors.ts";
import { unquoteCharacter, unquoteString } from "./unquote.ts";
import type { Body, Command, Node, Operand, Pipe } from "./syntax.ts";
import { tokenize, type Token } from "./tokens.ts";

/** A template ready to be executed. */
export interface Template {
  readonly name: string;
  readonly body: Body;
  /** What `define` and `block` have named. */
  readonly definitions: ReadonlyMap<string, Body>;
}

/**
 * Reads a template of Go's text/template.
 *
 * @param functionNames names that may be called.
 * @throws {TemplateError}
 */
export function parseTemplate(source: string, name: string, functionNames: ReadonlySet<string>): Template {
  return new TemplateParser(tokenize(source, name), name, functionNames).parse();
}

/** What ended a list of nodes. */
type Terminator = "end" | "else" | "EOF";

class TemplateParser {
  readonly #tokens: readonly Token[];
  readonly #name: string;
  readonly #functionNames: ReadonlySet<string>;
  readonly #definitions = new Map<string, Body>();
  /** Those that may be used where the parser is. */
  #variables = ["$"];
  #next = 0;
  #loops = 0;

  constructor(tokens: readonly Token[], name: string, functionNames: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#name = name;
    this.#functionNames = functionNames;
  }

  parse(): Template {
    const { body, terminator } = this.#body(["EOF"]);
    if (terminator !== "EOF") throw this.#error(`unexpected {{${terminator}}}`);
    return { name: this.#name, body, definitions: this.#definitions };
  }

  #body(allowed: readonly Terminator[]): { body: Node[]; terminator: Terminator } {
    const body: Node[] = [];
    for (;;) {
      const token = this.#take();
      if (token.kind === "end") {
        if (allowed.includes("EOF")) return { body, terminator: "EOF" };
        throw this.#error("unexpected EOF");
      }
      if (token.kind === "text") {
        body.push({ kind: "text", text: token.text });
        continue;
      }
      this.#skipSpace();
      const word = this.#peek();
      if (word.kind === "word" && (word.text === "end" || word.text === "else")) {
        this.#take();
        if (!allowed.includes(word.text)) throw this.#error(`unexpected {{${word.text}}}`);
        if (word.text === "end") this.#close("end");
        return { body, terminator: word.text };
      }
      body.push(...this.#action());
    }
  }

  /** One action, behind its `{{`. */
  #action(): Node[] {
    const { kind, text } = this.#peek();
    if (kind === "word") {
      switch (text) {
        case "if":
        case "with":
        case "range":
          this.#take();
          return [this.#control(text)];
        case "break":
        case "continue":
          this.#take();
          if (this.#loops === 0) throw this.#error(`{{${text}}} outside {{range}}`);
          this.#close(text);
          return [{ kind: text }];
        case "define":
        case "block":
        case "template":
          this.#take();
          return this.#named(text);
      }
    }
    const pipe = this.#pipe("command");
    this.#close("command");
    return [{ kind: "action", pipe }];
  }

  /** `if`, `with` or `range` to its `end`; `else if` becomes an `if` inside the `else`. */
  #control(kind: "if" | "with" | "range"): Node {
    const outer = this.#variables;
    this.#variables = [...outer];
    const pipe = this.#pipe(kind);
    this.#close(kind);
    if (kind === "range") this.#loops++;
    const { body, terminator } = this.#body(["end", "else"]);
    if (kind === "range") this.#loops--;
    if (terminator === "end") {
      this.#variables = outer;
      return { kind, pipe, body, otherwise: [] };
    }
    const otherwise = this.#otherwise(kind);
    this.#variables = outer;
    return { kind, pipe, body, otherwise };
  }

  /** What stands behind `else`. */
  #otherwise(kind: "if" | "with" | "range"): Body {
    this.#skipSpace();
    const { kind: wordKind, text } = this.#peek();
    if (wordKind === "word" && text === kind && text !== "range") {
      this.#take();
      return [this.#control(kind)];
    }
    this.#close("else");
    const { body, terminator } = this.#body(["end", "else"]);
    if (terminator === "else") throw this.#error("expected end; found {{else}}");
    return body;
  }

  #named(kind: "define" | "block" | "template"): Node[] {
    this.#skipSpace();
    const token = this.#take();
    if (token.kind !== "string") throw this.#error(`unexpected ${describe(token)} in ${kind} clause`, token);
    const name = this.#unquote(token);
    if (kind === "define") {
      this.#close(kind);
      this.#definitions.set(name, this.#definition());
      return [];
    }
    this.#skipSpace();
    const pipe = this.#peek().kind === "close" ? undefined : this.#pipe(kind);
    this.#close(kind);
    if (kind === "block") this.#definitions.set(name, this.#definition());
    return [{ kind: "template", name, pipe, at: token.at }];
  }

  /** A template of its own: it sees no variables from around it. */
  #definition(): Body {
    const outer = this.#variables;
    this.#variables = ["$"];
    const { body } = this.#body(["end"]);
    this.#variables = outer;
    return body;
  }

  /** A pipeline with its variables, up to what ends it. */
  #pipe(context: string): Pipe {
    this.#skipSpace();
    const { variables, assigns } = this.#declaration(context);
    const commands: Command[] = [];
    for (;;) {
      this.#skipSpace();
      const token = this.#peek();
      if (isEndOfPipe(token)) break;
      commands.push(this.#command());
      this.#skipSpace();
      if (this.#peek().text !== "|") break;
      this.#take();
      this.#skipSpace();
      if (isEndOfPipe(this.#peek())) throw this.#error(`missing value for ${context}`);
    }
    if (commands.length === 0) throw this.#error(`missing value for ${context}`);
    return { variables, assigns, commands };
  }

  #declaration(context: string): Pick<Pipe, "variables" | "assigns"> {
    const start = this.#next;
    const variables: string[] = [];
    while (this.#peek().kind === "variable") {
      variables.push(this.#take().text);
      this.#skipSpace();
      const { text } = this.#peek();
      if (text === ":=" || text === "=") {
        this.#take();
        if (text === ":=") this.#variables.push(...variables);
        else for (const name of variables) this.#checkVariable(name);
        return { variables, assigns: text === "=" };
      }
      if (text === "," && (context !== "range" || variables.length > 1))
        throw this.#error(`too many declarations in ${context}`);
      if (text !== ",") break;
      this.#take();
      this.#skipSpace();
    }
    this.#next = start;
    return { variables: [], assigns: false };
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (;;) {
      this.#skipSpace();
      const token = this.#peek();
      if (isEndOfPipe(token) || token.text === "|") break;
      operands.push(this.#operand());
      const after = this.#peek();
      if (after.kind !== "space" && !isEndOfPipe(after) && after.text !== "|") {
        throw this.#error(`unexpected ${describe(after)} in operand`, after);
      }
    }
    const [first, ...rest] = operands;
    if (first === undefined) throw this.#error(`unexpected "|" in command`, this.#peek());
    return [first, ...rest];
  }

  /** A value with the fields that follow it without a blank. */
  #operand(): Operand {
    const base = this.#term();
    const names: string[] = [];
    if (base.kind === "fields") names.push(...base.names);
    const { at } = this.#peek(); // Go says of a chain that it is where its second part is
    while (this.#peek().kind === "field") names.push(this.#take().text.slice(1));
    if (names.length === 0 || (base.kind === "fields" && names.length === base.names.length)) return base;
    if (base.kind === "literal" || base.kind === "nil" || base.kind === "dot") {
      throw this.#error(`unexpected . after term ${JSON.stringify(base.text)}`);
    }
    const root = base.kind === "fields" ? base.base : base;
    const text =
      root.kind === "dot" ? names.map((part) => `.${part}`).join("") : [root.text, ...names].join(".");
    return { kind: "fields", base: root, names, at, text };
  }

  #term(): Operand {
    const token = this.#take();
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
        return { kind: "literal", value: this.#unquote(token), at, text };
      case "character":
        return { kind: "literal", value: unquoteCharacter(text), at, text };
      case "punctuation":
        if (text === "(") return this.#parenthesis(token);
    }
    throw this.#error(`unexpected ${describe(token)} in operand`, token);
  }

  #word({ at, text }: Token): Operand {
    if (text === "true" || text === "false") return { kind: "literal", value: text === "true", at, text };
    if (text === "nil") return { kind: "nil", at, text };
    if (this.#functionNames.has(text)) return { kind: "function", name: text, at, text };
    throw parseError(this.#name, at, `function ${JSON.stringify(text)} not defined`);
  }

  #parenthesis(open: Token): Operand {
    const pipe = this.#pipe("parenthesized pipeline");
    this.#skipSpace();
    if (this.#peek().text !== ")") throw this.#error("unclosed left paren", open);
    this.#take();
    return { kind: "pipe", pipe, at: open.at, text: `(${textOf(pipe)})` };
  }

  #checkVariable(name: string): void {
    if (!this.#variables.includes(name)) throw this.#error(`undefined variable ${JSON.stringify(name)}`);
  }

  #unquote(token: Token): string {
    const value = unquoteString(token.text);
    if (value === undefined) throw this.#error(`invalid syntax in ${token.text}`, token);
    return value;
  }

  #close(context: string): void {
    this.#skipSpace();
    const token = this.#take();
    if (token.kind !== "close") throw this.#error(`unexpected ${describe(token)} in ${context}`, token);
  }

  #skipSpace(): void {
    while (this.#peek().kind === "space") this.#next++;
  }

  #peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error("a template without tokens");
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #error(
    message: string,
    { at }: Token = this.#tokens[Math.max(0, this.#next - 1)] ?? this.#peek(),
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

/** A pipeline as Go writes it in messages. */
function textOf({ variables, assigns, commands }: Pipe): string {
  const declared = variables.length === 0 ? "" : `${variables.join(", ")} ${assigns ? "=" : ":="} `;
  return declared + commands.map((command) => command.map(({ text }) => text).join(" ")).join(" | ");
}

function isEndOfPipe({ kind, text }: Token): boolean {
  return kind === "close" || kind === "end" || text === ")";
}

function describe({ kind, text }: Token): string {
  if (kind === "end") return "EOF";
  if (kind === "close") return "{{end}}";
  return KEYWORDS.has(text) || kind === "dot" || kind === "field" ? `<${text}>` : JSON.stringify(text);
}

function numberOf(text: string): number {
  const plain = text.replaceAll("_", "");
  return /^[+-]/.test(plain) && /^[+-]0[xob]/i.test(plain)
    ? Number(plain.slice(1)) * (plain.startsWith("-") ? -1 : 1)
    : Number(plain);
}

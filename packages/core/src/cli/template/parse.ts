import { PipeParser } from "./parse-pipe.ts";
import type { Body, Node } from "./syntax.ts";
import { describe, TokenCursor } from "./token-cursor.ts";
import { tokenize } from "./tokens.ts";

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
  return new TemplateParser(source, name, functionNames).parse();
}

/** What ended a list of nodes. */
type Terminator = "end" | "else" | "EOF";

class TemplateParser {
  readonly #cursor: TokenCursor;
  readonly #name: string;
  readonly #pipes: PipeParser;
  readonly #definitions = new Map<string, Body>();
  #loops = 0;

  constructor(source: string, name: string, functionNames: ReadonlySet<string>) {
    this.#cursor = new TokenCursor(tokenize(source, name), name);
    this.#name = name;
    this.#pipes = new PipeParser(this.#cursor, functionNames);
  }

  parse(): Template {
    const { body, terminator } = this.#body(["EOF"]);
    if (terminator !== "EOF") throw this.#cursor.error(`unexpected {{${terminator}}}`);
    return { name: this.#name, body, definitions: this.#definitions };
  }

  #body(allowed: readonly Terminator[]): { body: Node[]; terminator: Terminator } {
    const body: Node[] = [];
    for (;;) {
      const token = this.#cursor.take();
      if (token.kind === "end") {
        if (allowed.includes("EOF")) return { body, terminator: "EOF" };
        throw this.#cursor.error("unexpected EOF");
      }
      if (token.kind === "text") {
        body.push({ kind: "text", text: token.text });
        continue;
      }
      this.#cursor.skipSpace();
      const word = this.#cursor.peek();
      if (word.kind === "word" && (word.text === "end" || word.text === "else")) {
        this.#cursor.take();
        if (!allowed.includes(word.text)) throw this.#cursor.error(`unexpected {{${word.text}}}`);
        if (word.text === "end") this.#cursor.close("end");
        return { body, terminator: word.text };
      }
      body.push(...this.#action());
    }
  }

  /** One action, behind its `{{`. */
  #action(): Node[] {
    const { kind, text } = this.#cursor.peek();
    if (kind === "word") {
      switch (text) {
        case "if":
        case "with":
        case "range":
          this.#cursor.take();
          return [this.#control(text)];
        case "break":
        case "continue":
          this.#cursor.take();
          if (this.#loops === 0) throw this.#cursor.error(`{{${text}}} outside {{range}}`);
          this.#cursor.close(text);
          return [{ kind: text }];
        case "define":
        case "block":
        case "template":
          this.#cursor.take();
          return this.#named(text);
      }
    }
    const pipe = this.#pipes.pipe("command");
    this.#cursor.close("command");
    return [{ kind: "action", pipe }];
  }

  /** `if`, `with` or `range` to its `end`; `else if` becomes an `if` inside the `else`. */
  #control(kind: "if" | "with" | "range"): Node {
    const outer = this.#pipes.variables;
    this.#pipes.variables = [...outer];
    const pipe = this.#pipes.pipe(kind);
    this.#cursor.close(kind);
    if (kind === "range") this.#loops++;
    const { body, terminator } = this.#body(["end", "else"]);
    if (kind === "range") this.#loops--;
    if (terminator === "end") {
      this.#pipes.variables = outer;
      return { kind, pipe, body, otherwise: [] };
    }
    const otherwise = this.#otherwise(kind);
    this.#pipes.variables = outer;
    return { kind, pipe, body, otherwise };
  }

  /** What stands behind `else`. */
  #otherwise(kind: "if" | "with" | "range"): Body {
    this.#cursor.skipSpace();
    const { kind: wordKind, text } = this.#cursor.peek();
    if (wordKind === "word" && text === kind && text !== "range") {
      this.#cursor.take();
      return [this.#control(kind)];
    }
    this.#cursor.close("else");
    const { body, terminator } = this.#body(["end", "else"]);
    if (terminator === "else") throw this.#cursor.error("expected end; found {{else}}");
    return body;
  }

  #named(kind: "define" | "block" | "template"): Node[] {
    this.#cursor.skipSpace();
    const token = this.#cursor.take();
    if (token.kind !== "string")
      throw this.#cursor.error(`unexpected ${describe(token)} in ${kind} clause`, token);
    const name = this.#pipes.unquote(token);
    if (kind === "define") {
      this.#cursor.close(kind);
      this.#definitions.set(name, this.#definition());
      return [];
    }
    this.#cursor.skipSpace();
    const pipe = this.#cursor.peek().kind === "close" ? undefined : this.#pipes.pipe(kind);
    this.#cursor.close(kind);
    if (kind === "block") this.#definitions.set(name, this.#definition());
    return [{ kind: "template", name, pipe, at: token.at }];
  }

  /** A template of its own: it sees no variables from around it. */
  #definition(): Body {
    const outer = this.#pipes.variables;
    this.#pipes.variables = ["$"];
    const { body } = this.#body(["end"]);
    this.#pipes.variables = outer;
    return body;
  }
}

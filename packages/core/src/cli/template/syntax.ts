/** Where something stands in a template: for "template: ps:1:14: …". Lines from 1, columns from 0, as Go counts. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipe: Pipe }
  | {
      readonly kind: "if" | "with" | "range";
      readonly pipe: Pipe;
      readonly body: Body;
      readonly otherwise: Body;
    }
  | {
      readonly kind: "template";
      readonly name: string;
      readonly pipe: Pipe | undefined;
      readonly at: Position;
    }
  | { readonly kind: "break" | "continue" };

export type Body = readonly Node[];

/** `$x := .A | printf "%d"`. */
export interface Pipe {
  /** Names with their `$`. */
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

/** A function, method or value with its arguments. */
export type Command = readonly [Operand, ...Operand[]];

interface Located {
  readonly at: Position;
  /** As written, for messages. */
  readonly text: string;
}

export type Operand = Located &
  (
    | { readonly kind: "dot" | "nil" }
    | { readonly kind: "literal"; readonly value: string | number | boolean }
    | { readonly kind: "function"; readonly name: string }
    /** `.A.B`, `$x.A`, `(…).A`; `base` is undefined for the dot. */
    | { readonly kind: "fields"; readonly base: Operand; readonly names: readonly string[] }
    | { readonly kind: "variable"; readonly name: string }
    | { readonly kind: "pipe"; readonly pipe: Pipe }
  );

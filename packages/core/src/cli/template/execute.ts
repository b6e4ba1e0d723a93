import { executionError } from "./errors.ts";
import { FUNCTIONS } from "./functions.ts";
import type { Template } from "./parse.ts";
import { goText } from "./print.ts";
import type { Body, Command, Node, Operand, Pipe } from "./syntax.ts";
import { isMap, isStruct, isTrue, sortedKeys, typeName } from "./values.ts";

/** Thrown by `break` and `continue`, caught by their `range`. */
class LoopControl extends Error {
  readonly ends: boolean;
  constructor(ends: boolean) {
    super();
    this.ends = ends;
  }
}

/** Deeper nesting of `template` is taken for an endless recursion. */
const DEPTH_LIMIT = 1000;

/** Values of variables, the innermost scope last. */
type Scope = { readonly name: string; value: unknown }[];

/**
 * Executes a template over data.
 *
 * @throws {TemplateError} in Go's words.
 */
export function executeTemplate(template: Template, data: unknown): string {
  const executor = new Executor(template);
  executor.run(template.body, data, [{ name: "$", value: data }]);
  return executor.output;
}

class Executor {
  output = "";
  readonly #template: Template;
  #depth = 0;

  constructor(template: Template) {
    this.#template = template;
  }

  run(body: Body, dot: unknown, scope: Scope): void {
    const inner = [...scope];
    for (const node of body) this.#node(node, dot, inner);
  }

  #node(node: Node, dot: unknown, scope: Scope): void {
    switch (node.kind) {
      case "text":
        this.output += node.text;
        return;
      case "action": {
        const value = this.#pipe(node.pipe, dot, scope);
        if (node.pipe.variables.length === 0)
          this.output += value === undefined ? "<no value>" : goText(value);
        return;
      }
      case "if":
      case "with": {
        const inner = [...scope];
        const value = this.#pipe(node.pipe, dot, inner);
        const chosen = isTrue(value);
        this.run(chosen ? node.body : node.otherwise, chosen && node.kind === "with" ? value : dot, inner);
        return;
      }
      case "range":
        this.#range(node.pipe, node.body, node.otherwise, dot, scope);
        return;
      case "template":
        this.#call(node, dot, scope);
        return;
      case "break":
      case "continue":
        throw new LoopControl(node.kind === "break");
    }
  }

  #call({ name, pipe, at }: Extract<Node, { kind: "template" }>, dot: unknown, scope: Scope): void {
    const body = this.#template.definitions.get(name);
    const text = `{{template ${JSON.stringify(name)}}}`;
    if (body === undefined)
      throw executionError(this.#template.name, at, text, `template ${JSON.stringify(name)} not defined`);
    if (++this.#depth > DEPTH_LIMIT)
      throw executionError(this.#template.name, at, text, "exceeded maximum template depth");
    const data = pipe === undefined ? undefined : this.#pipe(pipe, dot, scope);
    this.run(body, data, [{ name: "$", value: data }]);
    this.#depth--;
  }

  #range(pipe: Pipe, body: Body, otherwise: Body, dot: unknown, scope: Scope): void {
    const value = this.#evaluate(pipe, dot, scope);
    const entries = entriesOf(value);
    if (entries === undefined) {
      const [first] = pipe.commands[0] ?? [];
      if (first === undefined) throw new Error("a pipe without a command");
      throw executionError(
        this.#template.name,
        first.at,
        first.text,
        `range can't iterate over ${goText(value)}`,
      );
    }
    if (entries.length === 0) return this.run(otherwise, dot, scope);
    const [first, second] = pipe.variables;
    for (const [key, element] of entries) {
      const inner = [...scope];
      if (first !== undefined) bind(pipe.assigns, first, second === undefined ? element : key, inner);
      if (second !== undefined) bind(pipe.assigns, second, element, inner);
      try {
        this.run(body, element, inner);
      } catch (error) {
        if (!(error instanceof LoopControl)) throw error;
        if (error.ends) return;
      }
    }
  }

  /** The value of a pipeline; its variables are set in the scope. */
  #pipe(pipe: Pipe, dot: unknown, scope: Scope): unknown {
    const value = this.#evaluate(pipe, dot, scope);
    for (const name of pipe.variables) bind(pipe.assigns, name, value, scope);
    return value;
  }

  #evaluate({ commands }: Pipe, dot: unknown, scope: Scope): unknown {
    let value: unknown;
    commands.forEach((command, index) => {
      value = this.#command(command, dot, scope, index === 0 ? [] : [value]);
    });
    return value;
  }

  /** @param piped the value of the command before, to be the last argument. */
  #command([head, ...rest]: Command, dot: unknown, scope: Scope, piped: readonly unknown[]): unknown {
    const last = () => [...rest.map((operand) => this.#operand(operand, dot, scope)), ...piped];
    if (head.kind === "function") return this.#function(head, rest, dot, scope, piped);
    if (head.kind === "fields") {
      return this.#fields(head, this.#operand(head.base, dot, scope), last());
    }
    if (rest.length > 0 || piped.length > 0) {
      throw this.#error(head, `can't give argument to non-function ${head.text}`);
    }
    if (head.kind === "nil") throw this.#error(head, "nil is not a command");
    return this.#operand(head, dot, scope);
  }

  #function(
    head: Extract<Operand, { kind: "function" }>,
    rest: readonly Operand[],
    dot: unknown,
    scope: Scope,
    piped: readonly unknown[],
  ): unknown {
    const { name } = head;
    if (name === "and" || name === "or") {
      let value: unknown;
      for (const operand of rest) {
        value = this.#operand(operand, dot, scope);
        if (isTrue(value) === (name === "or")) return value;
      }
      if (piped.length > 0) return piped[0];
      if (rest.length === 0)
        throw this.#error(head, `wrong number of args for ${name}: want at least 1 got 0`);
      return value;
    }
    const called = FUNCTIONS[name];
    if (called === undefined) throw this.#error(head, `${JSON.stringify(name)} is not a defined function`);
    const values = [...rest.map((operand) => this.#operand(operand, dot, scope)), ...piped];
    try {
      return called(...values);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const text = [head, ...rest].map((operand) => operand.text).join(" ");
      throw this.#error({ ...head, text }, `error calling ${name}: ${error.message}`);
    }
  }

  #operand(operand: Operand, dot: unknown, scope: Scope): unknown {
    switch (operand.kind) {
      case "dot":
        return dot;
      case "nil":
        return null;
      case "literal":
        return operand.value;
      case "variable": {
        const variable = scope.findLast(({ name }) => name === operand.name);
        if (variable === undefined) throw this.#error(operand, `undefined variable "${operand.name}"`);
        return variable.value;
      }
      case "function":
        return this.#function(operand, [], dot, scope, []);
      case "pipe":
        return this.#pipe(operand.pipe, dot, scope);
      case "fields":
        return this.#fields(operand, this.#operand(operand.base, dot, scope), []);
    }
  }

  /** Follows names; arguments go to the last, which must then be a method. */
  #fields(operand: Extract<Operand, { kind: "fields" }>, base: unknown, values: readonly unknown[]): unknown {
    let value = base;
    operand.names.forEach((name, index) => {
      const given = index === operand.names.length - 1 ? values : [];
      value = this.#field(operand, value, name, given);
    });
    return value;
  }

  #field(operand: Operand, value: unknown, name: string, values: readonly unknown[]): unknown {
    if (value === null || value === undefined) {
      throw this.#error(operand, `nil pointer evaluating interface {}.${name}`);
    }
    if (isMap(value) || isStruct(value)) {
      const found = name in value && Object.hasOwn(value, name) ? value[name] : undefined;
      if (typeof found === "function")
        return (found as (...given: readonly unknown[]) => unknown).apply(value, [...values]);
      if (values.length > 0) throw this.#error(operand, `${name} is not a method but has arguments`);
      if (Object.hasOwn(value, name) || isMap(value)) return found;
    }
    throw this.#error(operand, `can't evaluate field ${name} in type ${typeName(value)}`);
  }

  #error({ at, text }: Operand, message: string): Error {
    return executionError(this.#template.name, at, text, message);
  }
}

function bind(assigns: boolean, name: string, value: unknown, scope: Scope): void {
  const known = assigns ? scope.findLast((variable) => variable.name === name) : undefined;
  if (known === undefined) scope.push({ name, value });
  else known.value = value;
}

/** What `range` walks over, as key and element; undefined when it cannot. */
function entriesOf(value: unknown): (readonly [unknown, unknown])[] | undefined {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map((element: unknown, index) => [index, element] as const);
  if (typeof value === "number" && Number.isInteger(value)) {
    return Array.from({ length: value }, (_, index) => [index, index] as const);
  }
  if (isMap(value)) return sortedKeys(value).map((key) => [key, value[key]] as const);
  return undefined;
}

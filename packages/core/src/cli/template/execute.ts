import { executionError } from "./errors.ts";
import { entriesOf } from "./collections.ts";
import { FUNCTIONS, isOfType, type ParameterType, type TemplateFunction } from "./functions.ts";
import type { Template } from "./parse.ts";
import { goText } from "./print.ts";
import type { Body, Command, Node, Operand, Pipe } from "./syntax.ts";
import { GoTime } from "./time.ts";
import { isMap, isStruct, isTrue, typeName } from "./values.ts";

/** Thrown by `break` and `continue`, caught by their `range`. */
class LoopControl extends Error {
  readonly ends: boolean;
  constructor(ends: boolean) {
    super();
    this.ends = ends;
  }
}

/** What is given to a method: evaluated only when it is one. */
interface Arguments {
  readonly count: number;
  readonly read: () => unknown[];
}

const NO_ARGUMENTS: Arguments = { count: 0, read: () => [] };

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
    if (head.kind === "function") return this.#function(head, rest, dot, scope, piped);
    if (head.kind === "fields") {
      const read = () => [...rest.map((operand) => this.#operand(operand, dot, scope)), ...piped];
      return this.#fields(head, this.#operand(head.base, dot, scope), {
        count: rest.length + piped.length,
        read,
      });
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
    this.#checkCount(head, called, rest.length + piped.length);
    const typed = rest.map((operand, index) => this.#argument(operand, dot, scope, typeAt(called, index)));
    const values = [
      ...typed,
      ...piped.map((value) => this.#checked(head, value, typeAt(called, rest.length))),
    ];
    try {
      return called.call(...values);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const text = [head, ...rest].map((operand) => operand.text).join(" ");
      throw this.#error({ ...head, text }, `error calling ${name}: ${error.message}`);
    }
  }

  #checkCount(head: Operand & { readonly name: string }, called: TemplateFunction, given: number): void {
    const { parameters, rest } = called;
    const fits = rest === undefined ? given === parameters.length : given >= parameters.length;
    if (fits) return;
    const wanted = `${rest === undefined ? "" : "at least "}${parameters.length}`;
    throw this.#error(head, `wrong number of args for ${head.name}: want ${wanted} got ${given}`);
  }

  /** An argument as Go takes it: a literal is judged as it is written, anything else by its value. */
  #argument(operand: Operand, dot: unknown, scope: Scope, type: ParameterType): unknown {
    const value = this.#operand(operand, dot, scope);
    if (operand.kind !== "literal" && operand.kind !== "nil") return this.#checked(operand, value, type);
    if (isOfType(value, type)) return value;
    if (operand.kind === "nil") throw this.#error(operand, `cannot assign nil to ${type}`);
    const expected: Readonly<Record<string, string>> = {
      string: `expected string; found ${operand.text}`,
      int: `expected integer; found ${operand.text}`,
    };
    throw this.#error(operand, expected[type] ?? `can't handle ${operand.text} for arg of type ${type}`);
  }

  #checked(operand: Operand, value: unknown, type: ParameterType): unknown {
    if (isOfType(value, type)) return value;
    const got = value === undefined || value === null ? undefined : typeName(value);
    const message =
      got === undefined
        ? `invalid value; expected ${type}`
        : `wrong type for value; expected ${type}; got ${got}`;
    throw this.#error(operand, message);
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
        return this.#fields(operand, this.#operand(operand.base, dot, scope), NO_ARGUMENTS);
    }
  }

  /** Follows names; arguments go to the last, which must then be a method. */
  #fields(operand: Extract<Operand, { kind: "fields" }>, base: unknown, given: Arguments): unknown {
    let value = base;
    operand.names.forEach((name, index) => {
      value = this.#field(operand, value, name, index === operand.names.length - 1 ? given : NO_ARGUMENTS);
    });
    return value;
  }

  #field(operand: Operand, value: unknown, name: string, given: Arguments): unknown {
    const method = value instanceof GoTime ? value.method(name) : undefined;
    if (method !== undefined) return method(...given.read());
    if (value === null || value === undefined) {
      throw this.#error(operand, `nil pointer evaluating interface {}.${name}`);
    }
    if (isMap(value) || isStruct(value)) {
      const found = name in value && Object.hasOwn(value, name) ? value[name] : undefined;
      if (typeof found === "function")
        return (found as (...given: readonly unknown[]) => unknown).apply(value, given.read());
      if (Object.hasOwn(value, name) && given.count > 0)
        throw this.#error(
          operand,
          isMap(value)
            ? `${name} is not a method but has arguments`
            : `${name} has arguments but cannot be invoked as function`,
        );
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

function typeAt({ parameters, rest = "interface {}" }: TemplateFunction, index: number): ParameterType {
  return parameters[index] ?? rest;
}

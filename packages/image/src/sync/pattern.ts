import { InvalidPatternError } from "./errors.ts";
import { parsePattern, type Node } from "./pattern-syntax.ts";

/** One step of a pattern's machine. Steps are numbered; `next` of most is the one after. */
type Step =
  | { readonly kind: "set"; readonly contains: (code: number) => boolean }
  | { readonly kind: "assert"; readonly at: "start" | "end" | "word" | "no-word" }
  | { readonly kind: "fork"; readonly to: readonly number[] }
  | { readonly kind: "match" };

/** Steps a pattern may have: far more than any for tags needs. */
const STEP_LIMIT = 10_000;

/**
 * A regular expression in Go's syntax, as a question to a text: whether it occurs anywhere in it. As Go's own matcher this
 * one follows all ways at once, so its time grows with text × pattern, and no pattern can make it hang.
 *
 * @throws {InvalidPatternError}
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const steps: Step[] = [];
  const add = (step: Step): number => {
    if (steps.length >= STEP_LIMIT) throw new InvalidPatternError(pattern, "expression is too large");
    return steps.push(step) - 1;
  };
  emit(parsePattern(pattern), steps, add);
  add({ kind: "match" });
  return (text) => occurs(steps, text);
}

function emit(node: Node, steps: Step[], add: (step: Step) => number): void {
  switch (node.kind) {
    case "set":
      add({ kind: "set", contains: node.set.contains });
      return;
    case "assert":
      add({ kind: "assert", at: node.at });
      return;
    case "sequence":
      for (const part of node.nodes) emit(part, steps, add);
      return;
    case "choice":
      emitChoice(node.nodes, steps, add);
      return;
    case "repeat":
      emitRepeat(node, steps, add);
  }
}

function emitChoice(nodes: readonly Node[], steps: Step[], add: (step: Step) => number): void {
  const fork = add({ kind: "fork", to: [] });
  const starts: number[] = [];
  const ends: number[] = [];
  for (const node of nodes) {
    starts.push(steps.length);
    emit(node, steps, add);
    ends.push(add({ kind: "fork", to: [] }));
  }
  steps[fork] = { kind: "fork", to: starts };
  for (const end of ends) steps[end] = { kind: "fork", to: [steps.length] };
}

function emitRepeat(
  { node, least, most }: Node & { readonly kind: "repeat" },
  steps: Step[],
  add: (step: Step) => number,
): void {
  for (let count = 0; count < least; count++) emit(node, steps, add);
  if (most === Infinity) {
    const fork = add({ kind: "fork", to: [] });
    emit(node, steps, add);
    add({ kind: "fork", to: [fork] });
    steps[fork] = { kind: "fork", to: [fork + 1, steps.length] };
    return;
  }
  const forks: number[] = [];
  for (let count = least; count < most; count++) {
    forks.push(add({ kind: "fork", to: [] }));
    emit(node, steps, add);
  }
  for (const fork of forks) steps[fork] = { kind: "fork", to: [fork + 1, steps.length] };
}

function occurs(steps: readonly Step[], text: string): boolean {
  let current = new Set<number>();
  for (let at = 0; at <= text.length; at++) {
    if (follow(steps, current, text, at)) return true;
    const code = text.charCodeAt(at);
    const next = new Set<number>();
    for (const number of current) {
      const step = steps[number];
      if (step?.kind === "set" && at < text.length && step.contains(code)) next.add(number + 1);
    }
    current = next;
  }
  return false;
}

/** Adds all steps reached without a character, also those from the beginning; true when the match is among them. */
function follow(steps: readonly Step[], reached: Set<number>, text: string, at: number): boolean {
  reached.add(0);
  for (const number of reached) {
    const step = steps[number];
    if (step?.kind === "match") return true;
    if (step?.kind === "fork") for (const target of step.to) reached.add(target);
    if (step?.kind === "assert" && holds(step.at, text, at)) reached.add(number + 1);
  }
  return false;
}

function holds(place: "start" | "end" | "word" | "no-word", text: string, at: number): boolean {
  if (place === "start") return at === 0;
  if (place === "end") return at === text.length;
  const isBoundary = /\w/.test(text[at - 1] ?? "") !== /\w/.test(text[at] ?? "");
  return isBoundary === (place === "word");
}

/** One part of a pattern: a character that has to come, any number of them, or `**` with the slash after it. */
export type PatternPart =
  | { readonly kind: "one" | "many"; readonly fits: (character: string) => boolean }
  | { readonly kind: "directories" };

/** A character that stands for itself. */
export function itself(character: string): PatternPart {
  return { kind: "one", fits: (other) => other === character };
}

/** Whether the whole text fits. The work grows with text times pattern, whatever either of them holds. */
export function fitsWhole(parts: readonly PatternPart[], text: string): boolean {
  const characters = Array.from(text);
  return fittingEnds(parts, characters).at(-1) === characters.length;
}

/** Where pieces of the text that fit and begin at `from` end, the shortest first. */
export function fittingEnds(
  parts: readonly PatternPart[],
  characters: readonly string[],
  from = 0,
): readonly number[] {
  const ends: number[] = [];
  let states = new States(parts);
  states.enter(0);
  for (let position = from; ; position++) {
    if (states.isOver) ends.push(position);
    const character = characters[position];
    if (character === undefined || states.isEmpty) return ends;
    states = states.after(character);
  }
}

/** The places of a pattern at which a reader of a text may be, all followed at once: nothing is ever tried again. */
class States {
  readonly #parts: readonly PatternPart[];
  /** Before part N. */
  readonly #before = new Set<number>();
  /** Within the directories that part N stands for. */
  readonly #within = new Set<number>();

  constructor(parts: readonly PatternPart[]) {
    this.#parts = parts;
  }

  get isOver(): boolean {
    return this.#before.has(this.#parts.length);
  }

  get isEmpty(): boolean {
    return this.#before.size + this.#within.size === 0;
  }

  /** Comes to a part, and past it where it may stand for nothing. */
  enter(index: number): void {
    let place = index;
    while (!this.#before.has(place)) {
      this.#before.add(place);
      if ((this.#parts[place]?.kind ?? "one") === "one") return;
      place++;
    }
  }

  after(character: string): States {
    const next = new States(this.#parts);
    for (const place of this.#before) {
      const part = this.#parts[place];
      if (part?.kind === "directories") next.#goWithin(place, character);
      else if (part?.fits(character) === true) next.enter(part.kind === "many" ? place : place + 1);
    }
    for (const place of this.#within) next.#goWithin(place, character);
    return next;
  }

  #goWithin(place: number, character: string): void {
    this.#within.add(place);
    if (character === "/") this.enter(place + 1);
  }
}

import fc from "fast-check";

/** Seed and length of all fuzzing: fixed unless the environment says otherwise, so that a failure comes again. */
export const SEED = Number(process.env["WHERRY_FUZZ_SEED"] ?? 20_260_101);
export const RUNS = Number(process.env["WHERRY_FUZZ_RUNS"] ?? 300);
/** Milliseconds that a test may take, which has to do with how long it is. */
export const TIMEOUT = Math.max(60_000, RUNS * 100);

/** One change to a text or to bytes. Places are parts of the length, so that shrinking keeps their meaning. */
type Mutation<T> =
  | { readonly kind: "drop"; readonly from: number; readonly length: number }
  | { readonly kind: "repeat"; readonly from: number; readonly length: number; readonly times: number }
  | { readonly kind: "put"; readonly from: number; readonly what: T; readonly over: boolean };

interface Sequence<T> {
  readonly length: number;
  slice(from: number, to?: number): T;
}

/**
 * Samples that were valid, with some parts taken away, repeated, and put in.
 *
 * @param dictionary what has a meaning to the parser, to be put into wrong places
 */
export function mutatedText(samples: readonly string[], dictionary: readonly string[]): fc.Arbitrary<string> {
  const word = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...dictionary) },
    fc.string({ maxLength: 6 }),
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constantFrom("\0", "\r\n", "\uFEFF", "\u202E", "é", "💥", "\ud800", " ".repeat(300), "9".repeat(40)),
  );
  return mutated(samples, word, (parts) => parts.join(""));
}

/** The same for bytes. */
export function mutatedBytes(samples: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const piece = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }),
    fc.constantFrom("00", "ff", "80", "7f", "2f2e2e2f", "ffffffffffffffff", "3737373737373737").map(fromHex),
  );
  return mutated<Uint8Array>(samples, piece, (parts) => Buffer.concat(parts)).map((bytes) =>
    Buffer.from(bytes),
  );
}

function fromHex(text: string): Uint8Array {
  return Buffer.from(text, "hex");
}

function mutated<T extends Sequence<T>>(
  samples: readonly T[],
  piece: fc.Arbitrary<T>,
  concat: (parts: readonly T[]) => T,
): fc.Arbitrary<T> {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const mutation: fc.Arbitrary<Mutation<T>> = fc.oneof(
    fc.record({ kind: fc.constant("drop" as const), from: place, length: fc.nat(40) }),
    fc.record({ kind: fc.constant("repeat" as const), from: place, length: fc.nat(40), times: fc.nat(40) }),
    fc.record({ kind: fc.constant("put" as const), from: place, what: piece, over: fc.boolean() }),
  );
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(mutation, { maxLength: 6 }))
    .map(([sample, mutations]) => mutations.reduce((value, change) => apply(value, change, concat), sample));
}

function apply<T extends Sequence<T>>(value: T, change: Mutation<T>, concat: (parts: readonly T[]) => T): T {
  const at = Math.floor(change.from * value.length);
  switch (change.kind) {
    case "drop":
      return concat([value.slice(0, at), value.slice(at + change.length)]);
    case "repeat": {
      const part = value.slice(at, at + change.length);
      return concat([
        value.slice(0, at),
        ...Array.from({ length: change.times }, () => part),
        value.slice(at),
      ]);
    }
    case "put":
      return concat([
        value.slice(0, at),
        change.what,
        value.slice(at + (change.over ? change.what.length : 0)),
      ]);
  }
}

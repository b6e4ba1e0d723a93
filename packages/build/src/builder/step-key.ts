import { createHash } from "node:crypto";
import type { Digest } from "@wherry/core/oci";

/** Raise it when a step of the same inputs begins to give another result. */
const KEY_VERSION = 3;

/** So many characters are hashed at a time: a context of many files makes a text of many megabytes. */
const PIECE_LENGTH = 64 * 1024;

export type KeyInput =
  string | number | boolean | null | undefined | readonly KeyInput[] | { readonly [name: string]: KeyInput };

/** What a step depends on, by name. */
export interface KeyInputs {
  readonly [name: string]: KeyInput;
}

export interface StepKey {
  readonly digest: Digest;
  readonly inputs: KeyInputs;
}

/**
 * The cache key of a step: everything its result depends on, by value. Equal inputs give equal keys on every machine;
 * nothing else may go in (no clock, no path of this host, no secret).
 */
export function stepKey(inputs: KeyInputs): StepKey {
  const hash = createHash("sha256");
  let text = "";
  writeCanonical({ version: KEY_VERSION, ...inputs }, (piece) => {
    text += piece;
    if (text.length < PIECE_LENGTH) return;
    hash.update(text);
    text = "";
  });
  return { digest: `sha256:${hash.update(text).digest("hex")}`, inputs };
}

/** JSON with sorted names and without what is undefined, piece by piece. */
function writeCanonical(value: KeyInput, write: (piece: string) => void): void {
  if (typeof value !== "object" || value === null) {
    write(JSON.stringify(value ?? null));
    return;
  }
  const isList = Array.isArray(value);
  let separator = isList ? "[" : "{";
  if (isList)
    for (const item of value as readonly KeyInput[]) {
      write(separator);
      writeCanonical(item ?? null, write);
      separator = ",";
    }
  else {
    const members = value as Readonly<Record<string, KeyInput>>;
    for (const name of Object.keys(members).sort()) {
      if (members[name] === undefined) continue;
      write(`${separator}${JSON.stringify(name)}:`);
      writeCanonical(members[name], write);
      separator = ",";
    }
  }
  write(`${separator === "," ? "" : separator}${isList ? "]" : "}"}`);
}

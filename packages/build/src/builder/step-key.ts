import { digestOf, type Digest } from "@wherry/core/oci";

/** Raise it when a step of the same inputs begins to give another result. */
const KEY_VERSION = 3;

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
  return { digest: digestOf(canonicalJson({ version: KEY_VERSION, ...inputs })), inputs };
}

/** JSON with sorted names and without what is undefined. */
export function canonicalJson(value: KeyInput): string {
  if (Array.isArray(value))
    return `[${value.map((item: KeyInput) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value as Record<string, KeyInput>)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

import { InvalidDetachKeysError } from "./errors.ts";

/** podman's and docker's default. */
const DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q";

const CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

/**
 * The bytes of a detach sequence such as `ctrl-p,ctrl-q` or `a,ctrl-]`; empty for "", which switches detaching off.
 *
 * @throws {InvalidDetachKeysError}
 */
export function parseDetachKeys(text = DEFAULT_DETACH_KEYS): Buffer {
  if (text === "") return Buffer.alloc(0);
  return Buffer.from(
    text.split(",").map((key) => {
      if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0);
      const control = /^ctrl-(.)$/i.exec(key)?.[1]?.toLowerCase();
      const code = control === undefined ? -1 : CONTROL.indexOf(control);
      if (code === -1) throw new InvalidDetachKeysError(text);
      return code;
    }),
  );
}

/** Watches typed bytes for the detach sequence, wherever reads cut them apart. */
export class DetachScanner {
  readonly #keys: Buffer;
  #matched = 0;

  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  /** What goes on to the container, and whether the sequence is complete. Beginnings of the sequence are held back. */
  scan(bytes: Uint8Array): { readonly passed: Buffer; readonly isDetached: boolean } {
    const [first] = this.#keys;
    if (first === undefined || (this.#matched === 0 && !bytes.includes(first)))
      return { passed: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), isDetached: false };
    const passed: number[] = [];
    for (const byte of bytes) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { passed: Buffer.from(passed), isDetached: true };
        continue;
      }
      if (this.#matched > 0) passed.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === first ? 1 : 0;
      if (this.#matched === 0) passed.push(byte);
    }
    return { passed: Buffer.from(passed), isDetached: false };
  }
}

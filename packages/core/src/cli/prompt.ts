import { Writable } from "node:stream";
import type { Invocation } from "./invocation.ts";
import { InterruptedError, UsageError } from "./errors.ts";

/**
 * Asks for one line on the terminal; a secret is not shown while it is typed.
 *
 * @throws {UsageError} when standard input is no terminal.
 */
export async function ask(question: string, { secret = false, instead }: AskOptions): Promise<string> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY)
    throw new UsageError(`there is no terminal to ask for ${instead.what}: use ${instead.flag}`);
  const { createInterface } = await import("node:readline");
  const nothing = new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
  const lines = createInterface({ input: stdin, output: secret ? nothing : stdout, terminal: true });
  try {
    if (secret) stdout.write(question);
    return await new Promise<string>((resolve, reject) => {
      lines.once("SIGINT", () => reject(new InterruptedError("SIGINT", 2)));
      lines.question(secret ? "" : question, resolve);
      // at the end of input; after an answer this comes too late to matter
      lines.once("close", () => reject(new UsageError(`${instead.what} was not given`)));
    });
  } finally {
    if (secret) stdout.write("\n");
    lines.close();
  }
}

export interface AskOptions {
  readonly secret?: boolean;
  /** How to give the answer where nobody can be asked. */
  readonly instead: { readonly what: string; readonly flag: string };
}

/** Warns and asks for a yes on standard input, as podman does before it removes things; anything else is a no. */
export async function confirm({ out }: Pick<Invocation, "out">, warning: string): Promise<boolean> {
  out(`${warning}\nAre you sure you want to continue? [y/N] `);
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return /^y(es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}

/** All of standard input, as a password is piped in: without the line end. */
export async function readSecretInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, "");
}

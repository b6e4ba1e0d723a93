import { Writable } from "node:stream";
import { UsageError } from "@wherry/core/cli";
import { parseDetachKeys, type AttachOptions } from "@wherry/core/container";
import type { Engine } from "@wherry/core/engine";

export type StreamName = "stdin" | "stdout" | "stderr";

/** Our own streams, for a container to be joined to. */
export function ownStreams(choice: {
  readonly interactive: boolean;
  readonly detachKeys: Buffer;
  /** Only these; what else the container writes is read and dropped. */
  readonly attach?: ReadonlySet<StreamName> | undefined;
}): AttachOptions {
  const { attach = new Set<StreamName>(["stdout", "stderr"]) } = choice;
  return {
    ...(choice.interactive || attach.has("stdin") ? { stdin: process.stdin } : {}),
    stdout: attach.has("stdout") ? process.stdout : nowhere(),
    stderr: attach.has("stderr") ? process.stderr : nowhere(),
    detachKeys: choice.detachKeys,
  };
}

/**
 * The keys that let go of a terminal: those of the flag, else of containers.conf.
 *
 * @throws {InvalidDetachKeysError}
 */
export function detachKeys(
  { conf }: Pick<Engine, "conf">,
  flags: { readonly "detach-keys"?: string | undefined },
): Buffer {
  return parseDetachKeys(flags["detach-keys"] ?? conf.engine.detachKeys);
}

/** Reads `--attach`. @throws {UsageError} */
export function parseStreams(names: readonly string[]): ReadonlySet<StreamName> {
  return new Set(
    names.map((name) => {
      const lower = name.toLowerCase();
      if (lower === "stdin" || lower === "stdout" || lower === "stderr") return lower;
      throw new UsageError(
        `invalid stream ${JSON.stringify(name)} for --attach - must be one of stdin, stdout, or stderr: invalid argument`,
      );
    }),
  );
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/** What podman says when a terminal is asked for and there is none. */
export const NOT_A_TERMINAL =
  "The input device is not a TTY. The --tty and --interactive flags might not work properly";

import type { AttachOptions } from "@wherry/core/container";

/** Our own streams, for a container to be joined to. */
export function ownStreams(choice: {
  readonly interactive: boolean;
  readonly detachKeys: string | undefined;
}): AttachOptions {
  return {
    ...(choice.interactive ? { stdin: process.stdin } : {}),
    stdout: process.stdout,
    stderr: process.stderr,
    ...(choice.detachKeys === undefined ? {} : { detachKeys: choice.detachKeys }),
  };
}

/** What podman says when a terminal is asked for and there is none. */
export const NOT_A_TERMINAL =
  "The input device is not a TTY. The --tty and --interactive flags might not work properly";

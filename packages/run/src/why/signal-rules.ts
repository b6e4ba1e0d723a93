import { formatSize } from "@wherry/core/cli";
import type { Evidence } from "./evidence.ts";
import type { Rule } from "./finding.ts";

/** Ends that came from outside of the program: memory, time, signals, the host. */
export const signalRules: readonly Rule[] = [
  {
    cause: "out-of-memory",
    look: ({ isOutOfMemory, memoryLimit, exitCode }) => {
      if (!isOutOfMemory) return undefined;
      const limit =
        memoryLimit === undefined ? "the host's memory" : `its limit of ${formatSize(memoryLimit)}`;
      return {
        says: `the kernel killed it because its memory use reached ${limit}`,
        seen: ["the monitor saw the kernel's out-of-memory kill", ...statusSeen(exitCode)],
        fixes: ["give it more with --memory, or make the program use less"],
      };
    },
  },
  {
    cause: "host-restarted",
    look: ({ unknownExit }) =>
      unknownExit === "the host was restarted"
        ? {
            says: "the host was restarted while it ran",
            seen: ["it was started in an earlier boot of the host"],
            fixes: [
              "start it again with `wherry start`; with --restart always, `wherry start --all --filter restart-policy=always` starts it after each boot",
            ],
          }
        : undefined,
  },
  {
    cause: "monitor-killed",
    look: ({ unknownExit }) =>
      unknownExit === "conmon process killed"
        ? {
            says: "its monitor (conmon) was killed, and it ended with it",
            seen: ["the monitor is gone and wrote no exit status"],
            fixes: ["start it again with `wherry start`; do not kill processes called conmon"],
          }
        : undefined,
  },
  {
    cause: "timeout",
    look: ({ timeout, ranFor, exitCode }) =>
      timeout !== undefined && ranFor !== undefined && exitCode === 137 && ranFor >= timeout - 1
        ? {
            says: `it ran for the ${timeout} seconds that --timeout allows`,
            seen: statusSeen(exitCode),
            fixes: ["give it longer with --timeout, or 0 for no limit"],
          }
        : undefined,
  },
  {
    cause: "stopped",
    look: ({ isStopped, exitCode }) =>
      isStopped
        ? { says: "it was stopped by `wherry stop`, `kill` or `rm`", seen: statusSeen(exitCode), fixes: [] }
        : undefined,
  },
  {
    cause: "denied-syscall",
    look: ({ exitCode, output }) =>
      exitCode === 128 + 31 || output.some((line) => /bad system call/i.test(line))
        ? {
            says: "it made a system call that its seccomp profile answers with death (SIGSYS)",
            seen: statusSeen(exitCode),
            fixes: [
              "allow the call with --security-opt seccomp=FILE, or try --security-opt seccomp=unconfined",
            ],
          }
        : undefined,
  },
  {
    cause: "signal",
    look: ({ exitCode, isOutOfMemory, isStopped, memoryLimit, timeout }) => {
      const signal = exitCode === undefined ? undefined : SIGNALS[exitCode - 128];
      if (signal === undefined || isOutOfMemory || isStopped || exitCode === 159) return undefined;
      if (exitCode === 137 && timeout !== undefined) return undefined;
      const limit =
        exitCode === 137 && memoryLimit !== undefined
          ? [`its memory limit is ${formatSize(memoryLimit)}: it may have reached it`]
          : [];
      return { says: signal.says, seen: [...statusSeen(exitCode), ...limit], fixes: signal.fixes };
    },
  },
];

const SIGNALS: Readonly<
  Record<number, { readonly says: string; readonly fixes: readonly string[] } | undefined>
> = {
  1: { says: "it was ended by SIGHUP, as when its terminal closes", fixes: [] },
  2: { says: "it was ended by SIGINT (Ctrl-C)", fixes: [] },
  3: { says: "it was ended by SIGQUIT", fixes: [] },
  4: {
    says: "its program has an instruction that this processor does not know (SIGILL)",
    fixes: ["use an image built for this processor, or an older level of it"],
  },
  6: {
    says: "its program gave up by itself (SIGABRT): a failed assertion, or no more memory",
    fixes: ["look at its last output"],
  },
  7: {
    says: "it used memory that could not be had (SIGBUS): often a full /dev/shm",
    fixes: ["make /dev/shm bigger with --shm-size"],
  },
  8: { says: "its program divided by zero (SIGFPE)", fixes: [] },
  9: {
    says: "it was killed (SIGKILL): by somebody, by `stop` after its time-out, or by the host when memory ran out",
    fixes: [
      "ask the kernel with `dmesg | grep -i oom`",
      "when `stop` did it: its process 1 ignores SIGTERM; try --init or --stop-signal",
    ],
  },
  11: {
    says: "its program reached for memory that is not its own (SIGSEGV): a fault of the program",
    fixes: ["try another version of the image"],
  },
  13: { says: "it wrote to a pipe that nobody reads (SIGPIPE)", fixes: [] },
  15: { says: "it was asked to end (SIGTERM), and did", fixes: [] },
};

function statusSeen(exitCode: Evidence["exitCode"]): string[] {
  return exitCode === undefined ? [] : [`exit status ${exitCode}`];
}

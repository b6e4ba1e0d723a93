import type { Evidence, ProgramFile } from "./evidence.ts";
import type { Rule } from "./finding.ts";

/** Words of kernels, shells and runtimes for a file that cannot be executed as it is. */
const FORMAT_ERROR = /exec format error/i;
/** What a runtime writes to the container's log when the kernel refuses its program at the last moment. */
const EXEC_FAILED =
  /^exec(?: container process)?\b.*: (?:no such file or directory|exec format error|permission denied)$/i;

/** Faults of the file that should run, and of what it needs before its first line. */
export const programRules: readonly Rule[] = [
  {
    cause: "wrong-architecture",
    look: (evidence) => {
      const { program, machine } = evidence;
      if (program?.kind !== "elf" || runsHere(program.machine, machine) || !failedToRun(evidence))
        return undefined;
      return {
        says: `${program.path} is made for ${program.machine}, and this host is ${machine}`,
        seen: [`the head of ${program.path}`, ...startSeen(evidence)],
        fixes: [
          "use an image for this host: pull it again with --platform, or build it for it",
          "or install qemu-user-static with binfmt support",
        ],
      };
    },
  },
  {
    cause: "missing-interpreter",
    look: (evidence) => {
      const { program } = evidence;
      if (program === undefined || !("interpreter" in program) || !failedToRun(evidence)) return undefined;
      const { interpreter } = program;
      if (interpreter.isThere) return undefined;
      const carriage = interpreter.path.endsWith("\r");
      const path = JSON.stringify(interpreter.path);
      return {
        says: `${program.path} is there, but ${path}, which has to run it, is not in the image`,
        seen: [
          program.kind === "script"
            ? `the first line of ${program.path}`
            : `the loader that ${program.path} names`,
          ...startSeen(evidence),
        ],
        fixes: carriage
          ? ["the script has line ends of Windows: convert it, as with dos2unix"]
          : program.kind === "script"
            ? [`install ${path} in the image, or change the script's first line`]
            : ["use the image of the distribution it was built on (musl or glibc), or link it statically"],
      };
    },
  },
  {
    cause: "exec-format",
    look: (evidence) => {
      const { program, output, startFailure } = evidence;
      const said = [...output, startFailure?.message ?? ""].find((line) => FORMAT_ERROR.test(line));
      if (said === undefined || program?.kind === "elf") return undefined;
      return {
        says: `${program?.path ?? evidence.args[0] ?? "its program"} is neither a program nor a script with an interpreter in its first line`,
        seen: [said],
        fixes: ["begin the script with a line such as #!/bin/sh, or run it as `sh FILE`"],
      };
    },
  },
  {
    cause: "command-not-found",
    look: (evidence) => {
      const { startFailure, program, args } = evidence;
      if (startFailure?.exitStatus !== 127) return undefined;
      if (program !== undefined && program.kind !== "missing") return undefined;
      return {
        says: `there is no program ${JSON.stringify(args[0] ?? "")} in the image`,
        seen: startSeen(evidence),
        fixes: [
          "look for its path with `wherry run --rm --entrypoint sh IMAGE -c 'command -v NAME'`, or at the image's entrypoint with `wherry image inspect`",
        ],
      };
    },
  },
  {
    cause: "not-executable",
    look: (evidence) => {
      const { startFailure, args, output } = evidence;
      const isRefused = output.some((line) => EXEC_FAILED.test(line) && /permission denied$/i.test(line));
      const isFormat = FORMAT_ERROR.test(startFailure?.message ?? "");
      if (!isRefused && (startFailure?.exitStatus !== 126 || isFormat)) return undefined;
      return {
        says: `${args[0] ?? "its program"} may not be executed by its user`,
        seen: startSeen(evidence),
        fixes: ["give it the x permission in the image (chmod +x), or choose another --user"],
      };
    },
  },
  {
    cause: "missing-library",
    look: ({ output }) => {
      for (const line of output) {
        const [, library] = MISSING_LIBRARY.exec(line) ?? [];
        if (library !== undefined)
          return {
            says: `its program needs the library ${library}, which the image does not have`,
            seen: [line],
            fixes: [`install the package with ${library} in the image`],
          };
      }
      return undefined;
    },
  },
  {
    cause: "command-not-found",
    look: ({ exitCode, output, startFailure }) => {
      if (exitCode !== 127 || startFailure !== undefined) return undefined;
      const line = output.findLast((text) => /not found|no such file/i.test(text));
      if (line === undefined || MISSING_LIBRARY.test(line)) return undefined;
      return {
        says: "its script called a program that the image does not have",
        seen: ["exit status 127", line],
        fixes: ["install it in the image, or correct its name or PATH"],
      };
    },
  },
  {
    cause: "port-in-use",
    look: ({ startFailure, takenPorts, status }) => {
      const said = /address already in use \((\w+) port (\d+)\)|port (\d+).*already in use/i.exec(
        startFailure?.message ?? "",
      );
      const [taken] = takenPorts;
      if (said === null && (taken === undefined || status === "running")) return undefined;
      const port = Number(said?.[2] ?? said?.[3] ?? taken?.port);
      const by = takenPorts.find((each) => each.port === port)?.by;
      return {
        says: `port ${port} of the host, which it publishes, is in use${by === undefined ? "" : ` by container ${by}`}`,
        seen: [startFailure?.message ?? `container ${by ?? ""} publishes port ${port} and runs`],
        fixes: [
          by === undefined
            ? `find the program with \`ss -lnp 'sport = :${port}'\`, or publish another port`
            : `stop ${by}, or make this container again with another port`,
        ],
      };
    },
  },
  {
    cause: "shell-without-input",
    look: ({ args, exitCode, hasTerminal, hasInput }) =>
      exitCode === 0 &&
      !hasTerminal &&
      !hasInput &&
      args.length === 1 &&
      /(?:^|\/)(?:ba|da|a|z)?sh$/.test(args[0] ?? "")
        ? {
            says: "it is a shell without input: it had nothing to read and ended",
            seen: ["exit status 0, no terminal, no standard input"],
            fixes: ["use -it for a shell to work in, or give it a command"],
          }
        : undefined,
  },
  {
    cause: "ended-by-itself",
    look: ({ exitCode, isStopped }) =>
      exitCode === 0 && !isStopped
        ? {
            says: "its program came to its end and reported success",
            seen: ["exit status 0"],
            fixes: ["a service has to stay in the foreground: containers end with their first process"],
          }
        : undefined,
  },
];

/** glibc's, musl's and macOS-like words; the library is the first group. */
const MISSING_LIBRARY =
  /(?:error while loading shared libraries: |Error loading shared library )([^\s:]+): (?:cannot open shared object file|No such file)/;

function failedToRun({ startFailure, output, exitCode }: Evidence): boolean {
  return (
    startFailure !== undefined ||
    output.some((line) => FORMAT_ERROR.test(line) || EXEC_FAILED.test(line)) ||
    exitCode === 127 ||
    exitCode === 126
  );
}

function startSeen({ startFailure, output, exitCode }: Evidence): string[] {
  const said = startFailure?.message ?? output.findLast((line) => EXEC_FAILED.test(line));
  if (said !== undefined) return [said];
  return exitCode === undefined ? [] : [`exit status ${exitCode}`];
}

/** A 64-bit x86 kernel runs 32-bit programs, and so may a 64-bit ARM. */
function runsHere(machine: Extract<ProgramFile, { kind: "elf" }>["machine"], host: string): boolean {
  if (machine === host) return true;
  return (machine === "i686" && host === "x86_64") || (machine === "arm" && host === "aarch64");
}

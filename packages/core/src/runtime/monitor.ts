import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { Stream, Writable } from "node:stream";
import { join } from "node:path";
import { findProgram, identify, start, tellProgram, type ProcessIdentity } from "../process/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { MonitorEndedError, NoMonitorError, OverlayError } from "./errors.ts";
import { explainFailure, lastMessage } from "./explain-failure.ts";
import {
  hearScript,
  launchScript,
  syncFdAfter,
  type HandedFds,
  OVERLAY_FAILED,
  START_ERRORS,
  wholeScript,
  type Launch,
} from "./launch-script.ts";
import { readLines } from "./read-lines.ts";
import type { Runtime } from "./runtime.ts";
import { syncMessages, SYNC_FD } from "./sync-pipe.ts";

type ChildProcess = ReturnType<typeof start>;

/** Where the monitor writes what the container says. */
export interface MonitorLog {
  /** conmon's driver, or driver and path: `k8s-file:/path`, `none`, `passthrough`. */
  readonly target: string;
  /** Bytes after which the log begins anew. */
  readonly maxSize?: number;
}

/** What has to be known before a monitor enters its namespaces. */
export interface EnterMonitorOptions {
  /** Whether it gets a network namespace of its own, in which something will be connected. */
  readonly hasNetwork: boolean;
  /** Whether the container keeps the groups of this process. */
  readonly keepGroups: boolean;
  /** Standard input, output and error of the container, where they are handed to it as they are. */
  readonly streams: readonly ("inherit" | Stream)[] | undefined;
  /** Descriptors of ours that the container has from 3 on. */
  readonly preserved: readonly number[];
  /** A pipe the monitor holds open as long as it lives: its reader learns of the end, however it comes. */
  readonly lifeline: Writable | undefined;
}

/** A process in the namespaces of a monitor, which waits to be told the rest. */
export interface EnteredMonitor {
  readonly child: ChildProcess;
  readonly hasNetwork: boolean;
  /** Where its descriptors are that it hands on. */
  readonly handed: HandedFds | undefined;
  /** Resolves when it is in the network namespace made for it, or has ended; at once where it has none. */
  readonly entered: Promise<void>;
  /** Resolves when it has ended, with its exit status; or could not be started. What came before anybody waited is not lost. */
  readonly ended: Promise<number | null | Error>;
  /** What it has said on its standard error until now. */
  readonly stderr: () => string;
  /** The next line of what it, and later the monitor's guard, says. */
  readonly answers: () => Promise<string | undefined>;
  /** Ends it; without effect once it is the monitor. */
  cancel(): void;
}

export interface MonitorOptions extends Pick<
  Launch,
  "overlay" | "preparations" | "owner" | "alias" | "appends" | "networkSysctl"
> {
  readonly id: string;
  readonly name: string;
  /** The container's program, for messages. */
  readonly command: string;
  /** Folder with config.json; conmon makes its attach socket and fifos here. */
  readonly bundle: string;
  /** Folder in which the exit status is written, to a file with the container's id as name. */
  readonly exitDir: string;
  readonly log: MonitorLog;
  readonly terminal: boolean;
  /** Whether the container has a standard input that can be attached to. */
  readonly openStdin: boolean;
  /** Whether the container gets a keyring of its own (default true). */
  readonly keyring?: boolean;
  /** Socket of a service manager that it passes the container's messages on to. */
  readonly notifySocket?: string | undefined;
  /** Seconds after which the monitor kills the container. */
  readonly timeout?: number | undefined;
  /** Script of sh to run at the end; it has to have the runtime forget the container. */
  readonly exitScript: string;
  readonly procRoot: string;
  readonly searchPath?: string | undefined;
  /** Path of conmon; default from `searchPath`. */
  readonly conmon?: string | undefined;
}

/** A container that is made but whose program has not started, and the monitor that watches it. */
export interface Monitor {
  /** The monitor itself: conmon. */
  readonly identity: ProcessIdentity;
  /** Resolves when the runtime has made the container, with its first process. */
  readonly created: Promise<ProcessIdentity>;
  /** Resolves when the monitor has ended and the runtime has cleaned up. */
  readonly ended: Promise<void>;
  /**
   * Has the runtime start the container's program. Until then the container ends when this process does.
   *
   * @throws {RuntimeFailedError | CommandNotFoundError | CommandNotExecutableError}
   */
  start(): Promise<void>;
  /** Has the container stay as it is, made and not started, when this process ends. */
  hold(): Promise<void>;
  /** Lets this process end before the monitor does; a container that was not started is ended. */
  release(): void;
}

const GATE_FD = 4;
const SCRIPT_FD = 5;

/**
 * Has a process enter the user namespace, and a mount namespace of its own: that takes 25 ms, in which the caller decides
 * what `startMonitor` is to be told. It is a session of its own and outlives this process once it is the monitor.
 */
export function enterMonitor(
  runtime: Runtime,
  namespace: UserNamespace,
  { hasNetwork, keepGroups, streams, preserved, lifeline }: EnterMonitorOptions,
): EnteredMonitor {
  const [program = "", ...args] = [
    ...namespace.enter({ mounts: true, network: hasNetwork, keepGroups }),
    // other shells know no descriptor above 9
    ...[
      preserved.length === 0 ? "sh" : "bash",
      "-c",
      hearScript({ cover: runtime.cover, hasNetwork }, SCRIPT_FD),
    ],
  ];
  const child = start(program, args, {
    cwd: "/",
    detached: true,
    stdio: [
      ...(streams ?? (["ignore", "ignore", "pipe"] as const)),
      ...(["pipe", "pipe", "pipe"] as const),
      ...(lifeline === undefined ? [] : [lifeline]),
      ...preserved,
    ],
  });
  const first = SCRIPT_FD + 1;
  const handed =
    preserved.length === 0
      ? undefined
      : {
          lifeline: lifeline === undefined ? undefined : first,
          first: lifeline === undefined ? first : first + 1,
          count: preserved.length,
        };
  for (const stream of child.stdio) stream?.on("error", () => undefined); // its other end has ended
  const ended = new Promise<number | null | Error>((resolve) => {
    child.once("error", resolve);
    child.once("exit", resolve); // not "close": the guard may still have its end of the gate
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const answers = readLines(child.stdio[GATE_FD] as Socket);
  return {
    ...{ child, hasNetwork, handed, answers, ended, stderr: () => said },
    entered: hasNetwork ? answers().then(() => undefined) : Promise.resolve(),
    cancel() {
      child.stdio.at(SCRIPT_FD)?.destroy();
      child.unref();
    },
  };
}

/**
 * Has a process that has entered the namespaces become conmon, which has the runtime create the container.
 *
 * @throws {NoMonitorError}
 */
export function startMonitor(
  runtime: Runtime,
  { child, hasNetwork, handed, entered, answers, ended, stderr }: EnteredMonitor,
  options: MonitorOptions,
): Monitor {
  const { bundle, procRoot, searchPath } = options;
  const conmon = findProgram(options.conmon ?? "conmon", searchPath);
  if (conmon === undefined) throw new NoMonitorError();
  const program = [conmon, ...monitorArguments(runtime, options, handed?.count ?? 0)];
  tellProgram(program);
  const script = launchScript({
    ...options,
    networkSysctl: (hasNetwork ? options.networkSysctl : undefined) ?? {},
    folder: bundle,
    lines: ["unset NOTIFY_SOCKET"], // a runtime would wait for the program's message itself
    guard: { start: runtime.argv("start", options.id), end: runtime.argv("delete", "--force", options.id) },
    exports: { _OCI_SYNCPIPE: String(handed === undefined ? SYNC_FD : syncFdAfter(handed)) },
    ...(handed === undefined ? {} : { handed }),
    program,
  });
  (child.stdio.at(SCRIPT_FD) as Socket).end(wholeScript(script));
  const gate = child.stdio[GATE_FD] as Socket;
  let isStarted = false;
  const created = new Promise<ProcessIdentity>((resolve, reject) => {
    void ended.then((status) => {
      const report = () => {
        if (status instanceof Error) reject(new MonitorEndedError(status.message));
        else if (status === OVERLAY_FAILED) reject(new OverlayError(lastMessage(stderr())));
        else reject(new MonitorEndedError(lastMessage(stderr()) || `status ${status ?? "unknown"}`));
      };
      if (child.stderr === null || child.stderr.closed) report();
      else child.stderr.once("close", report);
    });
    void syncMessages(child.stdio[SYNC_FD] as Socket)().then((answer) => {
      if (answer === undefined) return; // its end tells why
      const init = answer.data > 0 ? identify(answer.data, procRoot) : undefined;
      if (init !== undefined) resolve(init);
      else reject(explainFailure(runtime.name, "create the container", answer.message, options.command));
    });
  });
  created.catch(() => undefined); // whoever waits for it sees the failure
  const identity = child.pid === undefined ? undefined : identify(child.pid, procRoot);
  return {
    identity: identity ?? { pid: child.pid ?? 0, startTime: "" },
    created,
    ended: ended.then(() => undefined),
    async start() {
      await entered;
      gate.write("start\n");
      const status = await answers();
      if (status !== "0") {
        const words =
          status === undefined ? "its monitor was killed" : readFileSync(join(bundle, START_ERRORS), "utf8");
        throw explainFailure(runtime.name, "start the container", words);
      }
      isStarted = true;
      gate.destroy();
    },
    async hold() {
      await entered;
      gate.write("hold\n");
      await answers(); // the end of the guard
      isStarted = true;
      gate.destroy();
    },
    release() {
      if (!isStarted) gate.destroy();
      child.stderr?.destroy();
      (child.stdio[SYNC_FD] as Socket).destroy();
      child.unref();
    },
  };
}

/** conmon(8). With --sync it stays the process that was started, instead of forking itself away. */
function monitorArguments(runtime: Runtime, options: MonitorOptions, preserved: number): string[] {
  const { id, name, bundle, exitDir, log, terminal, openStdin } = options;
  const runtimeArgs = runtime.globalArgs;
  return [
    "--sync",
    ...["--api-version", "1", "--cid", id, "--cuuid", id, "--name", name],
    ...["--runtime", runtime.program, ...runtimeArgs.flatMap((arg) => ["--runtime-arg", arg])],
    ...(options.notifySocket === undefined ? [] : ["--sdnotify-socket", options.notifySocket]),
    ...(options.keyring === false ? ["--runtime-opt", "--no-new-keyring"] : []),
    ...(preserved === 0
      ? []
      : ["--preserve-fds", String(preserved)].flatMap((arg) => ["--runtime-opt", arg])),
    ...["--bundle", bundle, "--container-pidfile", join(bundle, "pid")],
    ...["--exit-dir", exitDir, "--persist-dir", bundle, "--full-attach", "--socket-dir-path", bundle],
    ...["--log-path", log.target, "--no-sync-log", "--log-level", "warning"],
    ...(log.maxSize === undefined ? [] : ["--log-size-max", String(log.maxSize)]),
    // with both, it would close the terminal for good when the first who attached lets go
    ...(terminal ? ["--terminal"] : openStdin ? ["--stdin"] : []),
    ...(options.timeout === undefined || options.timeout === 0 ? [] : ["--timeout", String(options.timeout)]),
    ...["--exit-command", findProgram("sh", options.searchPath) ?? "/bin/sh"],
    ...["-c", options.exitScript].flatMap((arg) => ["--exit-command-arg", arg]),
  ];
}

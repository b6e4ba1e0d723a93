import { closeSync, constants as fsConstants, existsSync, openSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import type { WriteStream } from "node:tty";
import { errnoOf } from "../error/index.ts";
import { heardSignals } from "../process/index.ts";
import {
  connectAttachSocket,
  loadSocketCalls,
  readState,
  type AttachSocket,
  type SocketCalls,
} from "../runtime/index.ts";
import { DetachScanner, parseDetachKeys } from "./detach-keys.ts";
import { ContainerStateError, RuntimeFilesLostError, StreamsPassedError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { isPassedThrough } from "./log-settings.ts";
import { containerPaths } from "./paths.ts";
import { recordContainerEvent } from "./record-event.ts";
import type { Container } from "./settings.ts";

/** What a container's standard streams are joined to. */
export interface AttachOptions {
  /** Absent: the container reads nothing from us. A terminal is put into raw mode if the container has one too. */
  readonly stdin?: NodeJS.ReadStream | undefined;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Default ctrl-p,ctrl-q; only looked for when `stdin` is a terminal. None: it cannot be let go of by keys. */
  readonly detachKeys?: Buffer | undefined;
}

/** Why streams are not joined any more: the container's output has ended, the user typed the detach keys, nobody reads ours. */
export type AttachmentEnd = "exited" | "detached" | "closed";

/** Exit status where nobody reads our output: that of a shell's for a program that SIGPIPE ended. */
const READER_GONE = 128 + constants.signals.SIGPIPE;

/** Exit status of a command whose streams are not joined any more, while the program goes on. */
export function statusAfter(end: Exclude<AttachmentEnd, "exited">): number {
  return end === "closed" ? READER_GONE : 0;
}

/** Streams that are joined to a container. */
export interface Attachment {
  readonly ended: Promise<AttachmentEnd>;
  /** Lets go at once. */
  close(): void;
}

/**
 * Joins streams to a running container.
 *
 * @throws {ContainerStateError | AttachError}
 */
export async function attachContainer(
  host: ContainerHost,
  container: Container,
  options: AttachOptions,
): Promise<Attachment> {
  if (isPassedThrough(container)) throw new StreamsPassedError(container.name);
  const paths = containerPaths(host, container.id);
  const { status } = readState(container.id, paths.directory, host.procRoot);
  if (status !== "running")
    throw new ContainerStateError("attach to", container.name, status, "start it first");
  if (!existsSync(paths.bundle)) throw new RuntimeFilesLostError("attach to", container.name, paths.bundle);
  const { terminal } = container.config;
  const attachment = joinStreams(await loadSocketCalls(), { folder: paths.bundle, terminal }, options);
  recordContainerEvent(host, container, "attach");
  return attachment;
}

/** What there is to attach to. */
export interface Attachable {
  /** Where the monitor has its socket and its control fifo. */
  readonly folder: string;
  /** Whether the program has a terminal. */
  readonly terminal: boolean;
}

/** Connects to the monitor, before or after the program has started. */
export function joinStreams(
  calls: SocketCalls,
  { folder, terminal }: Attachable,
  options: AttachOptions,
): Attachment {
  const keys = options.detachKeys ?? parseDetachKeys();
  const socket = connectAttachSocket(calls, folder);
  const input =
    options.stdin === undefined
      ? undefined
      : forwardInput(options.stdin, socket, terminal ? calls : undefined, keys);
  const window = terminal ? followWindow(options.stdout, folder) : undefined;
  const output = forwardOutput(socket, options);
  const release = () => {
    input?.release();
    window?.();
    socket.close();
  };
  const ended = (input === undefined ? output : Promise.race([output, input.detached])).finally(release);
  return { ended, close: release };
}

async function forwardOutput(
  socket: AttachSocket,
  { stdout, stderr }: AttachOptions,
): Promise<"exited" | "closed"> {
  let failure: Error | undefined;
  const note = (error: Error) => void (failure ??= error);
  for (const stream of [stdout, stderr]) stream.on("error", note);
  try {
    for (let packet = await socket.read(); packet !== undefined; packet = await socket.read()) {
      const stream = packet.stream === "stdout" ? stdout : stderr;
      if (!stream.write(packet.bytes)) await drained(stream);
      if (failure === undefined) continue;
      if (errnoOf(failure) === "EPIPE") return "closed";
      throw failure;
    }
    return "exited";
  } finally {
    for (const stream of [stdout, stderr]) stream.removeListener("error", note);
  }
}

/** A reader that has gone away ends our wait too. */
function drained(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ["drain", "close", "error"]) stream.removeListener(event, done);
      resolve();
    };
    for (const event of ["drain", "close", "error"]) stream.once(event, done);
  });
}

interface Input {
  /** Resolves when the detach keys were typed. */
  readonly detached: Promise<"detached">;
  release(): void;
}

function forwardInput(
  stdin: NodeJS.ReadStream,
  socket: AttachSocket,
  /** Present when the container has a terminal. */
  calls: SocketCalls | undefined,
  keys: Buffer,
): Input {
  const isTerminal = calls !== undefined && stdin.isTTY;
  if (isTerminal) {
    stdin.setRawMode(true);
    if ("fd" in stdin && typeof stdin.fd === "number") calls.makeRaw(stdin.fd);
  }
  const scanner = new DetachScanner(isTerminal ? keys : Buffer.alloc(0));
  let detach: () => void = () => undefined;
  const detached = new Promise<"detached">((resolve) => (detach = () => resolve("detached")));
  let sent = Promise.resolve();
  const onData = (chunk: Buffer) => {
    const { passed, isDetached } = scanner.scan(chunk);
    stdin.pause();
    sent = sendPieces(socket, passed).finally(() => (isDetached ? detach() : stdin.resume()));
  };
  // the end may be announced while the last bytes are on their way
  const onEnd = () => void sent.then(() => socket.end());
  const onError = (error: Error) => {
    // a terminal whose other side has gone says EIO instead of ending
    if (errnoOf(error) === "EIO") onEnd();
  };
  stdin.on("data", onData).on("end", onEnd).on("error", onError);
  const signals = isTerminal ? restoreOnSignals(stdin) : undefined;
  return {
    detached,
    release() {
      signals?.();
      stdin.off("data", onData).off("end", onEnd).off("error", onError);
      if (isTerminal) stdin.setRawMode(false);
      stdin.pause();
      if ("unref" in stdin) stdin.unref(); // one that is a file has it not
    },
  };
}

/** A signal that ends this process gives the terminal back first, as Node does only where nobody has listened for signals before. */
function restoreOnSignals(stdin: NodeJS.ReadStream): () => void {
  const handlers = heardSignals(ENDING).map((name) => {
    const handler = () => {
      stdin.setRawMode(false);
      process.kill(process.pid, name);
    };
    process.once(name, handler);
    return [name, handler] as const;
  });
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** conmon reads at most 8 KiB of a message. */
async function sendPieces(socket: AttachSocket, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length; offset += 8192)
    await socket.write(bytes.subarray(offset, offset + 8192));
}

/** Gives the container's terminal the size of ours, now and whenever that changes. */
function followWindow(stdout: NodeJS.WritableStream, bundle: string): (() => void) | undefined {
  if (!isTerminalOutput(stdout)) return undefined;
  const send = () => sendWindowSize(bundle, stdout.rows, stdout.columns);
  send();
  stdout.on("resize", send);
  return () => void stdout.off("resize", send);
}

function isTerminalOutput(stream: NodeJS.WritableStream): stream is WriteStream {
  return "isTTY" in stream && stream.isTTY === true;
}

/** conmon's control fifo takes lines `1 HEIGHT WIDTH`. */
export function sendWindowSize(bundle: string, rows: number, columns: number): void {
  let fd: number;
  try {
    fd = openSync(join(bundle, "ctl"), fsConstants.O_WRONLY | fsConstants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === "ENXIO" || errnoOf(error) === "ENOENT") return; // the monitor has ended
    throw error;
  }
  try {
    writeSync(fd, `1 ${rows} ${columns}\n`);
  } finally {
    closeSync(fd);
  }
}

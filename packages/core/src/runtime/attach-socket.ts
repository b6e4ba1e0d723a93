import { closeSync, constants, openSync, read, write } from "node:fs";
import { AttachError } from "./errors.ts";

/** One packet of a container's output. */
export interface Output {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Buffer;
}

/** A connection to a container's standard streams, through its monitor. */
export interface AttachSocket {
  /** The next packet; undefined when the container has ended. */
  read(): Promise<Output | undefined>;
  /** Sends bytes to the container's standard input. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the container's standard input. */
  end(): void;
  /** Ends the connection, and a read that is under way. The container goes on. */
  close(): void;
}

/** Calls into libc that Node has not. */
export interface SocketCalls {
  socket(family: number, type: number, protocol: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  shutdown(fd: number, how: number): number;
  recv(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  /** Takes all of the line discipline off a terminal: Node's own raw mode still turns "\n" into "\r\n" on its way out. */
  makeRaw(fd: number): void;
  errno(): number;
}

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const SHUT_RDWR = 2;
/** conmon's packets: one byte that names the stream, then at most 8 KiB. */
const PACKET = 8193;
/** Packets that are taken at once when they are there already. */
const MOST_PACKETS = 64;
/** More than a struct termios of any C library. */
const TERMIOS_SIZE = 256;
const TCSANOW = 0;
const STREAMS: Readonly<Record<number, Output["stream"]>> = { 2: "stdout", 3: "stderr" };

/** Loads the calls (10 ms, in which this process does nothing else): begin it while another process works for us. */
export async function loadSocketCalls(): Promise<SocketCalls> {
  const { default: koffi } = await import("koffi");
  const libc = koffi.load(null);
  const getTerminal = libc.func("int tcgetattr(int, uint8_t *)");
  const changeToRaw = libc.func("void cfmakeraw(uint8_t *)");
  const setTerminal = libc.func("int tcsetattr(int, int, const uint8_t *)");
  return {
    socket: libc.func("int socket(int, int, int)") as SocketCalls["socket"],
    connect: libc.func("int connect(int, const uint8_t *, unsigned int)") as SocketCalls["connect"],
    shutdown: libc.func("int shutdown(int, int)") as SocketCalls["shutdown"],
    recv: libc.func("int64_t recv(int, uint8_t *, size_t, int)") as SocketCalls["recv"],
    send: libc.func("int64_t send(int, const uint8_t *, size_t, int)") as SocketCalls["send"],
    makeRaw: (fd) => {
      const termios = Buffer.alloc(TERMIOS_SIZE);
      if (getTerminal(fd, termios) !== 0) return; // it was closed this moment
      changeToRaw(termios);
      setTerminal(fd, TCSANOW, termios);
    },
    errno: () => koffi.errno(),
  };
}

/**
 * Connects to conmon's attach socket, which keeps message boundaries (SOCK_SEQPACKET) and which Node's own sockets
 * therefore refuse.
 *
 * @param bundle folder of the socket `attach`
 * @throws {AttachError}
 */
export function connectAttachSocket(calls: SocketCalls, bundle: string): AttachSocket {
  const fd = connect(calls, bundle);
  let isOpen = true;
  /** A packet that came together with the last one and is of the other stream. */
  let next: Buffer | undefined;
  return {
    read: async () => {
      const packet = next ?? (await readPacket(fd));
      next = undefined;
      const stream = STREAMS[packet[0] ?? 0];
      if (stream === undefined) return undefined;
      const parts = [packet.subarray(1)];
      while (isOpen && parts.length < MOST_PACKETS) {
        const more = takePacket(calls, fd);
        if (more === undefined || more[0] !== packet[0]) {
          next = more;
          break;
        }
        parts.push(more.subarray(1));
      }
      return { stream, bytes: parts.length === 1 ? packet.subarray(1) : Buffer.concat(parts) };
    },
    write: async (bytes) => {
      if (isOpen && calls.send(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL) === bytes.length) return;
      await writePacket(fd, bytes);
    },
    end: () => void calls.shutdown(fd, SHUT_WR),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      calls.shutdown(fd, SHUT_RDWR);
      closeSync(fd);
    },
  };
}

/** Through the folder's descriptor, since an address has room for 107 bytes only. */
function connect(calls: SocketCalls, bundle: string): number {
  const folder = openSync(bundle, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const fd = calls.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd === -1) throw new AttachError(bundle, `errno ${calls.errno()}`);
    const address = Buffer.alloc(110);
    address.writeUInt16LE(AF_UNIX, 0);
    address.write(`/proc/self/fd/${folder}/attach`, 2);
    if (calls.connect(fd, address, address.length) === 0) return fd;
    const errno = calls.errno();
    closeSync(fd);
    throw new AttachError(bundle, errno === 111 ? "its monitor does not listen" : `errno ${errno}`);
  } finally {
    closeSync(folder);
  }
}

/** A packet that is there already; undefined when there is none, or the end. */
function takePacket(calls: SocketCalls, fd: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(PACKET);
  const size = calls.recv(fd, buffer, PACKET, MSG_DONTWAIT);
  return size > 0 ? buffer.subarray(0, size) : undefined;
}

function readPacket(fd: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(PACKET);
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, PACKET, null, (error, size) => {
      if (error === null) resolve(buffer.subarray(0, size));
      else if (error.code === "ECONNRESET" || error.code === "EBADF") resolve(buffer.subarray(0, 0));
      else reject(error);
    });
  });
}

function writePacket(fd: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error) => {
      // a container that has ended reads no more
      if (error === null || error.code === "EPIPE" || error.code === "ECONNRESET" || error.code === "EBADF")
        resolve();
      else reject(error);
    });
  });
}

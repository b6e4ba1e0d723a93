import { closeSync } from "node:fs";
import { loadSocketCalls } from "./attach-socket.ts";
import { NotifySocketError } from "./errors.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
/** Bytes of a unix socket's address before its path. */
const FAMILY = 2;

/**
 * Sends one message to a socket of datagrams, which Node has not. A path that begins with `@` is an abstract name (unix(7)).
 *
 * @throws {NotifySocketError}
 */
export async function sendDatagram(path: string, text: string): Promise<void> {
  const calls = await loadSocketCalls();
  const fd = calls.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd === -1) throw new NotifySocketError(path, calls.errno());
  try {
    const name = Buffer.from(path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`);
    const address = Buffer.alloc(FAMILY + name.length);
    address.writeUInt16LE(AF_UNIX, 0);
    name.copy(address, FAMILY);
    if (calls.connect(fd, address, address.length) !== 0) throw new NotifySocketError(path, calls.errno());
    const bytes = Buffer.from(text);
    if (calls.send(fd, bytes, bytes.length, MSG_NOSIGNAL) !== bytes.length)
      throw new NotifySocketError(path, calls.errno());
  } finally {
    closeSync(fd);
  }
}

import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "@wherry/core/io";
import { patience } from "./patience.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** The socket on which a service manager hears of its services. */
export interface NotifySocket extends Disposable {
  /** The messages that came, once there are so many. */
  messages(count: number): Promise<readonly string[]>;
}

/** Listens at a path. */
export async function openNotifySocket(path: string): Promise<NotifySocket> {
  const { default: koffi } = await import("koffi");
  const libc = koffi.load(null);
  const socket = libc.func("int socket(int, int, int)") as (...args: number[]) => number;
  const bind = libc.func("int bind(int, const uint8_t *, unsigned int)") as (
    fd: number,
    address: Uint8Array,
    length: number,
  ) => number;
  const recv = libc.func("int64_t recv(int, uint8_t *, size_t, int)") as (
    fd: number,
    buffer: Uint8Array,
    length: number,
    flags: number,
  ) => number;
  const fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = Buffer.alloc(110);
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  if (bind(fd, address, address.length) !== 0) throw new Error(`cannot listen at ${path}`);
  const heard: string[] = [];
  return {
    async messages(count) {
      const deadline = monotonicMs() + patience(10_000);
      while (heard.length < count && monotonicMs() < deadline) {
        const buffer = Buffer.alloc(4096);
        const size = recv(fd, buffer, buffer.length, MSG_DONTWAIT);
        if (size > 0) heard.push(buffer.toString("utf8", 0, size));
        else await sleep(50);
      }
      return heard.splice(0);
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

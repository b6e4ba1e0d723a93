import type { IncomingMessage, ServerResponse } from "node:http";
import type { LoggedRequest, ServedRegistry } from "./types.ts";
import type { Fault } from "./faults.ts";

/** One request under way. */
export interface Call {
  readonly registry: ServedRegistry;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly logged: LoggedRequest;
  readonly url: URL;
  readonly fault: Fault;
}

/** Sends an error as distribution-spec "Error Codes" shapes it. */
export function fail(
  call: Call,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Promise<void> {
  call.request.resume();
  return answer(
    call,
    status,
    { "content-type": "application/json", ...headers },
    JSON.stringify({ errors: [{ code, message }] }),
  );
}

/** Sends an answer, with what the fault does to it. */
export async function answer(
  { request, response, fault, logged }: Call,
  status: number,
  headers: Record<string, string> = {},
  content: Uint8Array | string = "",
): Promise<void> {
  let bytes: Buffer = Buffer.from(content);
  if (fault.damage === true && bytes.length > 0) bytes[0] = (bytes[0] ?? 0) ^ 1;
  const by = fault.lengthBy ?? 0;
  if (by < 0) bytes = bytes.subarray(0, by);
  if (by > 0) bytes = Buffer.concat([bytes, Buffer.alloc(by)]);
  const all: Record<string, string> = { ...headers, ...fault.headers, ...fault.addHeaders };
  if (fault.noLength !== true && status !== 204) all["content-length"] ??= String(bytes.length);
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
  logged.status = status;
  response.writeHead(status, sent);
  if (request.method === "HEAD" || status === 204) {
    response.end();
    return;
  }
  const cut = fault.cutAt ?? Infinity;
  if (cut < bytes.length) {
    await write(response, bytes.subarray(0, cut), logged, fault.slowMs);
    response.socket?.end(); // a clean end, so that all of it arrives
    response.socket?.unref();
    return;
  }
  await write(response, bytes, logged, fault.slowMs);
  response.end();
}

/** Writes and waits until the network has it; slowly in ten pieces. */
async function write(
  response: ServerResponse,
  bytes: Buffer,
  logged: LoggedRequest,
  slowMs: number | undefined,
): Promise<void> {
  if (bytes.length === 0) {
    response.flushHeaders();
    return;
  }
  const size = slowMs === undefined ? 1024 * 1024 : Math.ceil(bytes.length / 10);
  for (let offset = 0; offset < bytes.length; offset += size) {
    if (response.destroyed) return;
    const piece = bytes.subarray(offset, offset + size);
    logged.sent += piece.length;
    await new Promise<void>((resolve) => {
      response.once("close", resolve);
      response.write(piece, () => resolve());
    });
    if (slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, slowMs));
  }
}

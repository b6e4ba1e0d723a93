import { readFileSync } from "node:fs";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FileSystemError } from "../../error/index.ts";
import { readAll } from "../../io/index.ts";
import { DaemonError, DaemonUnreachableError } from "./errors.ts";

/** Where a daemon of docker listens, as docker's own client finds it: `DOCKER_HOST`, `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`. */
export interface DaemonAddress {
  readonly env: Readonly<Record<string, string | undefined>>;
}

const SOCKET = "unix:///var/run/docker.sock";
const ANSWER_LIMIT = 1024 * 1024;

/** Sends a request to the daemon; gives its answer when it is a good one. @throws {DaemonError | DaemonUnreachableError} */
export async function askDaemon(
  address: DaemonAddress,
  method: "GET" | "POST",
  path: string,
  body?: { readonly content: Readable; readonly size: number },
): Promise<IncomingMessage> {
  const host = nonEmpty(address.env["DOCKER_HOST"]) ?? SOCKET;
  const headers =
    body === undefined ? {} : { "content-type": "application/x-tar", "content-length": body.size };
  const { options, isTls } = connectionOf(host, address.env);
  const { request: open } = isTls ? await import("node:https") : await import("node:http");
  const request = open({ ...options, method, path, headers, agent: false });
  const answered = answerOf(request, host);
  if (body === undefined) request.end();
  else await Promise.race([pipeline(body.content, request), answered]);
  const answer = await answered;
  if (answer.statusCode === 200) return answer;
  throw new DaemonError(host, answer.statusCode ?? 0, await messageOf(answer));
}

function answerOf(request: ClientRequest, host: string): Promise<IncomingMessage> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", (error) => reject(new DaemonUnreachableError(host, error)));
  });
  answered.catch(() => undefined); // awaited after the body was sent
  return answered;
}

function connectionOf(host: string, env: DaemonAddress["env"]): { options: RequestOptions; isTls: boolean } {
  if (host.startsWith("unix://"))
    return { options: { socketPath: host.slice("unix://".length) }, isTls: false };
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url === undefined || !["tcp:", "http:", "https:"].includes(url.protocol))
    throw new DaemonUnreachableError(host, new Error("expected unix://PATH or tcp://HOST:PORT"));
  const isTls =
    url.protocol === "https:" ||
    (url.protocol === "tcp:" && nonEmpty(env["DOCKER_TLS_VERIFY"]) !== undefined);
  const port = url.port === "" ? (isTls ? 2376 : 2375) : Number(url.port);
  const options = { hostname: url.hostname.replace(/^\[|\]$/g, ""), port };
  const folder = nonEmpty(env["DOCKER_CERT_PATH"]);
  if (!isTls || folder === undefined) return { options, isTls };
  return {
    options: {
      ...options,
      ca: read(folder, "ca.pem"),
      cert: read(folder, "cert.pem"),
      key: read(folder, "key.pem"),
    } as RequestOptions,
    isTls,
  };
}

function read(folder: string, name: string): Buffer {
  const path = join(folder, name);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
}

/** What the daemon says of a failure: `{"message":"…"}`. */
async function messageOf(answer: IncomingMessage): Promise<string> {
  const text = (
    await readAll(answer as AsyncIterable<Uint8Array>, ANSWER_LIMIT, "the daemon's answer")
  ).toString();
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null && "message" in json && typeof json.message === "string")
      return json.message;
  } catch {
    // no JSON: the text itself says it
  }
  return text.trim().slice(0, 300);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

import type { IncomingMessage } from "node:http";
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { StepProblem } from "./errors.ts";
import { Spool } from "./spool.ts";

/** A file from the network. */
export interface Download extends Disposable {
  readonly spool: Spool;
  /** sha256 in hex. */
  readonly digest: string;
  /** By which the server tells whether it has changed. */
  readonly validators: Validators;
  /** Last-Modified in seconds; undefined when the server does not say. */
  readonly mtime: number | undefined;
}

/** What a server says of the state of a file. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** The last part of a URL's path, without the query; what a download is called. */
export function nameInUrl(url: string): string {
  const name = posix.basename(asUrl(url).pathname);
  try {
    return posix.basename(decodeURIComponent(name));
  } catch {
    return name; // a % that stands for itself
  }
}

/** @throws {StepProblem} */
function asUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new StepProblem(`${text} is no URL`);
  return url;
}

const REDIRECT_LIMIT = 10;
const IDLE_TIMEOUT_MS = 60_000;

/**
 * Fetches what `ADD URL` names.
 *
 * @param checksum `sha256:HEX` that the content must have.
 * @throws {StepProblem}
 */
export async function download(
  url: string,
  { temporary, checksum, signal }: { temporary: string; checksum?: string; signal?: AbortSignal },
): Promise<Download> {
  if (checksum !== undefined) checkChecksum(checksum);
  const response = await follow(url, {}, signal);
  return await receive(url, response, { temporary, ...(checksum === undefined ? {} : { checksum }) });
}

/**
 * Fetches a file unless the server says that it is still as it was; undefined then.
 *
 * @throws {StepProblem}
 */
export async function downloadIfChanged(
  url: string,
  known: Validators,
  { temporary, signal }: { temporary: string; signal?: AbortSignal },
): Promise<Download | undefined> {
  const response = await follow(url, known, signal);
  if (response.statusCode !== 304) return await receive(url, response, { temporary });
  response.destroy();
  return undefined;
}

/** @throws {StepProblem} for what is no `sha256:HEX`. */
export function checkChecksum(checksum: string): void {
  if (!/^sha256:[0-9a-f]{64}$/.test(checksum))
    throw new StepProblem(
      `invalid checksum ${JSON.stringify(checksum)}: it must be sha256: and 64 lower-case hex digits`,
    );
}

async function receive(
  url: string,
  response: IncomingMessage,
  { temporary, checksum }: { temporary: string; checksum?: string },
): Promise<Download> {
  const spool = new Spool(temporary);
  try {
    const hash = createHash("sha256");
    for await (const piece of response as AsyncIterable<Buffer>) {
      hash.update(piece);
      spool.write(piece);
    }
    const expected = response.headers["content-length"];
    if (expected !== undefined && Number(expected) !== spool.size)
      throw new StepProblem(`${url}: the connection was cut after ${spool.size} of ${expected} bytes`);
    const digest = hash.digest("hex");
    if (checksum !== undefined && checksum !== `sha256:${digest}`)
      throw new StepProblem(`${url} has checksum sha256:${digest}, expected ${checksum}`);
    const modified = Date.parse(response.headers["last-modified"] ?? "");
    return {
      spool,
      digest,
      mtime: Number.isFinite(modified) ? Math.floor(modified / 1000) : undefined,
      validators: validatorsOf(response),
      [Symbol.dispose]: () => spool[Symbol.dispose](),
    };
  } catch (error) {
    spool[Symbol.dispose]();
    throw error instanceof StepProblem ? error : unreachable(url, error);
  }
}

function validatorsOf({ headers }: IncomingMessage): Validators {
  const { etag, "last-modified": lastModified } = headers;
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}

async function follow(
  url: string,
  known: Validators,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const isKnown = known.etag !== undefined || known.lastModified !== undefined;
  let current = asUrl(url).href;
  for (let redirects = 0; redirects <= REDIRECT_LIMIT; redirects++) {
    const response = await get(current, known, signal);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200 || (statusCode === 304 && isKnown)) return response;
    response.destroy();
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined)
      throw new StepProblem(
        `${url}: the server answers ${statusCode} ${response.statusMessage ?? ""}`.trim(),
      );
    const next = URL.parse(headers.location, current);
    if (next === null)
      throw new StepProblem(`${url}: the server leads to ${headers.location}, which is no URL`);
    if (current.startsWith("https:") && next.protocol !== "https:")
      throw new StepProblem(`${url}: the server leads from https to ${next.protocol}//${next.host}`);
    current = next.href;
  }
  throw new StepProblem(`${url}: more than ${REDIRECT_LIMIT} redirects`);
}

async function get(
  url: string,
  { etag, lastModified }: Validators,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  return new Promise((resolve, reject) => {
    const asking = request(url, {
      headers: {
        "user-agent": "wherry-build",
        ...(etag === undefined ? {} : { "if-none-match": etag }),
        ...(lastModified === undefined ? {} : { "if-modified-since": lastModified }),
      },
      timeout: IDLE_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    asking.once("response", resolve);
    asking.once("timeout", () => asking.destroy(new Error(`no answer for ${IDLE_TIMEOUT_MS / 1000} s`)));
    asking.once("error", (error) => reject(unreachable(url, error)));
    asking.end();
  });
}

function unreachable(url: string, error: unknown): StepProblem {
  return new StepProblem(`cannot fetch ${url}: ${error instanceof Error ? error.message : String(error)}`);
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Repositories } from "./repositories.ts";
import type { Refusal } from "./refusal.ts";
import type { Uploads } from "./uploads.ts";

/** One request and what it is answered from. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly repositories: Repositories;
  readonly uploads: Uploads;
  /** Whether manifests, tags and blobs may be deleted. */
  readonly mayDelete: boolean;
}

type Headers = Readonly<Record<string, string | number>>;

/** Sends an answer that is in memory; to HEAD only its headers. */
export function send(
  { request, response }: Call,
  status: number,
  headers: Headers = {},
  body: string | Uint8Array = "",
): void {
  const length = status === 204 ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...length, ...headers });
  response.end(request.method === "HEAD" || status === 204 ? undefined : body);
}

export function sendJson(call: Call, value: object, headers: Headers = {}): void {
  send(call, 200, { "content-type": "application/json", ...headers }, JSON.stringify(value));
}

/** distribution-spec "Error Codes". What is still to come of the request is not read. */
export function sendRefusal(call: Call, { status, code, message, headers }: Refusal): void {
  const { request } = call;
  const more = request.complete ? {} : { connection: "close" };
  const body = JSON.stringify({ errors: [{ code, message }] });
  send(call, status, { "content-type": "application/json", ...more, ...headers }, body);
}

/** One page of names, and the link to the next (distribution-spec "Listing Tags"). @throws {Refusal} */
export function pageOf(
  url: URL,
  names: readonly string[],
  badNumber: () => Refusal,
  most = Infinity,
): { page: readonly string[]; headers: Headers } {
  const [text, last] = [url.searchParams.get("n"), url.searchParams.get("last")];
  const asked = text === null ? names.length : Number(text);
  if (!Number.isSafeInteger(asked) || asked < 0) throw badNumber();
  const size = Math.min(asked, most);
  const rest = last === null ? names : names.filter((name) => name > last);
  const page = rest.slice(0, size);
  if (page.length === rest.length || page.length === 0) return { page, headers: {} };
  const query = new URLSearchParams(url.searchParams);
  query.set("n", String(size));
  query.set("last", page.at(-1) ?? "");
  return { page, headers: { link: `<${url.pathname}?${query.toString()}>; rel="next"` } };
}

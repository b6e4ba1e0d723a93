import { pipeline } from "node:stream/promises";
import { isDigest, type Digest } from "@wherry/core/oci";
import { send, type Call } from "./answer.ts";
import { blobUnknown, digestInvalid, Refusal, unsupported } from "./refusal.ts";

/** GET, HEAD and DELETE of a blob (end-2, end-10). */
export async function serveBlob(call: Call, name: string, text: string): Promise<void> {
  const { request, response, repositories, mayDelete } = call;
  const digest = digestOfPath(text);
  const repository = repositories.get(name);
  const size = repository.blobSize(digest);
  if (size === undefined) throw blobUnknown();
  if (request.method === "DELETE") {
    if (!mayDelete) throw unsupported();
    repository.deleteBlob(digest);
    send(call, 202);
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") throw unsupported();
  const { start, end, isPart } = rangeOf(request.headers.range, size);
  response.writeHead(isPart ? 206 : 200, {
    "content-type": "application/octet-stream",
    "content-length": end - start + 1,
    "accept-ranges": "bytes",
    "docker-content-digest": digest,
    etag: `"${digest}"`,
    ...(isPart ? { "content-range": `bytes ${start}-${end}/${size}` } : {}),
  });
  if (request.method === "HEAD" || size === 0) response.end();
  else await pipeline(repository.openBlob(digest, start, end), response);
}

/** The digest in a path. @throws {Refusal} */
export function digestOfPath(text: string): Digest {
  if (isDigest(text)) return text;
  throw digestInvalid("invalid digest");
}

/** One range of bytes (RFC 9110 section 14); all of it where none or several are asked for. @throws {Refusal} */
function rangeOf(header: string | undefined, size: number): { start: number; end: number; isPart: boolean } {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return { start: 0, end: size - 1, isPart: false };
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (start > end)
    throw new Refusal(416, "RANGE_INVALID", "no such range", { "content-range": `bytes */${size}` });
  return { start, end, isPart: true };
}

import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LoggedRequest, ServedRegistry } from "./types.ts";
import { answer, fail, type Call } from "./answer.ts";
import { authorizes, serveToken } from "./auth.ts";

const UPLOAD = /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/;
const BLOB = /^\/v2\/(.+)\/blobs\/(sha\d+:[a-f0-9]+)$/;
const MANIFEST = /^\/v2\/(.+)\/manifests\/([^/]+)$/;
const REFERRERS = /^\/v2\/(.+)\/referrers\/(sha\d+:[a-f0-9]+)$/;
const TAGS = /^\/v2\/(.+)\/tags\/list$/;

/** Serves one request as distribution-spec asks, but for its fault. */
export async function handleRequest(
  registry: ServedRegistry,
  request: IncomingMessage,
  response: ServerResponse,
  logged: LoggedRequest,
): Promise<void> {
  const url = new URL(request.url ?? "/", registry.url);
  const fault = registry.faults.take(`${logged.method} ${logged.path}`);
  const call: Call = { registry, request, response, logged, url, fault };
  if (fault.hang === true) return;
  if (fault.status !== undefined) {
    request.resume();
    await answer(call, fault.status, {}, fault.body ?? "");
    return;
  }
  if (url.pathname === "/token") return serveToken(call);
  if (!authorizes(call)) return;
  await route(call);
}

async function route(call: Call): Promise<void> {
  const { pathname } = call.url;
  if (pathname === "/v2/") return answer(call, 200, {}, "{}");
  if (pathname === "/v2/_catalog") {
    return list(call, "repositories", [...call.registry.storage.repositories.keys()]);
  }
  const upload = UPLOAD.exec(pathname);
  if (upload !== null) return serveUpload(call, upload[1] ?? "", upload[2] ?? "");
  const blob = BLOB.exec(pathname);
  if (blob !== null) return serveBlob(call, blob[1] ?? "", blob[2] ?? "");
  const manifest = MANIFEST.exec(pathname);
  if (manifest !== null) return serveManifest(call, manifest[1] ?? "", manifest[2] ?? "");
  const referrers = REFERRERS.exec(pathname);
  if (referrers !== null && call.registry.options.referrers !== "fallback")
    return serveReferrers(call, referrers[1] ?? "", referrers[2] ?? "");
  const tags = TAGS.exec(pathname);
  if (tags !== null) {
    const repository = call.registry.storage.repositories.get(tags[1] ?? "");
    if (repository === undefined)
      return fail(call, 404, "NAME_UNKNOWN", "repository name not known to registry");
    return list(call, "tags", [...repository.tags.keys()].sort(), { name: tags[1] });
  }
  return fail(call, 404, "UNSUPPORTED", "no such endpoint");
}

async function serveBlob(call: Call, repository: string, digest: string): Promise<void> {
  const { registry, request, fault } = call;
  const bytes = registry.storage.blob(repository, digest);
  if (bytes === undefined) return fail(call, 404, "BLOB_UNKNOWN", "blob unknown to registry");
  if (request.method === "DELETE") {
    registry.storage.repository(repository).blobs.delete(digest);
    return answer(call, 202);
  }
  if (registry.options.redirectBlobsTo !== undefined) {
    return answer(call, 307, { location: registry.options.redirectBlobsTo + call.url.pathname });
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const headers = { "content-type": "application/octet-stream", "docker-content-digest": digest };
  if (range === null || fault.ignoreRange === true) return answer(call, 200, headers, bytes);
  const start = Number(range[1]) + (fault.rangeOff ?? 0);
  const end = range[2] === "" ? bytes.length - 1 : Math.min(Number(range[2]), bytes.length - 1);
  if (start > end) return fail(call, 416, "RANGE_INVALID", "no such range");
  const part = bytes.subarray(start, end + 1);
  return answer(call, 206, { ...headers, "content-range": `bytes ${start}-${end}/${bytes.length}` }, part);
}

async function serveManifest(call: Call, repository: string, reference: string): Promise<void> {
  const { registry, request } = call;
  const { storage } = registry;
  if (request.method === "PUT") {
    const bytes = await readBody(call);
    if (bytes === undefined) return;
    const tag = reference.includes(":") ? undefined : reference;
    const mediaType = request.headers["content-type"] ?? "";
    const isSparse = registry.options.takesSparseIndexes === true && isIndex(mediaType);
    const missing = (isSparse ? [] : referredDigests(bytes)).find(
      (digest) =>
        storage.blob(repository, digest) === undefined && storage.manifest(repository, digest) === undefined,
    );
    if (missing !== undefined) return fail(call, 400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
    const digest = storage.addManifest(repository, bytes, mediaType, tag);
    const subject = partsOf(bytes).subject?.digest;
    return answer(call, 201, {
      "docker-content-digest": digest,
      location: `/v2/${repository}/manifests/${digest}`,
      ...(subject === undefined || registry.options.referrers === "fallback"
        ? {}
        : { "oci-subject": subject }),
    });
  }
  const manifest = storage.manifest(repository, reference);
  if (manifest === undefined) return fail(call, 404, "MANIFEST_UNKNOWN", "manifest unknown");
  if (request.method === "DELETE") {
    const { tags, manifests } = storage.repository(repository);
    if (tags.has(reference)) tags.delete(reference);
    else {
      manifests.delete(manifest.digest);
      for (const [tag, digest] of tags) if (digest === manifest.digest) tags.delete(tag);
    }
    return answer(call, 202);
  }
  const headers = { "content-type": manifest.mediaType, "docker-content-digest": manifest.digest };
  return answer(call, 200, headers, manifest.bytes);
}

function isIndex(mediaType: string): boolean {
  return /\.index\.|manifest\.list/.test(mediaType);
}

/** distribution-spec "Listing Referrers". */
function serveReferrers(call: Call, repository: string, subject: string): Promise<void> {
  const { registry, url } = call;
  const wanted = url.searchParams.get("artifactType");
  const isFiltered = wanted !== null && registry.options.referrers !== "unfiltered";
  const stored = [...(registry.storage.repositories.get(repository)?.manifests ?? [])];
  const all = stored.flatMap(([digest, { bytes, mediaType }]) => {
    const parts = partsOf(bytes);
    const artifactType = parts.artifactType ?? parts.config?.mediaType;
    if (parts.subject?.digest !== subject || (isFiltered && artifactType !== wanted)) return [];
    return [{ mediaType, digest, size: bytes.length, artifactType, annotations: parts.annotations }];
  });
  const begin = Number(url.searchParams.get("from") ?? 0);
  const end = begin + (registry.options.pageSize ?? all.length);
  const next = new URLSearchParams({
    ...(wanted === null ? {} : { artifactType: wanted }),
    from: String(end),
  });
  const headers = {
    "content-type": "application/vnd.oci.image.index.v1+json",
    ...(isFiltered ? { "oci-filters-applied": "artifactType" } : {}),
    ...(end < all.length ? { link: `<${url.pathname}?${next.toString()}>; rel="next"` } : {}),
  };
  const index = {
    schemaVersion: 2,
    mediaType: headers["content-type"],
    manifests: all.slice(begin, end),
  };
  return answer(call, 200, headers, JSON.stringify(index));
}

interface ManifestParts {
  readonly artifactType?: string;
  readonly annotations?: Record<string, string>;
  readonly subject?: { digest: string };
  readonly config?: { digest: string; mediaType: string };
  readonly layers?: { digest: string }[];
  readonly manifests?: { digest: string }[];
}

function partsOf(bytes: Buffer): ManifestParts {
  return JSON.parse(bytes.toString()) as ManifestParts;
}

/** Blobs and manifests a manifest cannot do without. */
function referredDigests(bytes: Buffer): string[] {
  const { config, layers, manifests } = partsOf(bytes);
  return [...(config === undefined ? [] : [config]), ...(layers ?? []), ...(manifests ?? [])].map(
    ({ digest }) => digest,
  );
}

async function serveUpload(call: Call, repository: string, id: string): Promise<void> {
  const { request, url, fault, registry } = call;
  const { storage } = registry;
  if (request.method === "POST" && id === "") {
    const mount = url.searchParams.get("mount");
    const from = url.searchParams.get("from");
    const source = mount !== null && from !== null ? storage.blob(from, mount) : undefined;
    if (source !== undefined && fault.refuseMount !== true) {
      storage.addBlob(repository, source);
      return answer(call, 201, { location: `/v2/${repository}/blobs/${mount ?? ""}` });
    }
    const session = randomUUID();
    storage.uploads.set(session, { repository, chunks: [], size: 0 });
    return answer(call, 202, { ...uploadHeaders(repository, session, 0), "docker-upload-uuid": session });
  }
  const session = storage.uploads.get(id);
  if (session?.repository !== repository)
    return fail(call, 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  if (request.method === "GET") return answer(call, 204, uploadHeaders(repository, id, session.size));
  if (request.method === "DELETE") {
    storage.uploads.delete(id);
    return answer(call, 204);
  }
  const start = /^(\d+)-(\d+)$/.exec(request.headers["content-range"] ?? "")?.[1];
  if (start !== undefined && Number(start) !== session.size) {
    request.resume();
    return answer(call, 416, uploadHeaders(repository, id, session.size));
  }
  const body = await readBody(call, (chunk) => {
    const left =
      fault.takeOnly === undefined ? chunk.length : Math.max(0, fault.takeOnly - call.logged.received);
    const taken = chunk.subarray(0, left);
    session.chunks.push(taken);
    session.size += taken.length;
  });
  if (body === undefined) return;
  if (request.method === "PATCH") return answer(call, 202, uploadHeaders(repository, id, session.size));
  const digest = url.searchParams.get("digest") ?? "";
  const bytes = Buffer.concat(session.chunks);
  storage.uploads.delete(id);
  if (digest !== `sha256:${createHash("sha256").update(bytes).digest("hex")}`) {
    return fail(call, 400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  storage.addBlob(repository, bytes);
  return answer(call, 201, {
    location: `/v2/${repository}/blobs/${digest}`,
    "docker-content-digest": digest,
  });
}

/** Range is `0-0` for nothing, as Docker's registry says it; the query is opaque to clients. */
function uploadHeaders(repository: string, id: string, size: number): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}?_state=a%2Fb%3D&x=1`,
    range: `0-${Math.max(0, size - 1)}`,
  };
}

/** The request's body; undefined when the connection ended before it, or it was refused. */
async function readBody(call: Call, onChunk?: (chunk: Buffer) => void): Promise<Buffer | undefined> {
  const { request, logged, fault, registry } = call;
  const limit = registry.options.bodyLimit ?? Infinity;
  if (Number(request.headers["content-length"] ?? 0) > limit) {
    request.resume();
    await answer(call, 413, {}, "<html>413 Request Entity Too Large</html>");
    return undefined;
  }
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const left = (fault.cutUploadAt ?? Infinity) - logged.received;
      const taken = chunk.length >= left ? chunk.subarray(0, left) : chunk;
      if (onChunk === undefined) chunks.push(taken);
      else onChunk(taken);
      logged.received += taken.length;
      if (taken.length < chunk.length || logged.received === fault.cutUploadAt) {
        request.socket.destroy();
        return undefined;
      }
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function list(call: Call, field: string, names: readonly string[], more: object = {}): Promise<void> {
  const { registry, url } = call;
  const wanted = Number(url.searchParams.get("n") ?? names.length);
  const size = Math.min(wanted, registry.options.pageSize ?? Infinity);
  const last = url.searchParams.get("last");
  const begin = last === null ? 0 : names.indexOf(last) + 1;
  const page = names.slice(begin, begin + size);
  const isLast = begin + size >= names.length;
  const next = `${url.pathname}?n=${wanted}&last=${encodeURIComponent(page.at(-1) ?? "")}`;
  return answer(
    call,
    200,
    { "content-type": "application/json", ...(isLast ? {} : { link: `<${next}>; rel="next"` }) },
    JSON.stringify({ ...more, [field]: page }),
  );
}

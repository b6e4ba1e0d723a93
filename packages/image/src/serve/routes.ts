import { send, sendJson, type Call } from "./answer.ts";
import { serveBlob } from "./blob-routes.ts";
import { serveCatalog, serveManifest, serveReferrers, serveTags } from "./manifest-routes.ts";
import { Refusal, unsupported } from "./refusal.ts";
import { openUpload, serveUpload } from "./upload-routes.ts";

/** The endpoints of distribution-spec below a repository; names are greedy, as the last match of a word counts. */
const UPLOAD = /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/;
const BLOB = /^\/v2\/(.+)\/blobs\/([^/]+)$/;
const MANIFEST = /^\/v2\/(.+)\/manifests\/([^/]+)$/;
const REFERRERS = /^\/v2\/(.+)\/referrers\/([^/]+)$/;
const TAGS = /^\/v2\/(.+)\/tags\/list$/;

/** Answers one request, or refuses it. @throws {Refusal} */
export async function route(call: Call): Promise<void> {
  const path = decoded(call.url.pathname);
  const isRead = call.request.method === "GET" || call.request.method === "HEAD";
  if (path === "/v2/" || path === "/v2") {
    sendJson(call, {}, { "docker-distribution-api-version": "registry/2.0" });
    return;
  }
  if (path === "/" && isRead) {
    send(call, 200, { "content-type": "text/plain" }, "wherry-image serve: an OCI registry\n");
    return;
  }
  const upload = UPLOAD.exec(path);
  if (upload?.[2] === "") return openUpload(call, upload[1] ?? "");
  if (upload !== null) return serveUpload(call, upload[1] ?? "", upload[2] ?? "");
  const blob = BLOB.exec(path);
  if (blob !== null) return serveBlob(call, blob[1] ?? "", blob[2] ?? "");
  const manifest = MANIFEST.exec(path);
  if (manifest !== null) return serveManifest(call, manifest[1] ?? "", manifest[2] ?? "");
  if (!isRead) throw unsupported();
  const [referrers, tags] = [REFERRERS.exec(path), TAGS.exec(path)];
  if (path === "/v2/_catalog") serveCatalog(call);
  else if (referrers !== null) serveReferrers(call, referrers[1] ?? "", referrers[2] ?? "");
  else if (tags !== null) serveTags(call, tags[1] ?? "");
  else throw new Refusal(404, "UNSUPPORTED", "no such endpoint");
}

/** A path with its escapes read, once. @throws {Refusal} */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, "NAME_INVALID", "invalid path");
  }
}

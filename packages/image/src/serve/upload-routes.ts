import { isDigest } from "@wherry/core/oci";
import { send, type Call } from "./answer.ts";
import { digestOfPath } from "./blob-routes.ts";
import { unsupported } from "./refusal.ts";

/** Opens an upload, takes a whole blob with it, or takes one over from another repository (end-4a, end-4b, end-11). */
export async function openUpload(call: Call, name: string): Promise<void> {
  const { request, url, repositories, uploads } = call;
  if (request.method !== "POST") throw unsupported();
  const repository = repositories.at(name);
  const [mount, from, digest] = ["mount", "from", "digest"].map((key) => url.searchParams.get(key));
  if (mount !== null && isDigest(mount)) {
    const source = from === null || from === undefined ? repository : repositories.at(from);
    if (source.blobSize(mount) !== undefined) {
      if (source !== repository) repository.linkBlob(mount, source);
      request.resume();
      send(call, 201, { location: `/v2/${name}/blobs/${mount}`, "docker-content-digest": mount });
      return;
    }
  }
  const id = uploads.open(name);
  if (digest !== null && digest !== undefined) return finish(call, name, id, digest);
  request.resume();
  send(call, 202, { location: locationOf(name, id), ...uploads.rangeOf(0), "docker-upload-uuid": id });
}

/** Goes on with an upload, ends it, tells of it or gives it up (end-5, end-6, end-13, end-14). */
export async function serveUpload(call: Call, name: string, id: string): Promise<void> {
  const { request, url, uploads, repositories } = call;
  repositories.at(name); // refuses what is no name
  switch (request.method) {
    case "GET":
      send(call, 204, { location: locationOf(name, id), ...uploads.rangeOf(uploads.size(name, id)) });
      return;
    case "DELETE":
      uploads.cancel(name, id);
      send(call, 204);
      return;
    case "PATCH": {
      const size = await uploads.append(name, id, startOf(call), request);
      send(call, 202, { location: locationOf(name, id), ...uploads.rangeOf(size), "docker-upload-uuid": id });
      return;
    }
    case "PUT":
      return finish(call, name, id, url.searchParams.get("digest") ?? "");
    default:
      throw unsupported();
  }
}

async function finish(call: Call, name: string, id: string, text: string): Promise<void> {
  const { request, uploads, repositories } = call;
  const digest = digestOfPath(text);
  await uploads.append(name, id, startOf(call), request);
  await uploads.finish(name, id, digest, repositories.at(name));
  send(call, 201, { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest });
}

/** Where the bytes of a chunk belong: `Content-Range: 0-99`. */
function startOf({ request }: Call): number | undefined {
  const start = /^(?:bytes[ =])?(\d+)-\d+/.exec(request.headers["content-range"] ?? "")?.[1];
  return start === undefined ? undefined : Number(start);
}

function locationOf(name: string, id: string): string {
  return `/v2/${name}/blobs/uploads/${id}`;
}

import type { IncomingMessage } from "node:http";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { FileSystemError } from "../error/index.ts";
import { Digester, hostPlatform, MEDIA_TYPE, type Platform } from "../oci/index.ts";
import type { Reference } from "../reference/index.ts";
import type { StoredImage } from "../store/index.ts";
import { applyChanges, writeImage } from "./commit-container.ts";
import type { Engine } from "./engine.ts";
import { DownloadFailedError } from "./errors.ts";
import { recordImageEvent } from "./record-image-event.ts";

export interface ImportOptions {
  readonly name?: Reference;
  readonly changes?: readonly string[];
  readonly message?: string;
  readonly platform?: Platform;
}

/**
 * Makes an image of one layer out of an archive of a file system, compressed or not.
 *
 * @param source path, URL or stream of the archive
 * @throws {InvalidTarError | InvalidChangeError | FileSystemError | DownloadFailedError}
 */
export async function importImage(
  engine: Engine,
  source: string | Readable,
  { name, changes = [], message, platform = hostPlatform() }: ImportOptions = {},
): Promise<StoredImage> {
  const { readTar, uncompressed } = await import("../layer/index.ts");
  const config = applyChanges({}, changes);
  using staged = engine.store.blobs.stage();
  const digester = new Digester();
  const passing = (async function* () {
    for await (const chunk of uncompressed(openInput(source))) {
      staged.write(chunk);
      digester.update(chunk);
      yield chunk;
    }
  })();
  for await (const _ of readTar(passing)); // what is no archive becomes no image
  const { digest, size } = await staged.finish();
  const created = engine.host.now().toISOString();
  const from = typeof source === "string" ? source : "-";
  const image = await writeImage(engine, {
    config: {
      ...platform,
      created,
      config,
      rootfs: { type: "layers", diff_ids: [digest] },
      history: [{ created, created_by: `import ${from}`, comment: message ?? `Imported from ${from}` }],
    },
    layers: [{ mediaType: MEDIA_TYPE.ociLayer, digest, size }],
    ...(name === undefined ? {} : { name }),
  });
  recordImageEvent(engine, "import", image.id, from);
  return image;
}

function openInput(source: string | Readable): Readable {
  if (typeof source !== "string") return source;
  if (/^https?:\/\//.test(source)) return Readable.from(download(source));
  const stream = createReadStream(source);
  const named = async function* () {
    try {
      yield* stream as AsyncIterable<Buffer>;
    } catch (error) {
      throw new FileSystemError("open", source, error);
    }
  };
  return Readable.from(named());
}

const REDIRECT_LIMIT = 10;

async function* download(url: string): AsyncGenerator<Uint8Array> {
  let response = await get(url);
  for (let left = REDIRECT_LIMIT; isRedirect(response) && left > 0; left--) {
    response.destroy();
    const next = new URL(response.headers.location ?? "", url);
    if (url.startsWith("https:") && next.protocol !== "https:")
      throw new DownloadFailedError(url, "it leads to a place without TLS");
    response = await get((url = next.href));
  }
  if (response.statusCode !== 200)
    throw new DownloadFailedError(url, `the server answered ${String(response.statusCode)}`);
  yield* response as AsyncIterable<Buffer>;
}

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
}

async function get(url: string): Promise<IncomingMessage> {
  const { get: request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  return await new Promise((resolve, reject) => {
    request(url, resolve).on("error", (error) =>
      reject(new DownloadFailedError(url, "the host cannot be reached", error)),
    );
  });
}

import { UsageError } from "@wherry/core/cli";
import type { Engine } from "@wherry/core/engine";
import { FileSystemError } from "@wherry/core/error";
import { makeDirectory, StagedFile } from "@wherry/core/io";
import { run } from "@wherry/core/process";
import type { StoredImage } from "@wherry/core/store";
import { ImageDraft } from "../builder/image-draft.ts";
import { LayerFiles } from "../builder/layer-files.ts";
import { mergeLayers } from "../working/merge-layers.ts";

/** Where `--output` writes an image's files. */
export type FilesPlace =
  | { readonly type: "local"; readonly path: string }
  | { readonly type: "tar"; readonly path: string | undefined };

/** Reads `--output`: a folder, `type=local,dest=…`, `type=tar,dest=…`, or `-`. @throws {UsageError} */
export function parseOutput(text: string): FilesPlace {
  if (text === "-") return { type: "tar", path: undefined };
  if (!text.includes("=")) return { type: "local", path: text };
  const pairs = new Map(
    text.split(",").map((part) => [part.split("=")[0] ?? "", part.slice(part.indexOf("=") + 1)]),
  );
  const [type, path] = [pairs.get("type"), pairs.get("dest")];
  const unknown = [...pairs.keys()].find((key) => key !== "type" && key !== "dest");
  if (unknown !== undefined)
    throw new UsageError(`invalid --output ${JSON.stringify(text)}: unknown key ${JSON.stringify(unknown)}`);
  if (path === undefined || path === "")
    throw new UsageError(`invalid --output ${JSON.stringify(text)}: dest= is missing`);
  const isOut = path === "-" || path === "/dev/stdout"; // where nothing else is to be said then
  if (type === "local" && !isOut) return { type, path };
  if (type === "tar" || type === "local") return { type: "tar", path: isOut ? undefined : path };
  throw new UsageError(`invalid --output ${JSON.stringify(text)}: type is local or tar`);
}

/**
 * Writes an image's files to a folder, as files of the caller, or as a tar to a file or standard output.
 *
 * @param out writes to standard output
 */
export async function writeFiles(
  engine: Engine,
  image: StoredImage,
  place: FilesPlace,
  out: (piece: Uint8Array) => void,
): Promise<void> {
  const { store, locations } = engine;
  const { content } = store.images.readManifest(image);
  const { layers } = ImageDraft.from(store.images.readConfig(image), content.layers, image.platform);
  using files = new LayerFiles(store, locations.cacheDir);
  const whole = await mergeLayers(store, files, layers);
  if (place.type === "local") {
    makeDirectory(place.path, 0o755);
    if (whole !== undefined)
      await run("tar", ["-x", "--no-same-owner", "-C", place.path, "-f", store.blobs.path(whole.diffId)], {
        purpose: "write the files of an image",
      });
    return;
  }
  const { pipeline } = await import("node:stream/promises");
  const { Readable } = await import("node:stream");
  const source = whole === undefined ? Readable.from([Buffer.alloc(1024)]) : store.blobs.read(whole.diffId);
  if (place.path === undefined) {
    for await (const piece of source as AsyncIterable<Uint8Array>) out(piece);
    return;
  }
  using file = StagedFile.open(place.path);
  try {
    await pipeline(source, file.stream());
  } catch (error) {
    throw error instanceof Error && "syscall" in error
      ? new FileSystemError("write", place.path, error)
      : error;
  }
  file.publish();
}

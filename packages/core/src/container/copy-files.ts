import { basename, dirname, posix, resolve } from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { lookUpPlace, packTree, TarWriter, unpackTree, type TreePlace } from "../layer/index.ts";
import { resolveUser } from "../spec/index.ts";
import { ContainerTree } from "./container-tree.ts";
import { readInLayers } from "./find-in-layers.ts";
import type { ContainerHost } from "./host.ts";
import { containerLayers } from "./root-layers.ts";
import type { Container } from "./settings.ts";
import { CopyTargetError, CopySourceMissingError } from "./storage-errors.ts";

/** One side of a copy: a path of the host or of a container, or an archive that streams. */
export type CopySide =
  | { readonly kind: "host"; readonly path: string }
  | { readonly kind: "container"; readonly container: Container; readonly path: string }
  | { readonly kind: "stream"; readonly stream: Readable | Writable };

export interface CopyFilesOptions {
  /** Files that come into a container become its user's; otherwise they keep their owners. */
  readonly chown?: boolean;
  /** Whether a folder may replace a file, and a file a folder. */
  readonly overwrite?: boolean;
}

/** What is read: an archive whose entries all begin with `name`. */
interface Source {
  readonly name: string;
  readonly isFolder: boolean;
  /** Whether what is in the folder is meant, and not the folder. */
  readonly isContent: boolean;
  readonly archive: AsyncIterable<Uint8Array>;
  readonly done: Promise<void>;
}

/**
 * Copies files and folders into, out of and between containers by the rules of `docker cp`: a folder that exists takes the
 * source under its name, `/.` at the end of the source means what is in it, a file needs a folder to be put in.
 *
 * @throws {CopySourceMissingError | CopyTargetError}
 */
export async function copyFiles(
  host: ContainerHost,
  from: CopySide,
  to: CopySide,
  { chown = true, overwrite = false }: CopyFilesOptions = {},
): Promise<void> {
  await using opened = new Opened(host);
  const source = await readSide(opened, from);
  if (to.kind === "stream") {
    await pipeline(source.archive, to.stream as Writable);
    await source.done;
    return;
  }
  const tree = to.kind === "container" ? await opened.tree(to.container) : undefined;
  const typed = to.kind === "container" ? inContainer(to) : resolve(to.path);
  const place = tree === undefined ? lookUpPlace(typed) : await tree.lookUp(typed);
  const target = decideTarget(source, place, to.path, overwrite);
  const options = { overwrite, ...(target.rename === undefined ? {} : { rename: target.rename }) };
  if (tree === undefined) {
    await unpackTree(source.archive, target.folder, options);
    await source.done;
    return;
  }
  const owner = chown && to.kind === "container" ? userOf(host, to.container) : ("keep" as const);
  const into = await tree.unpack(target.folder, { ...options, owner });
  await pipeline(source.archive, into.archive);
  await source.done;
  await into.done;
}

/** Trees that are open for a copy, closed at its end. */
class Opened implements AsyncDisposable {
  readonly host: ContainerHost;
  readonly #trees: ContainerTree[] = [];

  constructor(host: ContainerHost) {
    this.host = host;
  }

  async tree(container: Container): Promise<ContainerTree> {
    const tree = await ContainerTree.open(this.host, container);
    this.#trees.push(tree);
    return tree;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tree of this.#trees) await tree[Symbol.asyncDispose]();
  }
}

async function readSide(opened: Opened, side: CopySide): Promise<Source> {
  if (side.kind === "stream")
    return {
      name: "",
      isFolder: true,
      isContent: true,
      archive: side.stream as Readable,
      done: Promise.resolve(),
    };
  const isContent = /(?:^|\/)\.$/.test(side.path);
  if (side.kind === "container") {
    const tree = await opened.tree(side.container);
    const typed = inContainer(side);
    const { kind, path } = await tree.lookUp(typed);
    if (kind === "nothing") throw new CopySourceMissingError(side.path, side.container.name);
    checkKind(kind, side.path);
    const name = nameFor(typed);
    const packed = await tree.pack(path, name);
    return { name, isFolder: kind === "directory", isContent: isContent || name === ".", ...packed };
  }
  const typed = resolve(side.path);
  const { kind, path } = lookUpPlace(typed);
  if (kind === "nothing") throw new CopySourceMissingError(side.path);
  checkKind(kind, side.path);
  const archive = new PassThrough({ highWaterMark: 1 << 20 });
  const name = nameFor(typed);
  const done = packInto(archive, path, name);
  done.catch((error: unknown) => archive.destroy(error as Error));
  return { name, isFolder: kind === "directory", isContent, archive, done };
}

async function packInto(archive: PassThrough, path: string, name: string): Promise<void> {
  const writer = new TarWriter(archive);
  await packTree(path, name, writer);
  await writer.finish();
  archive.end();
}

/** The root has no name of its own. */
function nameFor(path: string): string {
  const name = basename(path);
  return name === "" ? "." : name;
}

function checkKind(kind: TreePlace["kind"], typed: string): void {
  if (kind === "file" && typed.endsWith("/")) throw new CopyTargetError(typed, "it is not a directory");
}

interface Target {
  readonly folder: string;
  readonly rename?: { readonly from: string; readonly to: string };
}

function decideTarget(
  { name, isFolder, isContent }: Source,
  place: TreePlace,
  typed: string,
  overwrite: boolean,
): Target {
  if (name === "") {
    if (place.kind !== "directory")
      throw new CopyTargetError(typed, "an archive can only be unpacked into a directory");
    return { folder: place.path };
  }
  if (place.kind === "directory") {
    if (!isContent) return { folder: place.path };
    return { folder: dirname(place.path), rename: { from: name, to: basename(place.path) } };
  }
  if (!place.hasParent) throw new CopyTargetError(typed, "no such directory to put it in");
  if (place.kind === "file" && isFolder && !overwrite)
    throw new CopyTargetError(typed, "cannot overwrite a file with a directory");
  if (place.kind === "nothing" && !isFolder && typed.endsWith("/"))
    throw new CopyTargetError(typed, "no such directory");
  return { folder: dirname(place.path), rename: { from: name, to: basename(place.path) } };
}

/** A path in the container, which relative ones are from its root or working directory on. */
function inContainer({ container, path }: { readonly container: Container; readonly path: string }): string {
  return posix.resolve("/", container.config.workingDir, path);
}

function userOf(host: ContainerHost, container: Container): { uid: number; gid: number } {
  const layers = containerLayers(host, container);
  const { uid, gid } = resolveUser(container.config.user, {
    passwd: readInLayers(layers, "/etc/passwd") ?? "",
    group: readInLayers(layers, "/etc/group") ?? "",
  });
  return { uid, gid };
}

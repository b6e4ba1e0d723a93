import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { Engine } from "@wherry/core/engine";
import { encodedOf } from "@wherry/core/oci";
import type { FoundImage } from "@wherry/core/store";
import { openArchive, unpackInto, type Archive } from "../builder/archive.ts";
import { ContextTree } from "../builder/context-tree.ts";
import { copyInto, type CopyOptions } from "../builder/copy.ts";
import { findSources, type CopySource } from "../builder/copy-source.ts";
import { download, nameInUrl } from "../builder/download.ts";
import { GitSource } from "../builder/git-source.ts";
import { isGitUrl } from "../builder/git-url.ts";
import { parseModeChange } from "../builder/file-mode.ts";
import { absoluteIn } from "../builder/image-config.ts";
import { ImageDraft } from "../builder/image-draft.ts";
import { LayerDraft } from "../builder/layer-draft.ts";
import { LayerFiles } from "../builder/layer-files.ts";
import { MadeTree } from "../builder/made-tree.ts";
import { resolveOwner } from "../builder/owner.ts";
import { storedContent } from "../builder/stored-content.ts";
import { EMPTY_TREE, type Tree } from "../builder/tree.ts";
import { writeLayer } from "../builder/write-layer.ts";
import { ignoreRules, isUrl, parseIgnoreFile } from "../containerfile/index.ts";
import { WorkingContainerError } from "./errors.ts";
import { getWorking, layersOf, type WorkingState } from "./working-container.ts";

/** What `copy` and `add` are asked for. */
export interface CopyRequest {
  /** Sources, and the destination last where there are several words. */
  readonly words: readonly string[];
  /** Whether archives are unpacked and URLs fetched. */
  readonly isAdd: boolean;
  readonly chown?: string | undefined;
  readonly chmod?: string | undefined;
  readonly checksum?: string | undefined;
  readonly exclude?: readonly string[];
  readonly contextDir?: string | undefined;
  readonly ignoreFile?: string | undefined;
  /** Time of what is copied, in seconds; default what files have. */
  readonly timestamp?: number | undefined;
  readonly parents?: boolean;
  readonly link?: boolean;
  /** Where relative sources begin. */
  readonly folder: string;
  /** Files of a container or an image, in place of the host's. */
  readonly from?: Tree | undefined;
}

export interface Copied {
  readonly state: WorkingState;
  /** 64 hex digits that name what was added; of nothing when all was there. */
  readonly digest: string;
}

/** Copies files into a container as COPY and ADD do, without running anything. */
export async function copyInWorking(
  engine: Engine,
  state: WorkingState,
  request: CopyRequest,
): Promise<Copied> {
  const { store, locations } = engine;
  const [destination, sourceWords] = splitWords(request.words, state);
  using files = new LayerFiles(store, locations.cacheDir);
  using disposed = new DisposableStack();
  const tree = request.link === true ? EMPTY_TREE : await files.tree(layersOf(state));
  const date = Math.floor(engine.host.now().getTime() / 1000);
  const sources = await gather(engine, sourceWords, request, disposed, date);
  const layer = new LayerDraft(tree, { mtime: date });
  const options: CopyOptions = {
    destination,
    ...(request.exclude === undefined ? {} : { exclude: request.exclude }),
    ...(request.chown === undefined ? {} : { owner: await resolveOwner(request.chown, tree) }),
    ...(request.chmod === undefined ? {} : { mode: parseModeChange(request.chmod) }),
  };
  const plain: CopySource[] = [];
  for (const source of sources) {
    const archive =
      request.isAdd && request.from === undefined ? await archiveOf(source, store.paths.staging) : undefined;
    if (archive === undefined) plain.push(source);
    else unpackInto(layer, disposed.use(archive), options);
  }
  if (plain.length > 0) copyInto(layer, plain, options);
  const { timestamp } = request;
  const written = await writeLayer(layer, store, timestamp === undefined ? undefined : () => timestamp);
  if (written === undefined) return { state, digest: "" };
  return { state: { ...state, changes: [...state.changes, written] }, digest: encodedOf(written.diffId) };
}

/** The destination, absolute with its slash, and the sources. With one word alone the destination is the working directory. */
function splitWords(
  words: readonly string[],
  { config }: WorkingState,
): [destination: string, sources: readonly string[]] {
  const [first] = words;
  if (first === undefined) throw new WorkingContainerError("src must be specified");
  if (words.length === 1) return [`${absoluteIn(config.WorkingDir, ".")}/`.replace(/^\/\/$/, "/"), words];
  const destination = words.at(-1) ?? "";
  const path = absoluteIn(config.WorkingDir, destination);
  const named = /(?:^|\/)\.?\.?$/.test(destination) && path !== "/";
  return [named ? `${path}/` : path, words.slice(0, -1)];
}

async function gather(
  engine: Engine,
  words: readonly string[],
  request: CopyRequest,
  disposed: DisposableStack,
  date: number,
): Promise<CopySource[]> {
  const { from, contextDir, folder, parents = false } = request;
  if (from !== undefined) return findSources(from, words, { where: "the source", parents });
  const isGit = (word: string) => request.isAdd && isGitUrl(word);
  const isRemote = (word: string) => request.isAdd && isUrl(word) && !isGitUrl(word);
  const local = words.filter((word) => !isGit(word) && !isRemote(word));
  const root = contextDir === undefined ? "/" : resolve(folder, contextDir);
  const paths = contextDir === undefined ? local.map((word) => inFolder(folder, word)) : local;
  const tree = new ContextTree(root, ignoreRules(ignorePatterns(request)));
  const where = contextDir === undefined ? "this host" : contextDir;
  const sources = paths.length === 0 ? [] : findSources(tree, paths, { where, parents });
  for (const url of words.filter(isGit)) {
    const { store, signal, host } = engine;
    const repository = await GitSource.find(
      { store, env: host.env, ...(signal === undefined ? {} : { signal }) },
      { keepGitDir: false, ...(request.checksum === undefined ? {} : { checksum: request.checksum }) },
      url,
    );
    sources.push(await disposed.use(repository).open());
  }
  for (const url of words.filter(isRemote)) sources.push(await fetched(engine, url, request, disposed, date));
  return sources;
}

/** Patterns stay patterns: only the folder they begin at is put before. */
function inFolder(folder: string, word: string): string {
  return isAbsolute(word) ? word : `${folder === "/" ? "" : folder.replace(/[*?[\\]/g, "\\$&")}/${word}`;
}

function ignorePatterns({ ignoreFile, contextDir, folder }: CopyRequest): string[] {
  if (ignoreFile === undefined) return [];
  if (contextDir === undefined)
    throw new WorkingContainerError(
      "--ignorefile option requires that you specify a context dir using --contextdir",
    );
  try {
    return parseIgnoreFile(readFileSync(resolve(folder, ignoreFile), "utf8"));
  } catch (error) {
    throw new WorkingContainerError(
      `cannot read the ignore file ${ignoreFile}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function fetched(
  { store, signal }: Engine,
  url: string,
  { checksum }: CopyRequest,
  disposed: DisposableStack,
  date: number,
): Promise<CopySource> {
  const { spool, digest, mtime } = disposed.use(
    await download(url, {
      temporary: store.paths.staging,
      ...(checksum === undefined ? {} : { checksum }),
      ...(signal === undefined ? {} : { signal }),
    }),
  );
  const file = {
    size: spool.size,
    digest,
    mode: 0o600,
    mtime: mtime ?? date,
    open: () => storedContent(spool.fd, { size: spool.size }, 0),
  };
  const called = nameInUrl(url) || "index";
  const tree = new MadeTree(new Map([[called, file]]));
  return { tree, path: called, name: called, parents: "" };
}

async function archiveOf({ tree, path }: CopySource, temporary: string): Promise<Archive | undefined> {
  const node = tree.node(path);
  if (node?.type !== "file" || node.size === 0) return undefined;
  return openArchive(() => tree.content(path), temporary);
}

/** The files of the working container, or else of the image, that `--from` names. `files` must outlive the tree. */
export async function treeNamed(
  engine: Engine,
  files: LayerFiles,
  name: string,
  openImage: (name: string) => Promise<FoundImage>,
): Promise<Tree> {
  const { store } = engine;
  if (store.working.find(name) !== undefined) return files.tree(layersOf(getWorking(store, name).state));
  const { image } = await openImage(name);
  const { content } = store.images.readManifest(image);
  return files.tree(ImageDraft.from(store.images.readConfig(image), content.layers, image.platform).layers);
}

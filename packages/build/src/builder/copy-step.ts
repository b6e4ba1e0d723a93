import { hash } from "node:crypto";
import { isUrl, type Copy } from "../containerfile/index.ts";
import { openArchive, unpackInto, type Archive } from "./archive.ts";
import { copyInto, type CopyOptions } from "./copy.ts";
import { filesOf, findSources, type CopySource } from "./copy-source.ts";
import { nameInUrl, type Download } from "./download.ts";
import { StepProblem } from "./errors.ts";
import { describeSources } from "./describe-sources.ts";
import { parseModeChange } from "./file-mode.ts";
import { contextFiles, openFrom } from "./from-files.ts";
import { GitSource } from "./git-source.ts";
import { isGitUrl } from "./git-url.ts";
import { absoluteIn } from "./image-config.ts";
import type { ImageDraft } from "./image-draft.ts";
import { LayerDraft } from "./layer-draft.ts";
import { MadeTree, type MadeFile } from "./made-tree.ts";
import { resolveOwner } from "./owner.ts";
import { openRemoteFile, type RemoteFile } from "./remote-file.ts";
import type { StepContext } from "./step-context.ts";
import type { StepResult } from "./step-cache.ts";
import { storedContent } from "./stored-content.ts";
import { stepKey, type KeyInput } from "./step-key.ts";
import { EMPTY_TREE } from "./tree.ts";
import { writeLayer } from "./write-layer.ts";

/** Carries out COPY or ADD: a layer straight from the sources, without a container. */
export async function copyStep(stage: StepContext, copy: Copy): Promise<StepResult> {
  const { build, draft } = stage;
  const destination = destinationOf(copy, draft);
  using gathered = await gather(stage, copy, destination);
  const keyOf = (inputs: KeyInput) =>
    stepKey({
      op: copy.kind,
      parent: copy.link ? "scratch" : draft.contentId,
      inputs,
      destination,
      chown: copy.chown,
      chmod: copy.chmod,
      exclude: copy.exclude,
      parents: copy.parents,
      unpack: copy.unpack,
      timestamp: build.timeKey,
    });
  const { key, isByContent } = gathered;
  return await stage.cached(
    keyOf(key),
    () => makeLayer(stage, copy, destination, gathered),
    // of an image only what is copied counts: what else is in it may change
    isByContent
      ? undefined
      : async () => keyOf({ copied: await describeSources(await gathered.sources(), copy.exclude) }),
  );
}

interface Gathered extends Disposable {
  /** Found, or fetched, when asked for: a step that is in the cache needs no files. */
  readonly sources: () => Promise<readonly CopySource[]>;
  readonly key: KeyInput;
  /** Whether the key is of nothing but the content that is copied. */
  readonly isByContent: boolean;
  /** Whether archives among the sources are unpacked. */
  readonly unpack: boolean;
}

async function gather(stage: StepContext, copy: Copy, destination: string): Promise<Gathered> {
  if (copy.from !== undefined) return gatherFrom(stage, copy, copy.from);
  const { tree: open, where, explainMissing } = contextFiles(stage);
  const context = await open();
  const isAdd = copy.kind === "ADD";
  const isGit = (source: string): boolean => isAdd && isGitUrl(source);
  const isFile = (source: string): boolean => isAdd && isUrl(source) && !isGitUrl(source);
  const paths = copy.sources.filter((source) => !isGit(source) && !isFile(source));
  checkRemote(copy, copy.sources.length - paths.length);
  const options = {
    where,
    parents: copy.parents,
    ...(explainMissing === undefined ? {} : { explainMissing }),
  };
  const local = paths.length === 0 ? [] : findSources(context, paths, options);
  using resources = new DisposableStack();
  const files: RemoteSource[] = [];
  for (const url of copy.sources.filter(isFile)) {
    const file = resources.use(await fetchFile(stage, copy, url));
    files.push({ name: nameOf(url, destination), file });
  }
  const repositories: GitSource[] = [];
  for (const url of copy.sources.filter(isGit))
    repositories.push(resources.use(await GitSource.find(stage.build.tools, copy, url)));
  const inline = new Map(
    copy.files.map(({ name, content }) => [name, inlineFile(content, stage.draft.date)] as const),
  );
  const owned = resources.move();
  return {
    sources: async () => {
      const made = new Map(inline);
      for (const { name, file } of files) made.set(name, downloadedFile(await file.open(), stage.draft.date));
      const tree = new MadeTree(made);
      const cloned = await Promise.all(repositories.map((repository) => repository.open()));
      return [
        ...[...local, ...cloned],
        ...[...made.keys()].map((name) => ({ tree, path: name, name, parents: "" })),
      ];
    },
    key: {
      local: await describeSources(local, copy.exclude),
      made: [
        ...files.map(({ name, file }) => [name, file.digest, 0o600]),
        ...[...inline].map(([name, { digest, mode }]) => [name, digest, mode]),
      ],
      ...(repositories.length === 0 ? {} : { git: repositories.map(({ key }) => key) }),
    },
    isByContent: true,
    unpack: isAdd && (copy.unpack ?? paths.length > 0),
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}

interface RemoteSource {
  readonly name: string;
  readonly file: RemoteFile;
}

async function gatherFrom(stage: StepContext, copy: Copy, from: string): Promise<Gathered> {
  const { tree, image, where, explainMissing } = await openFrom(stage, from);
  let found: CopySource[] | undefined;
  const sources = async () =>
    (found ??= findSources(await tree(), copy.sources, {
      ...{ where, parents: copy.parents },
      ...(explainMissing === undefined ? {} : { explainMissing }),
    }));
  return {
    sources,
    key:
      image === undefined
        ? { local: await describeSources(await sources(), copy.exclude) }
        : { image: image.contentId, sources: copy.sources },
    isByContent: image === undefined,
    unpack: false,
    [Symbol.dispose]: () => undefined,
  };
}

function fetchFile({ build }: StepContext, { checksum }: Copy, url: string): Promise<RemoteFile> {
  const { store, cacheDir, signal } = build.tools;
  return openRemoteFile(url, { checksum, temporary: store.paths.staging, cacheDir, signal });
}

function nameOf(url: string, destination: string): string {
  const name = nameInUrl(url);
  if (name !== "") return name;
  if (!destination.endsWith("/")) return "index";
  throw new StepProblem(
    `${url} ends without a file name, and the destination is a directory`,
    "name the file in the destination",
  );
}

/** What is said of something far away must be said of one thing. */
function checkRemote({ kind, sources, files, checksum, keepGitDir }: Copy, remote: number): void {
  if (kind !== "ADD") return;
  const hasGit = sources.some(isGitUrl);
  if (checksum !== undefined && (remote !== 1 || sources.length + files.length !== 1))
    throw new StepProblem("--checksum takes one source, a URL or a git repository");
  if (keepGitDir && !hasGit) throw new StepProblem("--keep-git-dir is for git repositories");
}

function downloadedFile({ spool, digest, mtime }: Download, date: number): MadeFile {
  return {
    size: spool.size,
    digest,
    mode: 0o600,
    mtime: mtime ?? date,
    open: () => storedContent(spool.fd, { size: spool.size }, 0),
  };
}

async function makeLayer(
  stage: StepContext,
  copy: Copy,
  destination: string,
  gathered: Gathered,
): Promise<StepResult> {
  const { build, draft } = stage;
  const { unpack, isByContent } = gathered;
  const sources = await gathered.sources();
  const { store } = build.tools;
  const tree = copy.link ? EMPTY_TREE : await build.tree(draft);
  const date = newest(sources, copy.exclude, draft.date);
  const layer = new LayerDraft(tree, { mtime: date });
  const options: CopyOptions = {
    destination,
    exclude: copy.exclude,
    // a folder's time tells when a name came or went, that of an ignored file too: it is no input
    ...(isByContent ? { directoryTime: date } : {}),
    ...(copy.chown === undefined ? {} : { owner: await resolveOwner(copy.chown, tree) }),
    ...(copy.chmod === undefined ? {} : { mode: parseModeChange(copy.chmod) }),
  };
  using archives = new DisposableStack();
  const plain: CopySource[] = [];
  for (const source of sources) {
    const archive = unpack ? await archiveOf(source, store.paths.staging) : undefined;
    if (archive === undefined) plain.push(source);
    else unpackInto(layer, archives.use(archive), options);
  }
  if (plain.length > 0) copyInto(layer, plain, options);
  const written = await writeLayer(layer, store, build.changeTime);
  return { date, ...(written === undefined ? {} : { layer: written }) };
}

async function archiveOf({ tree, path }: CopySource, temporary: string): Promise<Archive | undefined> {
  const node = tree.node(path);
  if (node?.type !== "file" || node.size === 0) return undefined;
  return openArchive(() => tree.content(path), temporary);
}

/** Newest time among the files, and what the image has already, in seconds. */
function newest(sources: readonly CopySource[], exclude: readonly string[], least: number): number {
  let date = least;
  for (const source of sources)
    for (const { node } of filesOf(source, exclude))
      if (node.type === "file") date = Math.max(date, Math.floor(node.mtime));
  return date;
}

function inlineFile(content: string, mtime: number): MadeFile {
  const bytes = Buffer.from(content);
  return { size: bytes.length, digest: hash("sha256", bytes), open: () => bytes, mode: 0o644, mtime };
}

/** The destination made absolute, its slash kept. */
function destinationOf({ destination }: Copy, { config }: ImageDraft): string {
  const path = absoluteIn(config.WorkingDir, destination);
  return /(?:^|\/)\.?\.?$/.test(destination) && path !== "/" ? `${path}/` : path;
}

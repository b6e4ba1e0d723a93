import { hash } from "node:crypto";
import { isUrl, type Copy } from "../containerfile/index.ts";
import { openArchive, unpackInto, type Archive } from "./archive.ts";
import { copyInto, type CopyOptions } from "./copy.ts";
import { filesOf, findSources, type CopySource } from "./copy-source.ts";
import { download, type Download } from "./download.ts";
import { StepProblem } from "./errors.ts";
import { describeSources } from "./describe-sources.ts";
import { parseModeChange } from "./file-mode.ts";
import { contextFiles, openFrom } from "./from-files.ts";
import { absoluteIn } from "./image-config.ts";
import type { ImageDraft } from "./image-draft.ts";
import { LayerDraft } from "./layer-draft.ts";
import { MadeTree, type MadeFile } from "./made-tree.ts";
import { resolveOwner } from "./owner.ts";
import type { StepContext } from "./step-context.ts";
import type { StepResult } from "./step-cache.ts";
import { storedContent } from "./stored-content.ts";
import { stepKey, type KeyInput } from "./step-key.ts";
import { EMPTY_TREE } from "./tree.ts";
import { writeLayer } from "./write-layer.ts";

/** Carries out COPY or ADD: a layer straight from the sources, without a container. */
export async function copyStep(stage: StepContext, copy: Copy): Promise<StepResult> {
  refuseUnsupported(copy);
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
  const { key, sources, isByContent } = gathered;
  return await stage.cached(
    keyOf(key),
    () => makeLayer(stage, copy, destination, gathered),
    // of an image only what is copied counts: what else is in it may change
    isByContent ? undefined : async () => keyOf({ copied: await describeSources(sources, copy.exclude) }),
  );
}

interface Gathered extends Disposable {
  readonly sources: readonly CopySource[];
  readonly key: KeyInput;
  /** Whether the key is of nothing but the content that is copied. */
  readonly isByContent: boolean;
  /** Whether archives among the sources are unpacked. */
  readonly unpack: boolean;
}

async function gather(stage: StepContext, copy: Copy, destination: string): Promise<Gathered> {
  if (copy.from !== undefined) return gatherFrom(stage, copy, copy.from);
  const { tree: context, where, explainMissing } = contextFiles(stage);
  const isRemote = (source: string) => copy.kind === "ADD" && isUrl(source);
  const paths = copy.sources.filter((source) => !isRemote(source));
  const options = {
    where,
    parents: copy.parents,
    ...(explainMissing === undefined ? {} : { explainMissing }),
  };
  const local = paths.length === 0 ? [] : findSources(context, paths, options);
  const made = new Map<string, MadeFile>();
  using downloads = new DisposableStack();
  for (const url of copy.sources.filter(isRemote)) {
    const fetched = await fetchSource(stage, copy, url);
    downloads.use(fetched);
    made.set(nameOf(fetched, url, destination), downloadedFile(fetched, stage.draft.date));
  }
  for (const { name, content } of copy.files) made.set(name, inlineFile(content, stage.draft.date));
  const tree = new MadeTree(made);
  const owned = downloads.move();
  return {
    sources: [...local, ...[...made.keys()].map((name) => ({ tree, path: name, name, parents: "" }))],
    key: {
      local: await describeSources(local, copy.exclude),
      made: [...made].map(([name, { digest, mode }]) => [name, digest, mode]),
    },
    isByContent: true,
    unpack: copy.kind === "ADD" && (copy.unpack ?? paths.length > 0),
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}

async function gatherFrom(stage: StepContext, copy: Copy, from: string): Promise<Gathered> {
  const { tree, image, where, explainMissing } = await openFrom(stage, from);
  const sources = findSources(tree, copy.sources, {
    ...{ where, parents: copy.parents },
    ...(explainMissing === undefined ? {} : { explainMissing }),
  });
  return {
    sources,
    key:
      image === undefined
        ? { local: await describeSources(sources, copy.exclude) }
        : { image: image.contentId, sources: copy.sources },
    isByContent: image === undefined,
    unpack: false,
    [Symbol.dispose]: () => undefined,
  };
}

function fetchSource({ build }: StepContext, { checksum }: Copy, url: string): Promise<Download> {
  const { store, signal } = build.tools;
  return download(url, {
    temporary: store.paths.staging,
    ...(checksum === undefined ? {} : { checksum }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function nameOf({ name }: Download, url: string, destination: string): string {
  if (name !== "") return name;
  if (!destination.endsWith("/")) return "index";
  throw new StepProblem(
    `${url} ends without a file name, and the destination is a directory`,
    "name the file in the destination",
  );
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
  { sources, unpack }: Gathered,
): Promise<StepResult> {
  const { build, draft } = stage;
  const { store } = build.tools;
  const tree = copy.link ? EMPTY_TREE : await build.tree(draft);
  const date = newest(sources, copy.exclude, draft.date);
  const layer = new LayerDraft(tree, { mtime: date });
  const options: CopyOptions = {
    destination,
    exclude: copy.exclude,
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

function refuseUnsupported({ kind, keepGitDir, sources }: Copy): void {
  const git = sources.find(
    (source) => kind === "ADD" && /^(?:git@|git:\/\/|ssh:\/\/|https?:\/\/.*\.git(?:#|$))/.test(source),
  );
  if (git !== undefined || keepGitDir)
    throw new StepProblem(
      `ADD of a git repository is not supported yet${git === undefined ? "" : `: ${git}`}`,
      "clone it beside the Containerfile and COPY it",
    );
}

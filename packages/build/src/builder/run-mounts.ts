import { describeSources } from "./describe-sources.ts";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StepSecret, StepTree } from "@wherry/core/container";
import type { SpecMount } from "@wherry/core/spec";
import type { LayerWorker } from "@wherry/core/store";
import type { Run, RunMount } from "../containerfile/index.ts";
import { findSources, type CopySource } from "./copy-source.ts";
import { copyOut } from "./copy-out.ts";
import { StepProblem } from "./errors.ts";
import { contextFiles, openFrom, type FromFiles } from "./from-files.ts";
import { absoluteIn } from "./image-config.ts";
import { openCache } from "./cache-mount.ts";
import { openAgentSocket } from "./ssh-socket.ts";
import type { StepContext } from "./step-context.ts";
import type { KeyInput } from "./step-key.ts";
import { unpackLayers } from "./unpacked.ts";

type Mount<Type extends RunMount["type"]> = Extract<RunMount, { type: Type }>;

/** The mounts of a RUN: known, but not made. */
export interface FoundMounts {
  readonly key: readonly KeyInput[];
  readonly found: readonly FoundMount[];
}

type FoundMount =
  | { readonly mount: Mount<"bind">; readonly files: FromFiles; readonly source: CopySource }
  | { readonly mount: Mount<"cache">; readonly files: FromFiles | undefined }
  | { readonly mount: Mount<"secret" | "ssh" | "tmpfs"> };

/** Mounts that a command can be given; disposed of when it has ended. */
export interface OpenedMounts extends AsyncDisposable {
  readonly mounts: readonly SpecMount[];
  readonly trees: readonly StepTree[];
  readonly secrets: readonly StepSecret[];
  /** NAME=value, for secrets that are variables and for SSH_AUTH_SOCK. */
  readonly env: readonly string[];
}

/**
 * Looks up what the mounts of a RUN show, and gives what of it goes into the key of the step: content of bound files;
 * nothing of secrets and agents but their ids, nothing of caches but their places.
 *
 * @throws {StepProblem}
 */
export async function findMounts(stage: StepContext, { mounts }: Run): Promise<FoundMounts> {
  const found: FoundMount[] = [];
  const key: KeyInput[] = [];
  for (const mount of mounts) {
    if (mount.type === "bind") {
      const files = mount.from === undefined ? contextFiles(stage) : await openFrom(stage, mount.from);
      const source = await sourceOf(files, mount.source);
      found.push({ mount, files, source });
      const { type, target, readOnly } = mount;
      const { image } = files;
      const content =
        image === undefined ? await describeSources([source], []) : [image.contentId, source.path];
      key.push({ type, target, readOnly, content });
    } else if (mount.type === "cache") {
      found.push({ mount, files: mount.from === undefined ? undefined : await openFrom(stage, mount.from) });
      key.push({ type: mount.type, target: mount.target, readOnly: mount.readOnly });
    } else {
      found.push({ mount });
      key.push({ ...mount });
    }
  }
  return { key, found };
}

/** One place of a context or an image; links in the path are followed, none leads out. */
async function sourceOf(files: FromFiles, path: string): Promise<CopySource> {
  const { tree, where, explainMissing } = files;
  const name = path.replace(/([*?[\\])/g, "\\$1"); // it is no pattern
  const [source] = findSources(await tree(), [name], {
    where,
    ...(explainMissing === undefined ? {} : { explainMissing }),
  });
  if (source === undefined) throw new StepProblem(`nothing at ${path} in ${where}`);
  return source;
}

/**
 * Makes the mounts: contexts are copied, caches opened, agents started.
 *
 * @param folder of the step, which is removed after it
 */
export async function openMounts(
  stage: StepContext,
  { found }: FoundMounts,
  { folder, worker }: { folder: string; worker: LayerWorker },
): Promise<OpenedMounts> {
  await using opened = new AsyncDisposableStack();
  const mounts: SpecMount[] = [];
  const trees: StepTree[] = [];
  const secrets: StepSecret[] = [];
  const env: string[] = [];
  const destinationOf = (target: string) => absoluteIn(stage.draft.config.WorkingDir, target);
  mkdirSync(join(folder, "mounts"), { mode: 0o700 });
  for (const [index, each] of inOrder(found).entries()) {
    const place = join(folder, "mounts", String(index));
    const { mount } = each;
    switch (mount.type) {
      case "bind": {
        const bound = await bind(stage, each as Extract<FoundMount, { source: CopySource }>, place, worker);
        const destination = destinationOf(mount.target);
        if ("layers" in bound) trees.push({ ...bound, destination, readOnly: mount.readOnly });
        else mounts.push({ type: "bind", ...bound, destination, readOnly: mount.readOnly });
        break;
      }
      case "cache": {
        const { files } = each as { files: FromFiles | undefined };
        const cache = opened.use(await openCache(stage, mount, { files, worker }));
        const destination = destinationOf(mount.target);
        mounts.push({ type: "bind", source: cache.path, destination, readOnly: mount.readOnly });
        break;
      }
      case "tmpfs":
        mounts.push({
          type: "tmpfs",
          destination: destinationOf(mount.target),
          options: tmpfsOptions(mount),
        });
        break;
      case "secret": {
        const content = secretOf(stage, mount);
        if (content === undefined) break;
        if (mount.env !== undefined) env.push(`${mount.env}=${asVariable(mount, content)}`);
        if (mount.target !== undefined)
          secrets.push({ ...mount, content, destination: destinationOf(mount.target) });
        break;
      }
      case "ssh": {
        const agent = await openAgentSocket(stage, mount, { folder: place, worker });
        if (agent === undefined) break;
        opened.use(agent);
        const destination = destinationOf(mount.target ?? `/run/buildkit/ssh_agent.${index}`);
        mounts.push({ type: "bind", source: agent.path, destination });
        if (!env.some((entry) => entry.startsWith("SSH_AUTH_SOCK=")))
          env.push(`SSH_AUTH_SOCK=${destination}`);
      }
    }
  }
  const held = opened.move();
  return { mounts, trees, secrets, env, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
}

/** Locked caches are always taken in one order: two steps that need the same two would wait for each other for ever. */
function inOrder(found: readonly FoundMount[]): FoundMount[] {
  const caches = found.filter(({ mount }) => mount.type === "cache");
  const name = ({ mount }: FoundMount) => (mount.type === "cache" ? (mount.id ?? mount.target) : "");
  return [
    ...found.filter(({ mount }) => mount.type !== "cache"),
    ...caches.sort((a, b) => (name(a) < name(b) ? -1 : 1)),
  ];
}

/** Layers of a stage or image are seen by an overlay of their own; files of a context by a copy. */
async function bind(
  { build }: StepContext,
  { files, source }: { files: FromFiles; source: CopySource },
  place: string,
  worker: LayerWorker,
): Promise<{ source: string } | Pick<StepTree, "layers" | "path" | "isFile">> {
  const { image } = files;
  const tree = await files.tree();
  if (image === undefined) {
    copyOut(tree, source.path, place);
    return { source: place };
  }
  const layers = await unpackLayers(image, build, worker);
  return { layers, path: source.path, isFile: tree.node(source.path)?.type !== "directory" };
}

function tmpfsOptions({ size, mode }: Mount<"tmpfs">): string[] {
  return [
    "notmpcopyup",
    ...(size === undefined ? [] : [`size=${size}`]),
    ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
  ];
}

function secretOf({ build }: StepContext, { id, required }: Mount<"secret">): Uint8Array | undefined {
  const read = build.request.secrets?.get(id);
  if (read === undefined && required)
    throw new StepProblem(
      `secret ${JSON.stringify(id)} is required, but was not given`,
      `add --secret id=${id},src=FILE`,
    );
  return read?.();
}

/** A variable holds no NUL; the end of a line, with which most files end, is its own. */
function asVariable({ id, env }: Mount<"secret">, content: Uint8Array): string {
  const text = Buffer.from(content).toString("utf8");
  if (text.includes("\0"))
    throw new StepProblem(
      `secret ${JSON.stringify(id)} cannot be the variable ${env ?? ""}: it has a NUL byte`,
    );
  return text;
}

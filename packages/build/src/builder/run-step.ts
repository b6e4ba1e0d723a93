import { chmodSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Step, StepTree } from "@wherry/core/container";
import type { LayerTimes, WrittenTar } from "@wherry/core/layer";
import { formatPlatform } from "@wherry/core/oci";
import type { NetworkMode } from "@wherry/core/network";
import type { SpecMount } from "@wherry/core/spec";
import { removeTree, type LayerWorker } from "@wherry/core/store";
import type { Build } from "./build.ts";
import type { Run } from "../containerfile/index.ts";
import { RunFailedError, StepProblem } from "./errors.ts";
import { absoluteIn, argvOf } from "./image-config.ts";
import { plainLayer, type BuiltLayer, type ImageDraft } from "./image-draft.ts";
import type { BuildDate } from "./request.ts";
import { findMounts, openMounts } from "./run-mounts.ts";
import { PROXY_ARGS } from "./scope.ts";
import { stagingName } from "./spool.ts";
import type { StepResult } from "./step-cache.ts";
import type { StepContext } from "./step-context.ts";
import { stepKey } from "./step-key.ts";
import { resolvePath } from "./tree.ts";
import { unpackLayers } from "./unpacked.ts";

/** Where a script that is written in the Containerfile is seen by RUN: on a file system that is never part of a layer. */
const SCRIPT_FOLDER = "/dev/pipes";

/** Carries out RUN: a container over the layers so far; what it changes becomes the next layer. */
export async function runStep(stage: StepContext, run: Run): Promise<StepResult> {
  const { build, draft } = stage;
  const { args, script } = argumentsOf(stage, run);
  const { network, networkName } = networkOf(run);
  const env = draft.config.Env ?? [];
  const declared = declaredArgs(stage);
  const mounts = await findMounts(stage, run);
  const discarded =
    build.request.discardsVolumes === true ? Object.keys(draft.config.Volumes ?? {}).sort() : [];
  const key = stepKey({
    op: "RUN",
    platform: formatPlatform(draft.platform),
    parent: draft.contentId,
    args,
    script: script?.content,
    env,
    buildArgs: declared,
    user: draft.config.User,
    workingDir: draft.config.WorkingDir,
    network: networkName,
    settings: settingsKey(build.request.runSettings),
    mounts: mounts.key.length === 0 ? undefined : mounts.key,
    discarded: discarded.length === 0 ? undefined : discarded,
    timestamp: build.timeKey,
  });
  return stage.cached(key, async () => {
    await using folder = new StepFolder(
      build.tools.store.paths.staging,
      await build.tools.worker(),
      draft.date,
    );
    const scripts = script === undefined ? [] : [folder.script(script)];
    await using opened = await openMounts(stage, mounts, { folder: folder.path, worker: folder.worker });
    const layer = await runOver(stage, run, folder, {
      args,
      env: [...proxiesOf(stage), ...declared.filter((entry) => !isSet(env, entry)), ...env, ...opened.env],
      mounts: [...scripts, ...opened.mounts],
      ...(opened.trees.length === 0 ? {} : { trees: opened.trees }),
      ...(discarded.length === 0 ? {} : { discarded }),
      ...(opened.secrets.length === 0 ? {} : { secrets: opened.secrets }),
      ...(network === undefined ? {} : { network }),
    });
    return { date: draft.date, ...(layer === undefined ? {} : { layer }) };
  });
}

interface Container extends Pick<Step, "args" | "env" | "mounts" | "trees" | "secrets" | "network"> {
  /** Folders of volumes: what is written there is lost. */
  readonly discarded?: readonly string[];
}

async function runOver(
  { build, draft, output }: StepContext,
  run: Run,
  folder: StepFolder,
  { discarded = [], ...container }: Container,
): Promise<BuiltLayer | undefined> {
  const { signal, runCommand } = build.tools;
  const { User, WorkingDir } = draft.config;
  const { worker } = folder;
  const layers = await unpackLayers(draft, build, worker);
  const volumes = await coverVolumes(build, draft, discarded, layers);
  const step = {
    ...container,
    mounts: [...volumes.mounts, ...(container.mounts ?? [])],
    trees: [...volumes.trees, ...(container.trees ?? [])],
    layers,
    upper: folder.upper,
    work: folder.work,
    ...(WorkingDir === undefined ? {} : { workingDir: WorkingDir }),
    ...(User === undefined || User === "" ? {} : { user: User }),
    ...(signal === undefined ? {} : { signal }),
  };
  const { status, lastLines } = await runCommand(step, output);
  signal?.throwIfAborted();
  if (status !== 0) await build.tools.onFail?.(step);
  if (status !== 0) throw new RunFailedError(build.request.containerfile.file, run, status, lastLines);
  return await keepChanges(build, draft, folder);
}

/** What is seen at volumes whose changes are lost: what the image has there, or an empty folder. */
async function coverVolumes(
  build: Build,
  draft: ImageDraft,
  volumes: readonly string[],
  layers: readonly string[],
): Promise<{ mounts: SpecMount[]; trees: StepTree[] }> {
  const covered: { mounts: SpecMount[]; trees: StepTree[] } = { mounts: [], trees: [] };
  if (volumes.length === 0) return covered;
  const tree = await build.tree(draft);
  for (const volume of volumes) {
    const destination = absoluteIn(undefined, volume);
    const path = resolvePath(tree, destination);
    const isThere = tree.node(path)?.type === "directory";
    if (isThere) covered.trees.push({ layers, path, isFile: false, destination, readOnly: false });
    else covered.mounts.push({ type: "tmpfs", destination, options: ["mode=755"] });
  }
  return covered;
}

/** Makes a layer of the upper directory: its tar into the blobs, the directory itself among the unpacked layers. */
async function keepChanges(
  build: Build,
  draft: ImageDraft,
  { upper, worker }: StepFolder,
): Promise<BuiltLayer | undefined> {
  const { store } = build.tools;
  using staged = store.blobs.stage();
  const { diffId, size, entries } = await worker.call<WrittenTar>("diffLayer", {
    upper,
    output: staged.path,
    times: runTimes(draft.date, build.request.date),
  });
  if (entries === 0) return undefined;
  await staged.publish(diffId);
  await store.layers.adopt(diffId, upper, worker, { size, entries });
  return plainLayer(diffId, size);
}

/**
 * What a command writes gets the newest time of what went in, not the clock's, so that it gives the same layer on another day;
 * or the time that was asked for.
 *
 * @param newest of all that went into the image so far, in seconds
 */
export function runTimes(newest: number, date: BuildDate | undefined): LayerTimes {
  if (date === undefined || date.files === "keep") return { after: newest, become: newest };
  if (date.files === "force") return { become: date.seconds };
  return { after: Math.min(newest, date.seconds), become: date.seconds };
}

/** Folder of one RUN, removed whatever happens; a later build removes it if this process is killed. */
class StepFolder implements AsyncDisposable {
  readonly upper: string;
  readonly work: string;
  readonly worker: LayerWorker;
  readonly path: string;

  /** @param time of the container's root directory, in seconds */
  constructor(staging: string, worker: LayerWorker, time: number) {
    this.path = stagingName(staging, "layer");
    this.worker = worker;
    this.upper = join(this.path, "upper");
    this.work = join(this.path, "work");
    mkdirSync(this.upper, { recursive: true, mode: 0o755 });
    chmodSync(this.upper, 0o755); // it is the root directory of the container, whatever the umask is
    utimesSync(this.upper, time, time);
    mkdirSync(this.work, { mode: 0o700 });
  }

  /** Writes a script and gives the mount by which the command sees it. */
  script({ name, content }: Script): SpecMount {
    const source = join(this.path, "script");
    writeFileSync(source, content);
    chmodSync(source, 0o755);
    return { type: "bind", source, destination: `${SCRIPT_FOLDER}/${name}`, readOnly: true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.path, this.worker);
  }
}

interface Script {
  readonly name: string;
  readonly content: string;
}

/** Nothing where nothing was asked for, so that keys stay as they were. */
function settingsKey(settings: object | undefined): string | undefined {
  return settings === undefined || Object.keys(settings).length === 0 ? undefined : JSON.stringify(settings);
}

/** What is run: heredocs are the shell's text, or a script when they begin with `#!`. */
function argumentsOf(
  { draft }: StepContext,
  { command, heredocs }: Run,
): { args: readonly string[]; script?: Script } {
  if (command.form === "exec" || heredocs.length === 0) {
    const args = argvOf(command, draft.config);
    if (args.length === 0) throw new StepProblem("RUN has no command");
    return { args };
  }
  const [first] = heredocs;
  const body = ({ content, stripTabs }: (typeof heredocs)[number]) =>
    stripTabs ? content.replace(/^\t+/gm, "") : content;
  const isOnly = first !== undefined && /^\d*<<-?\S+$/.test(command.text);
  if (isOnly && body(first).startsWith("#!"))
    return { args: [`${SCRIPT_FOLDER}/${first.name}`], script: { name: first.name, content: body(first) } };
  const text = isOnly
    ? body(first)
    : command.text + heredocs.map(({ name, content }) => `\n${content}${name}`).join("");
  return { args: argvOf({ form: "shell", text }, draft.config) };
}

function networkOf({ flags }: Run): { network?: NetworkMode; networkName: string } {
  for (const { name, value } of flags) {
    if (name === "device") throw new StepProblem(`RUN --${name}=${value ?? ""} is not supported yet`);
    if (name === "security" && value !== "sandbox")
      throw new StepProblem(
        `RUN --security=${value ?? ""} is not supported`,
        "only sandbox is, which is the default",
      );
  }
  const name = flags.find((flag) => flag.name === "network")?.value ?? "default";
  if (name === "none" || name === "host") return { network: { kind: name }, networkName: name };
  if (name !== "default") throw new StepProblem(`unknown network ${name}: it is default, none or host`);
  return { networkName: name };
}

/** NAME=value of the ARGs declared so far, sorted; proxies do not count unless they are declared too. */
function declaredArgs({ scope }: StepContext): string[] {
  return [...scope.declared()]
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .sort();
}

/** Proxies reach the command without a declaration, and leave no trace. */
function proxiesOf({ build, scope }: StepContext): string[] {
  return PROXY_ARGS.flatMap((name) => {
    const value = build.args.outer.given.get(name) ?? build.tools.proxies?.get(name);
    return value === undefined || scope.declared().has(name) ? [] : [`${name}=${value}`];
  });
}

function isSet(env: readonly string[], entry: string): boolean {
  const prefix = entry.slice(0, entry.indexOf("=") + 1);
  return env.some((other) => other.startsWith(prefix));
}

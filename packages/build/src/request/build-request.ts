import type { Engine } from "@wherry/core/engine";
import { readStandardInput } from "@wherry/core/io";
import { formatPlatform, hostPlatform, parsePlatform, type Platform } from "@wherry/core/oci";
import { EPOCH_ARG, openContext, type BuildRequest, type ContextOptions } from "../builder/index.ts";
import { parseContainerfile, type Containerfile } from "../containerfile/index.ts";
import { namedContexts, secretValues, sshSources } from "../build-inputs.ts";
import { graphOptions, usesLayers } from "../graph-flags.ts";
import type { LocalContext } from "../remote-context.ts";
import { platformOf } from "../pull-flags.ts";
import { keyedDefaults, runDefaults } from "../run-flags.ts";
import { buildArgs } from "./build-args.ts";
import { dateOf, isDateOfContext } from "./build-date.ts";
import type { BuildFlags } from "./build-flags.ts";

/**
 * What the flags ask to be built out of a context.
 *
 * @throws {UsageError | BuildRequestError | ContainerfileError}
 */
export async function buildRequest(
  { host, locations }: Pick<Engine, "host" | "locations">,
  flags: BuildFlags,
  place: LocalContext & Partial<Pick<ContextOptions, "listsBackwards">>,
): Promise<BuildRequest> {
  const { env } = host;
  const { tree, content, file, path, explainMissing } = openContext(place.folder, {
    ...(place.containerfile !== undefined
      ? { file: "-" }
      : flags.file === undefined
        ? {}
        : { file: flags.file }),
    ...(flags.ignorefile === undefined ? {} : { ignoreFile: flags.ignorefile }),
    cacheDir: locations.cacheDir,
    isConfined: place.isFetched,
    listsBackwards: place.listsBackwards ?? false,
    stdin: () => place.containerfile ?? readStandardInput().toString(),
  });
  const containerfile = parseContainerfile(content, file);
  const args = buildArgs({ files: flags["build-arg-file"] ?? [], args: flags["build-arg"] ?? [] }, env);
  const epochs = [args.get(EPOCH_ARG), env[EPOCH_ARG], defaultOf(containerfile, EPOCH_ARG)];
  const isOfCommit = isDateOfContext(flags, epochs);
  const commitTime = isOfCommit ? await place.commitTime() : undefined;
  if (isOfCommit) args.set(EPOCH_ARG, commitTime?.toString() ?? ""); // stages see the time, not the word
  const date = dateOf(flags, epochs, commitTime);
  return {
    containerfile: withFrom(containerfile, flags.from),
    context: tree,
    explainMissing,
    platform: platformsOf(flags)[0] ?? hostPlatform(),
    // what a command read is no input of a key: results are kept apart, and never used again
    runSettings: { ...keyedDefaults(runDefaults(flags, env)), ...(flags.stdin ? { stdin: true } : {}) },
    ...graphOptions(flags),
    ...(usesLayers(flags, env) && !flags.stdin ? {} : { noCache: true }),
    ...(path === undefined ? {} : { home: path }),
    buildArgs: args,
    labels: (flags.label ?? []).map(labelOf),
    buildsUnused: (flags as Readonly<Record<string, unknown>>)["skip-unused-stages"] === false,
    discardsVolumes: flags["compat-volumes"],
    inheritsLabels: (flags as Readonly<Record<string, unknown>>)["inherit-labels"] !== false,
    inheritsAnnotations: (flags as Readonly<Record<string, unknown>>)["inherit-annotations"] !== false,
    contexts: namedContexts(flags["build-context"] ?? [], place.fetch),
    secrets: secretValues(flags.secret ?? [], env),
    ssh: sshSources(flags.ssh ?? [], env),
    ...(flags.tag?.[0] === undefined ? {} : { title: flags.tag[0] }),
    ...(flags.target === undefined ? {} : { target: flags.target }),
    ...(date === undefined ? {} : { date }),
  };
}

/** `--platform OS/ARCH,OS/ARCH…`, or `--os`, `--arch` and `--variant`; this machine's when nothing is asked for. */
export function platformsOf(flags: Pick<BuildFlags, "platform" | "os" | "arch" | "variant">): Platform[] {
  if (flags.platform === undefined) return [platformOf(flags) ?? hostPlatform()];
  const platforms = flags.platform.split(",").map(parsePlatform);
  return platforms.filter(
    (platform, index) =>
      platforms.findIndex((other) => formatPlatform(other) === formatPlatform(platform)) === index,
  );
}

/** Whether any of its stages runs something. */
export function hasCommands({ stages }: Containerfile): boolean {
  return stages.some(({ instructions }) => instructions.some(({ kind }) => kind === "RUN"));
}

/** The default of an ARG before the first FROM. */
function defaultOf({ globalArgs }: Containerfile, name: string): string | undefined {
  return globalArgs.flatMap(({ args }) => args).findLast((arg) => arg.name === name)?.default;
}

/** `--from`: the base of the first stage. */
function withFrom(file: Containerfile, image: string | undefined): Containerfile {
  const [first, ...others] = file.stages;
  if (image === undefined || first === undefined) return file;
  return { ...file, stages: [{ ...first, from: { ...first.from, image } }, ...others] };
}

function labelOf(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

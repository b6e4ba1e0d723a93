import { readFileSync } from "node:fs";
import type { Engine } from "@wherry/core/engine";
import { formatPlatform, hostPlatform, parsePlatform, type Platform } from "@wherry/core/oci";
import { openContext, type BuildRequest, type ContextOptions } from "../builder/index.ts";
import { parseContainerfile, type Containerfile } from "../containerfile/index.ts";
import { namedContexts, secretValues, sshSources } from "../build-inputs.ts";
import { graphOptions, usesLayers } from "../graph-flags.ts";
import type { LocalContext } from "../remote-context.ts";
import { runDefaults } from "../run-flags.ts";
import { buildArgs } from "./build-args.ts";
import { dateOf } from "./build-date.ts";
import type { BuildFlags } from "./build-flags.ts";

/**
 * What the flags ask to be built out of a context.
 *
 * @throws {UsageError | BuildRequestError | ContainerfileError}
 */
export function buildRequest(
  { host, locations }: Pick<Engine, "host" | "locations">,
  flags: BuildFlags,
  place: LocalContext & Partial<Pick<ContextOptions, "listsBackwards">>,
): BuildRequest {
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
    stdin: () => place.containerfile ?? readFileSync(0, "utf8"),
  });
  const date = dateOf(flags, env);
  return {
    containerfile: withFrom(parseContainerfile(content, file), flags.from),
    context: tree,
    explainMissing,
    platform: platformsOf(flags.platform)[0] ?? hostPlatform(),
    runSettings: runDefaults(flags, env),
    ...graphOptions(flags),
    ...(usesLayers(flags, env) ? {} : { noCache: true }),
    ...(path === undefined ? {} : { home: path }),
    buildArgs: buildArgs({ files: flags["build-arg-file"] ?? [], args: flags["build-arg"] ?? [] }, env),
    labels: (flags.label ?? []).map(labelOf),
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

/** `OS/ARCH,OS/ARCH…`; this machine's when nothing is asked for. */
export function platformsOf(text: string | undefined): Platform[] {
  if (text === undefined) return [hostPlatform()];
  const platforms = text.split(",").map(parsePlatform);
  return platforms.filter(
    (platform, index) =>
      platforms.findIndex((other) => formatPlatform(other) === formatPlatform(platform)) === index,
  );
}

/** Whether any of its stages runs something. */
export function hasCommands({ stages }: Containerfile): boolean {
  return stages.some(({ instructions }) => instructions.some(({ kind }) => kind === "RUN"));
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

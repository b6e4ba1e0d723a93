import { string } from "@oclif/core/flags";
import {
  registryFlags,
  registryOptions,
  showCopy,
  withBareValue,
  type Invocation,
  retryFlags,
  triesAmong,
} from "@wherry/core/cli";
import {
  ensureResolved,
  pullImage,
  type Engine,
  type PullOptions,
  type PullPolicy,
} from "@wherry/core/engine";
import { parsePlatform, platformWith, type Platform } from "@wherry/core/oci";
import type { FoundImage } from "@wherry/core/store";

/** How an image is fetched, in buildah's flags. */
export const pullFlags = {
  ...registryFlags,
  arch: string({ helpValue: "ARCH", description: "Architecture of the image, when not this machine's" }),
  os: string({ helpValue: "OS", description: "Operating system of the image" }),
  platform: string({ helpValue: "OS/ARCH[/VARIANT]", description: "Platform of the image" }),
  pull: withBareValue(
    string({
      options: ["always", "missing", "ifmissing", "never", "newer", "ifnewer", "true", "false"],
      description: "When to pull the image: always, missing (default), never or newer",
    }),
    "always",
  ),
  ...retryFlags,
  variant: string({ helpValue: "VARIANT", description: "Variant of the architecture" }),
};

type Flags = Readonly<Record<string, unknown>>;

/** When to pull, by `--pull` or `--policy`. */
export function pullPolicy(text: unknown): PullPolicy {
  if (text === "always" || text === "true") return "always";
  if (text === "never") return "never";
  return text === "newer" || text === "ifnewer" ? "newer" : "missing";
}

/** The image of that name as `ensureResolved` gives it; one at a `transport:location` is always read anew. */
export async function obtainImage(
  engine: Engine,
  name: string,
  policy: PullPolicy,
  options: PullOptions,
): Promise<FoundImage> {
  const { placeNamed } = await import("@wherry/core/transport");
  const place = placeNamed(name);
  if (place?.transport === "docker")
    return ensureResolved(engine, name.slice("docker://".length), policy, options);
  if (place?.transport === "containers-storage" && place.podmanRoot === undefined)
    return ensureResolved(engine, place.image, "never", options);
  return place === undefined
    ? ensureResolved(engine, name, policy, options)
    : { image: await pullImage(engine, name, options) };
}

/** How to pull as the flags say; progress is shown until it is disposed. */
export function pullOptions(invocation: Invocation, flags: Flags): PullOptions & Disposable {
  const quiet = flags["quiet"] === true;
  const platform = platformOf(flags);
  const progress = showCopy(invocation, quiet);
  return {
    ...(platform === undefined ? {} : { platform }),
    registry: registryOptions(flags),
    ...triesAmong(flags),
    onEvent: progress.onEvent,
    onTry: (place) => {
      if (!quiet) invocation.err(`Trying to pull ${place.replace(/^docker:\/\//, "")}...\n`);
    },
    [Symbol.dispose]: () => progress[Symbol.dispose](),
  };
}

/** `--platform`, or `--os`, `--arch` and `--variant` over this machine's. */
export function platformOf({ platform, os, arch, variant }: Flags): Platform | undefined {
  if (typeof platform === "string" && platform !== "" && platform !== "local") return parsePlatform(platform);
  if ([os, arch, variant].every((part) => part === undefined)) return undefined;
  return platformWith({ os: textOf(os), arch: textOf(arch), variant: textOf(variant) });
}

function textOf(flag: unknown): string | undefined {
  return typeof flag === "string" ? flag : undefined;
}

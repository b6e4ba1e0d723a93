import { showCopy, registryOptions, type CopyProgress, type Invocation, triesAmong } from "@wherry/core/cli";
import type { Step } from "@wherry/core/container";
import { ensureResolved, type Engine, type PullPolicy } from "@wherry/core/engine";
import { formatPlatform, type Platform } from "@wherry/core/oci";
import type { FoundImage } from "@wherry/core/store";
import { PROXY_ARGS, type BuildTools, type Progress } from "../builder/index.ts";
import { confinedImage } from "../confined-image.ts";
import { openShell } from "../open-shell.ts";
import { runCommand } from "../run-command.ts";
import { runDefaults } from "../run-flags.ts";
import { withRunDefaults } from "../working/run-defaults.ts";
import type { BuildFlags } from "./build-flags.ts";

/** What a user works with: the engine, and where the flags say that things go. */
export interface BuildSetting {
  readonly engine: Engine;
  readonly invocation: Invocation;
  readonly progress: Progress;
  /** Told of the copying of base images. */
  readonly onCopy?: CopyProgress["onEvent"];
  /** Folder of the context: names of images that are paths lead to nothing else. */
  readonly folder: string;
  /** Whether a step runs a command; default true. Where none does, layers of bases are not unpacked, which takes a user namespace. */
  readonly hasRun?: boolean;
}

/** What a build works with, as the flags say. */
export function buildTools(setting: BuildSetting, flags: BuildFlags): BuildTools {
  const { engine, invocation, progress } = setting;
  const { env } = engine.host;
  const pulled = new Map<string, Promise<FoundImage>>();
  return {
    store: engine.store,
    cacheDir: engine.locations.cacheDir,
    progress,
    openImage: (name, platform) => {
      const key = `${formatPlatform(platform)} ${name}`;
      const image = pulled.get(key) ?? pullBase(setting, flags, name, platform);
      pulled.set(key, image);
      return image;
    },
    runCommand: (step, output) =>
      runCommand(
        engine,
        withRunDefaults(step, runDefaults(flags, env), process.cwd()),
        output,
        flags.stdin ? "inherit" : "ignore",
      ),
    ...(flags["on-fail"] === "shell" ? { onFail: (step: Step) => openShell(engine, step, invocation) } : {}),
    worker: () => engine.worker(),
    env,
    proxies: hasProxies(flags)
      ? new Map(PROXY_ARGS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])))
      : new Map(),
    signal: invocation.signal,
  };
}

/** The image of a FROM or --from: from the store, or pulled. */
async function pullBase(
  { engine, invocation, folder, onCopy, hasRun = true }: BuildSetting,
  flags: BuildFlags,
  written: string,
  platform: Platform,
): Promise<FoundImage> {
  // the image of --from is the caller's own word
  const name = written === flags.from ? written : confinedImage(written, folder);
  using copying = showCopy(invocation, flags.quiet);
  const { placeNamed } = await import("@wherry/core/transport");
  const isPlace = placeNamed(name) !== undefined;
  const policy = flags["dry-run"] ? "never" : isPlace ? "always" : pullPolicy(flags);
  return await ensureResolved(engine, name, policy, {
    registry: registryOptions(flags),
    ...triesAmong(flags),
    platform,
    unpack: hasRun,
    onEvent: (event) => {
      onCopy?.(event);
      copying.onEvent(event);
    },
    onTry: (place) => {
      if (!flags.quiet) invocation.err(`Trying to pull ${place.replace(/^docker:\/\//, "")}...\n`);
    },
  });
}

function hasProxies(flags: Readonly<Record<string, unknown>>): boolean {
  return flags["http-proxy"] !== false;
}

function pullPolicy(flags: BuildFlags): PullPolicy {
  if (flags["pull-always"]) return "always";
  if (flags["pull-never"]) return "never";
  const { pull: text } = flags;
  if (text === "true") return "always";
  if (text === "false" || text === undefined) return "missing";
  return text as PullPolicy;
}

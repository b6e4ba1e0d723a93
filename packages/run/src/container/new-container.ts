import { existsSync, rmSync } from "node:fs";
import {
  registryOptions,
  showCopy,
  triesAmong,
  UsageError,
  type Invocation,
  type Phases,
} from "@wherry/core/cli";
import { createContainer, getContainer, removeContainer, type Container } from "@wherry/core/container";
import { containerHost, ensureResolved, type Engine, type PullPolicy } from "@wherry/core/engine";
import { writeOutput } from "@wherry/core/io";
import { ContainerNotFoundError, type StoredImage } from "@wherry/core/store";
import { parseRootFolder } from "./root-folder.ts";
import { platformOption } from "../image/platform-flags.ts";
import { withConfDefaults } from "./conf-defaults.ts";
import { withoutIdlePorts } from "./idle-ports.ts";
import { confLogWarning } from "./log-options.ts";
import { createOptions, type CreationFlags } from "./create-options.ts";
import { checkHealthLog } from "./health-options.ts";

/**
 * What `run` and `create` do first: the image, pulled where that is wanted, and a container of it.
 *
 * @param words image, command and arguments
 * @param phases takes the times of what is done
 */
export async function newContainer(
  engine: Engine,
  invocation: Invocation,
  flags: CreationFlags,
  [image = "", ...command]: readonly string[],
  phases?: Phases,
): Promise<Container> {
  const { cidfile, name } = flags;
  const platform = platformOption(flags);
  const context = { env: engine.host.env, folder: process.cwd(), commandLine: commandLineOf(invocation) };
  const warn = (message: string) => engine.onNotice?.(message);
  const asked = withoutIdlePorts(createOptions(flags, command, context), warn);
  const options = withConfDefaults(asked, engine.conf.containers, context.folder);
  checkHealthLog(engine, flags);
  if (cidfile !== undefined && existsSync(cidfile))
    throw new UsageError(
      `container ID file ${cidfile} exists: make sure that no other container uses it, or delete it`,
    );
  const host = containerHost(engine, (message) => {
    if (!flags.quiet) invocation.err(`${message}\n`);
  });
  const warning = flags["log-driver"] === undefined ? confLogWarning(engine.conf.containers) : undefined;
  if (warning !== undefined) warn(warning);
  if (flags.replace && name !== undefined) await removeNamed(engine, name);
  using progress = showCopy(invocation, flags.quiet);
  const ensure = (wanted: string) =>
    ensureResolved(engine, wanted, policyOf(flags.pull), {
      ...platform,
      registry: registryOptions(flags),
      ...triesAmong(flags),
      onEvent: phases?.ofCopy(progress.onEvent) ?? progress.onEvent,
      onTry: (place) => {
        if (!flags.quiet) invocation.err(`Trying to pull ${place.replace(/^docker:\/\//, "")}...\n`);
      },
    });
  const rootfs = flags.rootfs ? parseRootFolder(image, context.folder) : undefined;
  const found = rootfs === undefined ? await ensure(image) : undefined;
  const images = new Map<string, StoredImage>();
  for (const mount of options.volumes ?? [])
    if (mount.type === "image") images.set(mount.source, (await ensure(mount.source)).image);
  phases?.end("image");
  const container = await createContainer(host, found?.image, {
    ...options,
    images,
    ...(found?.fullName === undefined ? {} : { imageName: found.fullName }),
    ...(rootfs === undefined ? {} : { rootfs }),
  });
  phases?.end("create");
  if (cidfile !== undefined) writeOutput(cidfile, container.id);
  return container;
}

/** Removes the file that names a container which is gone. */
export function forgetId(cidfile: string | undefined): void {
  if (cidfile !== undefined) rmSync(cidfile, { force: true });
}

async function removeNamed(engine: Engine, name: string): Promise<void> {
  const host = containerHost(engine);
  try {
    await removeContainer(host, getContainer(host, name), { force: true, volumes: true });
  } catch (error) {
    if (!(error instanceof ContainerNotFoundError)) throw error;
  }
}

function policyOf(text: string): PullPolicy {
  return text === "always" || text === "never" || text === "newer" ? text : "missing";
}

function commandLineOf({ calledAs }: Invocation): string[] {
  return [calledAs, ...process.argv.slice(2)];
}

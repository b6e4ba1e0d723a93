import { boolean, string } from "@oclif/core/flags";
import { confirm, formatSize, StoreCommand, UsageError } from "@wherry/core/cli";
import { containerHost } from "@wherry/core/engine";
import { pruneBuildCache, pruneContainers, pruneImages, pruneVolumes, pruneWorking } from "../prune/prune.ts";
import { measureStore } from "../prune/measure-store.ts";

export default class SystemPrune extends StoreCommand {
  static override summary = "Remove unused data";
  static override description = `Removes containers that do not run, images without a name (with --all those that no container is made of), with
--volumes also volumes that no container mounts, with --build what builds have left and keep, and whatever killed
commands left: that alone with --external. Asks first, unless --force or --external is given.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --force",
    "<%= config.bin %> <%= command.id %> --all --volumes --force",
    "<%= config.bin %> <%= command.id %> --build --force",
  ];
  static override flags = {
    all: boolean({
      char: "a",
      description: "Remove all images that no container uses, not only those without a name",
    }),
    build: boolean({
      exclusive: ["filter"],
      description: "Remove the working containers of wherry-build and the build cache too",
    }),
    external: boolean({ description: "Remove only what killed commands have left in the store" }),
    filter: string({
      multiple: true,
      helpValue: "KEY=VALUE",
      description: "Remove only some: label, label!, until",
    }),
    force: boolean({ char: "f", description: "Do not ask" }),
    volumes: boolean({ description: "Remove unused volumes too" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(SystemPrune);
    if (flags.external && (flags.all || flags.build || flags.volumes || flags.filter !== undefined))
      throw new UsageError("--external cannot be combined with other options");
    if (!flags.force && !flags.external && !(await confirm(this.invocation, warningFor(flags)))) return;
    const host = containerHost(this.engine);
    const worker = {
      call: async <T>(task: string, input: object) => (await this.engine.worker()).call<T>(task, input),
    };
    const before = await measureStore(this.engine);
    const options = {
      filters: flags.filter ?? [],
      now: this.invocation.now(),
      onFailure: (error: unknown) => this.fail(error),
    };
    if (!flags.external) {
      const containers = await pruneContainers(host, options);
      if (flags.build) containers.push(...(await pruneWorking(this.engine, options)));
      this.#tell("Deleted Containers", containers);
      if (flags.volumes) this.#tell("Deleted Volumes", await pruneVolumes(host, options));
      this.#tell("Deleted Images", await pruneImages(this.engine, { ...options, all: flags.all }));
      if (flags.build) this.#tell("Deleted Build Cache", await pruneBuildCache(this.engine, worker));
    }
    if (options.filters.length === 0) await this.engine.store.repair({ worker });
    const after = await measureStore(this.engine);
    this.log(`Total reclaimed space: ${formatSize(Math.max(0, before.total - after.total), "")}`);
  }

  #tell(heading: string, removed: readonly string[]): void {
    if (removed.length === 0) return;
    this.log(heading);
    for (const id of removed) this.log(id);
  }
}

function warningFor({ all, build, volumes }: Readonly<Record<"all" | "build" | "volumes", boolean>>): string {
  return [
    "WARNING! This command removes:",
    "\t- all stopped containers",
    ...(volumes ? ["\t- all volumes not used by at least one container"] : []),
    all ? "\t- all images without at least one container associated with them" : "\t- all dangling images",
    ...(build ? ["\t- all working containers of wherry-build", "\t- all build cache"] : []),
    "\t- what commands that were killed have left",
    "",
  ].join("\n");
}

import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { containerLayers, asContainer, type Container } from "@wherry/core/container";
import { containerHost, getStored } from "@wherry/core/engine";
import { chooseContainer } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";
import { showChanges } from "../container/show-changes.ts";

export default class Diff extends StoreCommand {
  static override summary = "Display the changes to the object's file system";
  static override description = `A name is looked up among containers, then among images. A is added, C changed, D deleted, as against the
container's image or the image's other layers.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --format json app:1.0",
  ];
  static override args = { object: stringArg({ description: "container or image; not with --latest" }) };
  static override flags = {
    format: string({ options: ["json"], description: "Change the output format: json" }),
    latest: choiceFlags.latest,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Diff);
    const { store } = this.engine;
    if (flags.latest && args.object !== undefined)
      throw new UsageError("--latest and containers cannot be used together");
    if (!flags.latest && args.object === undefined)
      throw new UsageError(`"${this.commandPath}" requires a name, id, or the "--latest" flag`);
    const name = args.object ?? "";
    const container = flags.latest
      ? chooseContainer(containerHost(this.engine), undefined, true)
      : this.#find(name);
    if (container !== undefined) {
      if (container.config.rootfs?.isOverlay === false)
        throw new UsageError(
          `container ${container.name} has no image to compare with: it was made with --rootfs`,
        );
      const host = containerHost(this.engine);
      const layers = containerLayers(host, container);
      const upper = layers.pop() ?? "";
      this.print(await showChanges(this.engine, { upper, layers }, flags.format));
      return;
    }
    const image = await getStored(this.engine, name);
    const layers = image.diffIds.map((diffId) => store.layers.path(diffId));
    const upper = layers.pop();
    if (upper === undefined) return;
    await store.layers.ensure(
      store.images.readManifest(image),
      store.images.readConfig(image),
      await this.engine.worker(),
    );
    this.print(await showChanges(this.engine, { upper, layers }, flags.format));
  }

  #find(name: string): Container | undefined {
    const record = / image diff$/.test(this.commandPath)
      ? undefined
      : this.engine.store.containers.find(name);
    return record === undefined ? undefined : asContainer(record);
  }
}

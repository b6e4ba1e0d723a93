import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { containerPaths, asContainer } from "@wherry/core/container";
import { containerHost, getStored } from "@wherry/core/engine";
import { showChanges } from "../container/show-changes.ts";

export default class Diff extends StoreCommand {
  static override summary = "Display the changes to the object's file system";
  static override description = `A name is looked up among containers, then among images. A is added, C changed, D deleted, as against the
container's image or the image's other layers.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --format json app:1.0",
  ];
  static override args = { object: stringArg({ required: true, description: "container or image" }) };
  static override flags = {
    format: string({ options: ["json"], description: "Change the output format: json" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Diff);
    const { store } = this.engine;
    const record = / image diff$/.test(this.commandPath) ? undefined : store.containers.find(args.object);
    if (record !== undefined) {
      const { id, config } = asContainer(record);
      const { upper } = containerPaths(containerHost(this.engine), id);
      const layers = config.diffIds.map((diffId) => store.layers.path(diffId));
      this.print(await showChanges(this.engine, { upper, layers }, flags.format));
      return;
    }
    const image = await getStored(this.engine, args.object);
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
}

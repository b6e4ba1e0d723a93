import { string as stringArg } from "@oclif/core/args";
import { registryFlags, registryOptions, StoreCommand } from "@wherry/core/cli";
import { openPlace } from "@wherry/core/engine";
import { importCache } from "../../cache/import-cache.ts";
import { namedCache } from "../../request/cache-place.ts";

export default class CacheImport extends StoreCommand {
  static override summary = "Take over the results of steps that cache export or --cache-to has written";
  static override description = `Reads a cache and keeps its results as if the steps had been done here: from then on every build uses them. Only
import what you trust like an image that you build on.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> oci-archive:cache.tar",
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/team/app:build-cache",
  ];
  static override args = {
    place: stringArg({ required: true, description: "where it is, as transport:location" }),
  };
  static override flags = registryFlags;

  override async run(): Promise<void> {
    const { args, flags } = await this.input(CacheImport);
    const { engine } = this;
    const place = namedCache(args.place, "cache import");
    await using source = await openPlace(engine, place, { registry: registryOptions(flags) });
    const count = await importCache(engine.store, source, args.place);
    this.log(`Took over ${count} ${count === 1 ? "step" : "steps"}`);
  }
}

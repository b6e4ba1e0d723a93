import { string as stringArg } from "@oclif/core/args";
import { registryFlags, registryOptions, StoreCommand } from "@wherry/core/cli";
import { writePlace } from "@wherry/core/engine";
import { cacheSource, storedDocument } from "../../cache/recorded-steps.ts";
import { namedCache } from "../../request/cache-place.ts";

export default class CacheExport extends StoreCommand {
  static override summary = "Write the results of all steps to a layout, an archive or a registry";
  static override description = `Writes what the build cache knows of steps, and their layers, as one artifact that cache import and --cache-from read.
The folders of RUN --mount=type=cache are not in it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> oci-archive:cache.tar",
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/team/app:build-cache",
  ];
  static override args = {
    place: stringArg({ required: true, description: "where to write it, as transport:location" }),
  };
  static override flags = registryFlags;

  override async run(): Promise<void> {
    const { args, flags } = await this.input(CacheExport);
    const { store } = this.engine;
    const document = storedDocument(store);
    await using source = cacheSource(document, store);
    await writePlace(this.engine, source, namedCache(args.place, "cache export"), {
      registry: registryOptions(flags),
    });
    const { length } = document.steps;
    this.log(`Wrote ${length} ${length === 1 ? "step" : "steps"}`);
  }
}

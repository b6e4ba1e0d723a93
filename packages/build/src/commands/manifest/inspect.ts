import { string as stringArg } from "@oclif/core/args";
import { StoreCommand, registryFlags, registryOptions } from "@wherry/core/cli";
import { readManifest } from "@wherry/core/engine";
import { ListNotFoundError } from "../../manifest/find-list.ts";

export default class ManifestInspect extends StoreCommand {
  static override summary = "Display the contents of a manifest list";
  static override description = "A list of the store, or else the manifest of that name in its registry.";
  static override examples = ["<%= config.bin %> <%= command.id %> app:1.0"];
  static override args = { list: stringArg({ required: true, description: "manifest list" }) };
  static override flags = registryFlags;

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ManifestInspect);
    const list = this.engine.store.lists.find(args.list);
    if (list !== undefined) {
      this.log(JSON.stringify(list.index, undefined, 4));
      return;
    }
    if (!/[./:]/.test(args.list)) throw new ListNotFoundError(args.list);
    const place = /^[a-z-]+:(?:\/\/|\/)/.test(args.list) ? args.list : `docker://${args.list}`;
    const manifest = await readManifest(this.engine, place, { registry: registryOptions(flags) });
    this.log(JSON.stringify(manifest.content, undefined, 4));
  }
}

import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { saveList } from "../../manifest/add-to-list.ts";
import { digestIn, getList, withoutDigest } from "../../manifest/find-list.ts";

export default class ManifestRemove extends StoreCommand {
  static override summary = "Remove an image from a manifest list";
  static override description = "Prints the list's ID and the digest of what was taken out.";
  static override examples = ["<%= config.bin %> <%= command.id %> app:1.0 sha256:4f53…"];
  static override args = {
    list: stringArg({ required: true, description: "manifest list" }),
    image: stringArg({ required: true, description: "image of it, by digest or name" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(ManifestRemove);
    const { store } = this.engine;
    const list = getList(store, args.list);
    const digest = digestIn(store, list, args.image);
    saveList(store, list, withoutDigest(list.index, digest));
    this.log(`${list.id}: ${digest}`);
  }
}

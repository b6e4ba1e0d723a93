import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { changedEntry } from "../../manifest/add-image.ts";
import { saveList } from "../../manifest/add-to-list.ts";
import { entryChanges, entryFlags } from "../../manifest/entry-flags.ts";
import { digestIn, getList } from "../../manifest/find-list.ts";

export default class ManifestAnnotate extends StoreCommand {
  static override summary = "Change what a manifest list says of an image, or with --index of itself";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --arch arm64 --variant v8 app:1.0 sha256:4f53…",
    "<%= config.bin %> <%= command.id %> --index --annotation version=1.0 app:1.0",
  ];
  static override args = {
    list: stringArg({ required: true, description: "manifest list" }),
    image: stringArg({ description: "image of it, by digest or name" }),
  };
  static override flags = {
    ...entryFlags,
    index: boolean({ description: "Set the annotations of the list itself" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ManifestAnnotate);
    const { store } = this.engine;
    const list = getList(store, args.list);
    const changes = entryChanges(flags);
    if (flags.index) {
      const annotations = { ...list.index.annotations, ...changes.annotations };
      saveList(store, list, { ...list.index, annotations });
      this.log(list.id);
      return;
    }
    if (args.image === undefined) throw new UsageError("an image of the list must be specified, or --index");
    const digest = digestIn(store, list, args.image);
    const manifests = list.index.manifests.map((entry) =>
      entry.digest === digest ? changedEntry(entry, changes) : entry,
    );
    saveList(store, list, { ...list.index, manifests });
    this.log(`${list.id}: ${digest}`);
  }
}

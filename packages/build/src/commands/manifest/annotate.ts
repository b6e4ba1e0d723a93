import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { registryFlags, registryOptions, StoreCommand, UsageError } from "@wherry/core/cli";
import { readManifest } from "@wherry/core/engine";
import type { Descriptor } from "@wherry/core/oci";
import { placeNamed } from "@wherry/core/transport";
import { changedEntry } from "../../manifest/add-image.ts";
import { saveList, withAnnotations } from "../../manifest/add-to-list.ts";
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
    ...registryFlags,
    ...entryFlags,
    index: boolean({ description: "Set the annotations of the list itself" }),
    subject: string({
      helpValue: "IMAGE",
      dependsOn: ["index"],
      description: "Image or list elsewhere that the list refers to, as transport:location",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ManifestAnnotate);
    const { store } = this.engine;
    const list = getList(store, args.list);
    const changes = entryChanges(flags);
    if (flags.index) {
      const { annotations = {} } = changes;
      const subject =
        flags.subject === undefined ? {} : { subject: await this.#descriptorOf(flags.subject, flags) };
      saveList(store, list, { ...withAnnotations(list.index, annotations), ...subject });
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

  async #descriptorOf(name: string, flags: Parameters<typeof registryOptions>[0]): Promise<Descriptor> {
    const place = placeNamed(name) === undefined ? `docker://${name}` : name;
    const { descriptor } = await readManifest(this.engine, place, { registry: registryOptions(flags) });
    const { mediaType, digest, size } = descriptor;
    return { mediaType, digest, size };
  }
}

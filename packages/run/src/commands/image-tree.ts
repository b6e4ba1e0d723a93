import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { getStored } from "@wherry/core/engine";
import { imageTree } from "../image/image-tree.ts";

export default class ImageTree extends StoreCommand {
  static override summary = "Print layer hierarchy of an image in a tree format";
  static override description =
    "Each layer with its size, the lowest first, and the names of the images that end there. With --whatrequires the images that are built on this one.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> app:1.0",
    "<%= config.bin %> <%= command.id %> --whatrequires docker.io/library/alpine",
  ];
  static override args = { image: stringArg({ required: true, description: "image" }) };
  static override flags = {
    whatrequires: boolean({ description: "Show the images that are built on this one" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ImageTree);
    const { store } = this.engine;
    const image = await getStored(this.engine, args.image);
    const sizeOf = (diffId: string) => store.layers.sizeOf(diffId as `sha256:${string}`);
    this.print(imageTree(image, store.images.list(), { whatRequires: flags.whatrequires, sizeOf }));
  }
}

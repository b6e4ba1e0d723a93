import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { isImageMounted, mountPoints, unmountImage } from "@wherry/core/container";
import { containerHost, getStored } from "@wherry/core/engine";

export default class ImageUnmount extends StoreCommand {
  static override aliases = ["image umount"];
  static override summary = "Unmount the file systems of images";
  static override description =
    "Takes away what `image mount` has mounted in this namespace. Prints the images' IDs.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> alpine",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { images: stringArg({ multiple: true, description: "images to unmount" }) };
  static override flags = {
    all: boolean({ char: "a", description: "All that are mounted here" }),
    force: boolean({ char: "f", description: "Say nothing of what is not mounted here" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ImageUnmount);
    const names = args.images ?? [];
    if (flags.all && names.length > 0)
      throw new UsageError("when using the --all switch, you may not pass any image IDs");
    if (!flags.all && names.length === 0) throw new UsageError("image name or ID must be specified");
    const host = containerHost(this.engine);
    const points = mountPoints(host.procRoot);
    for (const each of flags.all ? host.store.images.list() : names) {
      try {
        const image = typeof each === "string" ? await getStored(this.engine, each) : each;
        if ((flags.all || flags.force) && !isImageMounted(host, image, points)) continue;
        await unmountImage(host, image);
        this.log(image.id.replace("sha256:", ""));
      } catch (error) {
        this.fail(error);
      }
    }
  }
}

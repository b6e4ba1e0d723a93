import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { goJson, StoreCommand } from "@wherry/core/cli";
import { imageMountPoint, isImageMounted, mountImage, mountPoints } from "@wherry/core/container";
import { containerHost, getStored } from "@wherry/core/engine";
import type { StoredImage } from "@wherry/core/store";

export default class ImageMount extends StoreCommand {
  static override summary = "Mount the file systems of images, to be read";
  static override description = `Prints where they are. Only within \`unshare\`, or for root: an ordinary user's mounts live in a namespace, and end with
it. Without IMAGE it lists what is mounted there.`;
  static override examples = [
    `wherry unshare sh -c 'ls "$(<%= config.bin %> <%= command.id %> alpine)/etc"'`,
    "<%= config.bin %> <%= command.id %> --format json",
  ];
  static override args = { images: stringArg({ multiple: true, description: "images to mount" }) };
  static override flags = {
    all: boolean({ char: "a", description: "All images" }),
    format: string({ options: ["json"], description: "List what is mounted as JSON" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ImageMount);
    const names = args.images ?? [];
    if (names.length === 0 && !flags.all) {
      this.#list(flags.format === "json");
      return;
    }
    const host = containerHost(this.engine);
    const chosen = flags.all ? host.store.images.list() : names;
    for (const each of chosen) {
      try {
        const image = typeof each === "string" ? await getStored(this.engine, each) : each;
        const folder = await mountImage(host, image);
        this.log(chosen.length === 1 && !flags.all ? folder : `${image.id.replace("sha256:", "")} ${folder}`);
      } catch (error) {
        this.fail(error);
      }
    }
  }

  #list(asJson: boolean): void {
    const host = containerHost(this.engine);
    const points = mountPoints(host.procRoot);
    const mounted = host.store.images.list().filter((image) => isImageMounted(host, image, points));
    if (asJson)
      this.log(
        goJson(
          mounted.map((image) => jsonOf(image, imageMountPoint(host, image))),
          "  ",
        ),
      );
    else
      for (const image of mounted) this.log(`${image.names[0] ?? image.id} ${imageMountPoint(host, image)}`);
  }
}

function jsonOf({ id, names }: StoredImage, mountpoint: string): object {
  return { id: id.replace("sha256:", ""), Repositories: names, mountpoint };
}

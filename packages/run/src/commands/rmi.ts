import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { removeImage } from "@wherry/core/engine";
import { ImageNotFoundError } from "@wherry/core/store";

/** The exit status where an image does not exist, as podman's. */
const NOT_FOUND = 1;

export default class Rmi extends StoreCommand {
  static override summary = "Remove one or more images from local storage";
  static override description =
    "A name is taken away; an image goes with its last name, or at once by its ID.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> app:1.0",
    "<%= config.bin %> <%= command.id %> --force 5f2b1c",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { images: stringArg({ multiple: true, description: "images to remove" }) };
  static override flags = {
    all: boolean({ char: "a", description: "Remove all images" }),
    force: boolean({
      char: "f",
      description: "Force removal of the image, and of the containers made of it",
    }),
    "no-prune": boolean({ description: "Accepted; images that others are made of keep their own names" }),
    ignore: boolean({ char: "i", description: "Ignore errors if a specified image does not exist" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Rmi);
    const named = args.images ?? [];
    if (flags.all && named.length > 0)
      throw new UsageError("when using the --all switch, you may not pass any images names or IDs");
    if (!flags.all && named.length === 0) throw new UsageError("image name or ID must be specified");
    const images = flags.all ? this.engine.store.images.list().map(({ id }) => id) : named;
    for (const image of new Set(images)) {
      try {
        const { untagged, deleted } = await removeImage(this.engine, image, {
          force: flags.force || flags.all,
        });
        for (const name of untagged) this.log(`Untagged: ${name}`);
        for (const id of deleted) this.log(`Deleted: ${id.replace("sha256:", "")}`);
      } catch (error) {
        if (flags.ignore && error instanceof ImageNotFoundError) continue;
        this.#failWith(error);
      }
    }
  }

  /** The exit status tells what went wrong first: 1 an image that is not there, 2 one in use. */
  #failWith(error: unknown): void {
    const before = this.exitStatus;
    this.fail(error);
    if (before === 0 && error instanceof ImageNotFoundError) this.exitStatus = NOT_FOUND;
  }
}

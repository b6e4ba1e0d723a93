import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { getStored, removeImage, removeWorking } from "@wherry/core/engine";
import { ImageInUseError, ImageNotFoundError, type StoredImage } from "@wherry/core/store";
import { WorkingContainerError } from "../working/errors.ts";
import { listWorking } from "../working/working-container.ts";

export default class Rmi extends StoreCommand {
  static override summary = "Remove one or more images from local storage";
  static override examples = [
    "<%= config.bin %> <%= command.id %> app:1.0",
    "<%= config.bin %> <%= command.id %> --prune",
    "<%= config.bin %> <%= command.id %> --all --force",
  ];
  static override args = { images: stringArg({ multiple: true, description: "images to remove" }) };
  static override flags = {
    all: boolean({ char: "a", description: "Remove all images" }),
    force: boolean({ char: "f", description: "Remove containers made of the image too" }),
    prune: boolean({ char: "p", description: "Remove images without a name" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Rmi);
    const { store } = this.engine;
    const names = args.images ?? [];
    if (!flags.all && !flags.prune && names.length === 0)
      throw new UsageError("image name or ID must be specified");
    if ((flags.all || flags.prune) && names.length > 0)
      throw new UsageError(
        "when using the --all or --prune switch, you may not pass any images names or IDs",
      );
    const images = store.images.list();
    const unnamed = images.filter((image) => image.names.length === 0);
    const chosen = flags.all ? images.map(({ id }) => id) : flags.prune ? unnamed.map(({ id }) => id) : names;
    for (const name of new Set<string>(chosen)) {
      try {
        await this.#remove(name, flags.force || flags.all);
      } catch (error) {
        this.fail(
          error instanceof ImageNotFoundError ? new WorkingContainerError(`${name}: image not known`) : error,
        );
      }
    }
    if (flags.all) for (const { id } of store.lists.list()) this.#removeList(id);
  }

  async #remove(name: string, force: boolean): Promise<void> {
    const { store } = this.engine;
    const list = store.images.find(name) === undefined ? store.lists.find(name) : undefined;
    if (list !== undefined) {
      this.#removeList(list.id);
      return;
    }
    const image = await getStored(this.engine, name);
    const users = listWorking(store).filter(({ state }) => state.image.id === image.id);
    if (isLast(image, name) && users.length > 0) {
      if (!force)
        throw new ImageInUseError(
          image.id,
          users.map((user) => user.name),
        );
      for (const user of users) await removeWorking(this.engine, user);
    }
    const { untagged, deleted } = await removeImage(this.engine, name, { force });
    for (const text of untagged) this.log(`untagged: ${text}`);
    for (const id of deleted) this.log(id.replace("sha256:", ""));
  }

  #removeList(id: string): void {
    const list = this.engine.store.lists.find(id);
    this.engine.store.lists.remove(id);
    for (const name of list?.names ?? []) this.log(`untagged: ${name}`);
    this.log(id);
  }
}

/** Whether taking that name away takes the image away. */
function isLast({ names, id }: StoredImage, typed: string): boolean {
  return names.length <= 1 || id.replace("sha256:", "").startsWith(typed.replace("sha256:", ""));
}

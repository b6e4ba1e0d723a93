import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { removeImage, removeWorking } from "@wherry/core/engine";
import { ImageInUseError } from "@wherry/core/store";
import { listWorking } from "../working/working-container.ts";

export default class Prune extends StoreCommand {
  static override summary = "Remove images that have no name, and with --force working containers";
  static override description = "Images that containers are made of stay. Prints the IDs of what is gone.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override flags = {
    all: boolean({ char: "a", description: "Remove all images that no container needs" }),
    force: boolean({ char: "f", description: "Remove all working containers first" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Prune);
    const { store } = this.engine;
    if (flags.force)
      for (const container of listWorking(store)) {
        await removeWorking(this.engine, container);
        this.log(container.id);
      }
    const used = new Set(listWorking(store).map(({ state }) => state.image.id));
    for (const { id, names } of store.images.list()) {
      if (used.has(id) || (!flags.all && names.length > 0)) continue;
      try {
        await removeImage(this.engine, id, { force: false, ...(names.length > 1 ? { force: true } : {}) });
        this.log(id.replace("sha256:", ""));
      } catch (error) {
        if (!(error instanceof ImageInUseError)) throw error;
      }
    }
  }
}

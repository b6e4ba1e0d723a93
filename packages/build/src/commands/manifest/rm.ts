import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { getList } from "../../manifest/find-list.ts";

export default class ManifestRm extends StoreCommand {
  static override summary = "Remove manifest lists from local storage";
  static override description = "The images they name stay.";
  static override examples = ["<%= config.bin %> <%= command.id %> app:1.0"];
  static override args = {
    lists: stringArg({ required: true, multiple: true, description: "manifest lists" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(ManifestRm);
    const { store } = this.engine;
    for (const name of args.lists) {
      try {
        const { id, names } = getList(store, name);
        store.lists.remove(id);
        for (const text of names) this.log(`untagged: ${text}`);
        this.log(id);
      } catch (error) {
        this.fail(error);
      }
    }
  }
}

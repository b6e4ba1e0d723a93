import { isatty } from "node:tty";
import { string } from "@oclif/core/flags";
import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { loadImages } from "@wherry/core/engine";
import { NoArchiveInputError } from "../image/errors.ts";

export default class Load extends StoreCommand {
  static override summary = "Load image(s) from a tar archive";
  static override description =
    "Takes archives of docker and OCI, OCI layouts, and folders in skopeo's form.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> -i app.tar",
    "<%= config.bin %> <%= command.id %> < app.tar",
  ];
  static override flags = {
    input: string({
      char: "i",
      helpValue: "path",
      description: "Load images from specified tar archive file",
    }),
    quiet: boolean({ char: "q", description: "Suppress the output" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Load);
    if (flags.input === undefined && isatty(0)) throw new NoArchiveInputError();
    const loaded = await loadImages(this.engine, flags.input ?? process.stdin);
    for (const name of loaded) this.log(`Loaded image: ${name}`);
  }
}

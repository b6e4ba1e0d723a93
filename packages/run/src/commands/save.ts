import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { saveImages, streamImages, type SavedImage } from "@wherry/core/engine";
import { isatty } from "node:tty";
import { ArchiveToTerminalError } from "../image/errors.ts";
import { namesToSave } from "../image/names-to-save.ts";

const FORMATS = ["docker-archive", "oci-archive", "oci-dir", "docker-dir"] as const;

export default class Save extends StoreCommand {
  static override readonly arity = "need at least 1 argument";
  static override summary = "Save image(s) to an archive";
  static override examples = [
    "<%= config.bin %> <%= command.id %> -o app.tar app",
    "<%= config.bin %> <%= command.id %> --format oci-archive app | ssh host wherry load",
    "<%= config.bin %> <%= command.id %> -m -o both.tar app other",
  ];
  static override args = {
    images: stringArg({ required: true, multiple: true, description: "images to save" }),
  };
  static override flags = {
    format: string({
      options: [...FORMATS],
      default: "docker-archive",
      description: "Format of the archive",
    }),
    "multi-image-archive": boolean({
      char: "m",
      description: "Interpret additional arguments as images not tags",
    }),
    output: string({
      char: "o",
      helpValue: "path",
      description: "Write to a specified file (default: stdout)",
    }),
    quiet: boolean({ char: "q", description: "Suppress the output" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Save);
    const format = FORMATS.find((known) => known === flags.format) ?? "docker-archive";
    const images = await namesToSave(this.engine, args.images, flags["multi-image-archive"]);
    await this.#write(images, flags.output, format);
  }

  async #write(
    images: readonly [SavedImage, ...SavedImage[]],
    output: string | undefined,
    format: (typeof FORMATS)[number],
  ): Promise<void> {
    if (output !== undefined) return saveImages(this.engine, images, output, format);
    if (isatty(1)) throw new ArchiveToTerminalError();
    return streamImages(this.engine, images, format, this.outputStream());
  }
}

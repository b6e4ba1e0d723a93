import { isatty } from "node:tty";
import { pipeline } from "node:stream/promises";
import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { VolumeTree } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { FileSystemError } from "@wherry/core/error";
import { StagedFile } from "@wherry/core/io";
import { ArchiveToTerminalError } from "../image/errors.ts";

export default class VolumeExport extends StoreCommand {
  static override summary = "Export the content of a volume as a tar archive";
  static override examples = [
    "<%= config.bin %> <%= command.id %> data --output data.tar",
    "<%= config.bin %> <%= command.id %> data | gzip >data.tar.gz",
  ];
  static override args = { volume: stringArg({ required: true, description: "volume" }) };
  static override flags = {
    output: string({
      char: "o",
      helpValue: "FILE",
      description: "Write to a file (default: standard output)",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(VolumeExport);
    const { output } = flags;
    if (output === undefined && isatty(1)) throw new ArchiveToTerminalError();
    await using tree = await VolumeTree.open(containerHost(this.engine), args.volume);
    const { archive, done } = await tree.pack("/", "");
    using file = output === undefined ? undefined : StagedFile.open(output);
    try {
      await pipeline(archive, file?.stream() ?? this.outputStream());
    } catch (error) {
      throw output === undefined ? error : new FileSystemError("write", output, error);
    }
    await done;
    file?.publish();
  }
}

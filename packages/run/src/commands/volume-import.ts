import { createReadStream } from "node:fs";
import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { VolumeTree } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { NoArchiveInputError } from "../image/errors.ts";

export default class VolumeImport extends StoreCommand {
  static override summary = "Import the content of a tar archive into a volume";
  static override description =
    "What is in the volume is merged with it. SOURCE is a file, compressed or not, or - for standard input (the default).";
  static override examples = [
    "<%= config.bin %> <%= command.id %> data data.tar",
    "<%= config.bin %> <%= command.id %> data - < data.tar.gz",
  ];
  static override args = {
    volume: stringArg({ required: true, description: "volume" }),
    source: stringArg({ description: "archive" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(VolumeImport);
    const { source = "-" } = args;
    if (source === "-" && process.stdin.isTTY) throw new NoArchiveInputError();
    const host = containerHost(this.engine);
    await using tree = await VolumeTree.open(host, args.volume);
    await tree.import(source === "-" ? process.stdin : createReadStream(source));
  }
}

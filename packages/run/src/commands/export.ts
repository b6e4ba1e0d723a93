import { isatty } from "node:tty";
import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { pipeline } from "node:stream/promises";
import { StoreCommand } from "@wherry/core/cli";
import { ContainerTree, getContainer, recordContainerEvent } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { FileSystemError } from "@wherry/core/error";
import { StagedFile } from "@wherry/core/io";
import { ArchiveToTerminalError } from "../image/errors.ts";

export default class Export extends StoreCommand {
  static override summary = "Export a container's file system as a tar archive";
  static override description = "What is mounted in the container is left out. It need not run.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> -o web.tar web",
    "<%= config.bin %> <%= command.id %> web | tar t",
  ];
  static override args = { container: stringArg({ required: true, description: "container" }) };
  static override flags = {
    output: string({
      char: "o",
      helpValue: "FILE",
      description: "Write to a file (default: standard output)",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Export);
    const { output } = flags;
    if (output === undefined && isatty(1)) throw new ArchiveToTerminalError();
    const host = containerHost(this.engine);
    const container = getContainer(host, args.container);
    await using tree = await ContainerTree.open(host, container, { volumes: false });
    const { archive, done } = await tree.pack("/", "");
    using file = output === undefined ? undefined : StagedFile.open(output);
    try {
      await pipeline(archive, file?.stream() ?? this.outputStream());
    } catch (error) {
      throw output === undefined ? error : new FileSystemError("write", output, error);
    }
    await done;
    file?.publish();
    recordContainerEvent(host, container, "export");
  }
}

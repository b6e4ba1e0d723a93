import { finished } from "node:stream/promises";
import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { anonymousFlags, registryFlags, registryOptions } from "@wherry/core/cli";
import { exportImage, type ReadOptions } from "@wherry/core/engine";
import { FileSystemError } from "@wherry/core/error";
import { StagedFile } from "@wherry/core/io";
import { ImageCommand, platformAmong, platformFlag } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class Export extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Write the files of image IMAGE-NAME as one tar";
  static override description = `What a container of the image would see, layers merged, while they arrive: nothing is pulled.
The tar goes to standard output, or to the file that --output names`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://docker.io/library/alpine | tar --list",
    "<%= config.bin %> <%= command.id %> --output root.tar --platform linux/arm64 docker://docker.io/library/alpine",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image, as transport:details" }),
  };
  static override flags = {
    output: string({
      char: "o",
      helpValue: "FILE",
      description: "Write to a file, default: standard output",
    }),
    ...registryFlags,
    ...anonymousFlags,
    ...platformFlag,
    ...retryFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Export);
    const platform = await platformAmong(flags);
    const options: ReadOptions = {
      registry: registryOptions(flags),
      ...(platform === undefined ? {} : { platform }),
    };
    if (flags.output === undefined || flags.output === "-") {
      await exportImage(this.engine, args["image-name"], this.outputStream(), options);
      return;
    }
    await this.#exportToFile(args["image-name"], flags.output, options);
  }

  /** The file has its name only when it is whole. */
  async #exportToFile(name: string, path: string, options: ReadOptions): Promise<void> {
    using file = StagedFile.open(path);
    const stream = file.stream();
    stream.on("error", () => undefined); // told where it is written to
    try {
      await exportImage(this.engine, name, stream, options);
      stream.end();
      await finished(stream);
    } catch (error) {
      throw error instanceof Error && "syscall" in error ? new FileSystemError("write", path, error) : error;
    }
    file.publish();
  }
}

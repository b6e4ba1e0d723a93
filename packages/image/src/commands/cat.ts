import { string as stringArg } from "@oclif/core/args";
import { anonymousFlags, registryFlags, registryOptions } from "@wherry/core/cli";
import { readFileOf } from "@wherry/core/engine";
import { ImageCommand, platformAmong, platformFlag } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class Cat extends ImageCommand {
  static override readonly arity = "Exactly two arguments expected";
  static override summary = "Print a file of image IMAGE-NAME";
  static override description = `Reads the layers, the uppermost first, only until the file is found; nothing is stored.
Links are followed inside the image`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://docker.io/library/alpine /etc/os-release",
    "<%= config.bin %> <%= command.id %> oci:layout:app /app/config.json | jq .",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image, as transport:details" }),
    path: stringArg({ required: true, description: "file in the image" }),
  };
  static override flags = { ...registryFlags, ...anonymousFlags, ...platformFlag, ...retryFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Cat);
    const platform = await platformAmong(flags);
    await readFileOf(this.engine, args["image-name"], args.path, (piece) => this.print(piece), {
      registry: registryOptions(flags),
      ...(platform === undefined ? {} : { platform }),
    });
  }
}

import { string as stringArg } from "@oclif/core/args";
import { anonymousFlags, registryFlags, registryOptions } from "@wherry/core/cli";
import { readBlobOf } from "@wherry/core/engine";
import { ImageCommand } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class BlobGet extends ImageCommand {
  static override readonly arity = "Exactly two arguments expected";
  static override summary = "Print a blob of image IMAGE-NAME: a config or a layer, as it is stored";
  static override description = `DIGEST is one that the image's manifests name, those of all platforms. What is printed was checked
against it; if it turns out to be something else, or breaks off, the exit status is not 0`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://registry.example.com/app:1 sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1 >layer.tar.gz",
  ];
  static override args = {
    "image-name": stringArg({ required: true, description: "image, as transport:details" }),
    digest: stringArg({ required: true, description: "digest of the blob" }),
  };
  static override flags = { ...registryFlags, ...anonymousFlags, ...retryFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(BlobGet);
    const registry = registryOptions(flags);
    await readBlobOf(this.engine, args["image-name"], args.digest, (piece) => this.print(piece), {
      registry,
    });
  }
}

import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { readPassphrase } from "@wherry/core/cli";
import { signManifest } from "@wherry/core/engine";
import { writeOutput } from "@wherry/core/io";
import { ImageCommand } from "../image-command.ts";
import { readWhole } from "../read-whole.ts";

export default class StandaloneSign extends ImageCommand {
  static override readonly arity = "Exactly three arguments expected";
  static override summary = "Create a signature using local files";
  static override description = `MANIFEST is a file with the manifest of the image DOCKER-REFERENCE, such as \`inspect --raw\` prints;
KEY-FINGERPRINT is a key of GnuPG's. The signature lies beside the image then, as registries.d says, or is published otherwise.`;
  static override examples = [
    "<%= config.bin %> inspect --raw docker://quay.io/podman/hello >manifest.json",
    "<%= config.bin %> <%= command.id %> -o signature-1 manifest.json quay.io/podman/hello:latest me@example.com",
  ];
  static override args = {
    manifest: stringArg({ required: true, description: "file with the manifest" }),
    "docker-reference": stringArg({ required: true, description: "full name of the image, with its tag" }),
    "key-fingerprint": stringArg({ required: true, description: "key to sign with" }),
  };
  static override flags = {
    output: string({
      char: "o",
      required: true,
      helpValue: "SIGNATURE",
      description: "Write the signature to this file",
    }),
    "passphrase-file": string({ helpValue: "path", description: "File with the passphrase of the key" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(StandaloneSign);
    const { "passphrase-file": file, output } = flags;
    const key = {
      key: args["key-fingerprint"],
      ...(file === undefined ? {} : { passphrase: readPassphrase(file) }),
    };
    const manifest = readWhole(args.manifest);
    writeOutput(output, await signManifest(this.engine, manifest, args["docker-reference"], key));
  }
}

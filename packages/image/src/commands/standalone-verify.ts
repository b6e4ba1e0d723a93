import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { UsageError } from "@wherry/core/cli";
import { verifyManifest } from "@wherry/core/engine";
import { ImageCommand } from "../image-command.ts";
import { readWhole } from "../read-whole.ts";

export default class StandaloneVerify extends ImageCommand {
  static override readonly arity = "Exactly four arguments expected";
  static override summary = "Verify a signature using local files";
  static override description = `MANIFEST is a file with the manifest of the image DOCKER-REFERENCE. KEY-FINGERPRINTS are those that are trusted,
with commas between them, or \`any\` of the keys in --public-key-file.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> manifest.json quay.io/podman/hello:latest 1D8230F6CDB6A06716E414C1DB72F2188BB46CC8 signature-1",
    "<%= config.bin %> <%= command.id %> --public-key-file key.gpg manifest.json quay.io/podman/hello:latest any signature-1",
  ];
  static override args = {
    manifest: stringArg({ required: true, description: "file with the manifest" }),
    "docker-reference": stringArg({ required: true, description: "name that must be signed" }),
    "key-fingerprints": stringArg({ required: true, description: "trusted keys" }),
    signature: stringArg({ required: true, description: "file with the signature" }),
  };
  static override flags = {
    "public-key-file": string({
      helpValue: "path",
      description: "File with public keys, instead of the keyring of GnuPG",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(StandaloneVerify);
    const { "public-key-file": file } = flags;
    const trusted = args["key-fingerprints"];
    if (trusted === "any" && file === undefined)
      throw new UsageError("any key of a whole keyring is not to be trusted: give --public-key-file");
    const { fingerprint, digest } = await verifyManifest(this.engine, readWhole(args.signature), {
      manifest: readWhole(args.manifest),
      name: args["docker-reference"],
      fingerprints: trusted === "any" ? undefined : trusted.split(",").map((one) => one.trim()),
      publicKeys: file === undefined ? undefined : { bytes: readWhole(file), where: file },
    });
    this.log(`Signature verified using fingerprint ${fingerprint}, digest ${digest}`);
  }
}

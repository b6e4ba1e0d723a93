import { string as stringArg } from "@oclif/core/args";
import { digestOf } from "@wherry/core/oci";
import { ImageCommand } from "../image-command.ts";
import { readWhole } from "../read-whole.ts";

export default class ManifestDigest extends ImageCommand {
  static override readonly usesEngine = false;
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Compute a manifest digest of a file";
  static override examples = [
    "<%= config.bin %> inspect --raw docker://quay.io/podman/hello >manifest.json",
    "<%= config.bin %> <%= command.id %> manifest.json",
  ];
  static override args = { manifest: stringArg({ required: true, description: "file with a manifest" }) };

  override async run(): Promise<void> {
    const { args } = await this.input(ManifestDigest);
    this.log(digestOf(readWhole(args.manifest)));
  }
}

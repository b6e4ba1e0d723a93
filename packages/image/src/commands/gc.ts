import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { formatSize, parseDuration } from "@wherry/core/cli";
import { ImageCommand } from "../image-command.ts";

export default class Gc extends ImageCommand {
  static override readonly usesEngine = false;
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Remove the blobs that no image needs from OCI layouts";
  static override description = `FOLDER is an OCI layout, or a folder of many as \`serve\` keeps them. A blob goes when no manifest in its
layout's index leads to it and it is older than --older: a push sends blobs first, and then the manifest that names them.
Servers and copies may go on meanwhile`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> ./registry",
    "<%= config.bin %> <%= command.id %> --dry-run --older 0s oci-layout",
  ];
  static override args = {
    folder: stringArg({ required: true, description: "OCI layout, or folder of many" }),
  };
  static override flags = {
    "dry-run": boolean({ description: "Tell what would be removed, and remove nothing" }),
    older: string({
      default: "1h",
      helpValue: "duration",
      description: "Keep blobs that are younger",
    }),
    quiet: boolean({ char: "q", description: "Print no digests, only the total" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Gc);
    const minimumAgeMs = parseDuration(flags.older);
    const { collectGarbage } = await import("@wherry/core/transport");
    const { layoutsBelow } = await import("../serve/layouts-below.ts");
    const dryRun = flags["dry-run"];
    let [blobs, bytes] = [0, 0];
    for (const layout of layoutsBelow(args.folder)) {
      const { digests, size } = collectGarbage(layout, { minimumAgeMs, now: Date.now(), dryRun });
      if (!flags.quiet) for (const digest of digests) this.log(`${digest} ${layout}`);
      blobs += digests.length;
      bytes += size;
    }
    this.invocation.err(
      `${dryRun ? "Would remove" : "Removed"} ${blobs} ${blobs === 1 ? "blob" : "blobs"}, ${formatSize(bytes)}\n`,
    );
  }
}

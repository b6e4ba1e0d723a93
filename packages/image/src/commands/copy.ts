import { writeFileSync } from "node:fs";
import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  destinationFlags,
  registryFlags,
  registryOptions,
  showCopy,
  sourceFlags,
  UsageError,
} from "@wherry/core/cli";
import { copyImage } from "@wherry/core/engine";
import { FileSystemError } from "@wherry/core/error";
import { formatPlatform, type Descriptor, type Platform } from "@wherry/core/oci";
import { ImageCommand, platformAmong, platformFlag } from "../image-command.ts";
import { attemptsAmong, retryFlag } from "../retry.ts";

export default class Copy extends ImageCommand {
  static override readonly arity = "Exactly two arguments expected";
  static override summary = "Copy an IMAGE-NAME from one location to another";
  static override description = `IMAGE-NAME is transport:details, with one of the transports
docker, oci, oci-archive, docker-archive, dir, containers-storage`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://quay.io/podman/hello oci:hello:latest",
    "<%= config.bin %> <%= command.id %> --all docker://docker.io/library/alpine docker://registry.example.com/alpine",
    "<%= config.bin %> <%= command.id %> --dest-creds me:secret oci-archive:app.tar docker://registry.example.com/app:1",
  ];
  static override args = {
    "source-image": stringArg({ required: true, description: "image to read" }),
    "destination-image": stringArg({ required: true, description: "where to write it" }),
  };
  static override flags = {
    all: boolean({ char: "a", description: "Copy all images if SOURCE-IMAGE is a list" }),
    authfile: registryFlags.authfile,
    digestfile: string({
      helpValue: "path",
      description: "Write the digest of the pushed image to the specified file",
    }),
    format: string({
      char: "f",
      options: ["oci", "v2s2"],
      description: "Manifest type to use in the destination (default is the manifest type of the source)",
    }),
    "multi-arch": string({
      options: ["system", "all"],
      exclusive: ["all"],
      description: "How to handle multi-architecture images (system or all)",
    }),
    "preserve-digests": boolean({
      exclusive: ["format"],
      description: "Preserve digests of images and lists: change no byte",
    }),
    quiet: boolean({ char: "q", description: "Suppress output information when copying images" }),
    ...platformFlag,
    ...retryFlag,
    ...sourceFlags,
    ...destinationFlags,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Copy);
    const { quiet, digestfile } = flags;
    const all = flags.all || flags["multi-arch"] === "all";
    const platform = await platformAmong(flags);
    if (all && flags.platform !== undefined)
      throw new UsageError("--all and --platform cannot be set together");
    const attempts = attemptsAmong(flags);
    using progress = showCopy(this.invocation, quiet);
    const root = await copyImage(this.engine, args["source-image"], args["destination-image"], {
      source: registryOptions(flags, "src-"),
      destination: registryOptions(flags, "dest-"),
      all,
      preserveDigests: flags["preserve-digests"],
      ...(platform === undefined ? {} : { platform }),
      ...(flags.format === undefined ? {} : { format: flags.format === "oci" ? "oci" : "docker" }),
      ...(attempts === undefined ? {} : { attempts }),
      onEvent: progress.onEvent,
      onLeftOut: (platforms) => {
        if (!quiet) this.#sayLeftOut(platforms);
      },
    });
    if (digestfile !== undefined) writeDigest(digestfile, root);
  }

  #sayLeftOut(platforms: readonly Platform[]): void {
    const real = platforms.filter(({ architecture }) => architecture !== "unknown");
    if (real.length < 2) return;
    const list = real.map(formatPlatform).join(", ");
    this.invocation.err(`Copying one of ${real.length} platforms (${list}); --all copies them all\n`);
  }
}

function writeDigest(path: string, { digest }: Descriptor): void {
  try {
    writeFileSync(path, digest);
  } catch (error) {
    throw new FileSystemError("write", path, error);
  }
}

import type { Interfaces } from "@oclif/core";
import { boolean, string } from "@oclif/core/flags";
import { registryFlags, withBareValue } from "@wherry/core/cli";
import { finishFlags } from "../finish/finish-flags.ts";
import { graphFlags } from "../graph-flags.ts";
import { runFlags } from "../run-flags.ts";

/** What `build` can be told, in buildah's flags and BuildKit's. */
export const buildFlags = {
  "build-arg": string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "NAME[=VALUE]",
    description: "Value of an ARG; without VALUE that of the environment",
  }),
  "build-context": string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "NAME=PLACE",
    description:
      "Files or an image under a name for FROM, --from and mounts: a folder, a git repository or archive's URL, docker-image://NAME, oci-layout://PATH",
  }),
  check: boolean({ description: "Only look for what is hardly meant, by BuildKit's rules; build nothing" }),
  file: string({ char: "f", helpValue: "path", description: "Containerfile; - is standard input" }),
  "force-rm": boolean({ hidden: true, allowNo: true }),
  ignorefile: string({
    helpValue: "path",
    description: "File with patterns of what to leave out of the context",
  }),
  iidfile: string({ helpValue: "path", description: "Write the image's ID to the file" }),
  "inherit-annotations": boolean({
    allowNo: true,
    description: "Keep the annotations of base images, and name the base (default true)",
  }),
  "inherit-labels": boolean({
    allowNo: true,
    description: "Keep the labels of base images (default true)",
  }),
  label: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "NAME=VALUE",
    description: "Add a label to the image",
  }),
  layers: boolean({
    allowNo: true,
    description:
      "Keep and use results of steps (default $BUILDAH_LAYERS, else true); without, one new layer is made",
  }),
  platform: string({
    helpValue: "OS/ARCH[,OS/ARCH]",
    description: "Platform of the image (default: this machine's); several make a list of images",
  }),
  pull: withBareValue(
    string({
      options: ["always", "missing", "never", "newer", "true", "false"],
      description: "When to pull base images: always, missing (default), never or newer",
    }),
    "always",
  ),
  quiet: boolean({ char: "q", description: "Print only the image's ID and what commands print" }),
  rm: boolean({ hidden: true, allowNo: true }),
  secret: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "id=ID[,src=FILE|,env=NAME]",
    description: "Value for RUN --mount=type=secret; the image never has it",
  }),
  "source-date-epoch": string({
    helpValue: "seconds",
    exclusive: ["timestamp"],
    description: "Time of creation to write (default $SOURCE_DATE_EPOCH, else the newest time of the inputs)",
  }),
  ssh: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "default|ID[=SOCKET|=KEY,…]",
    description: "SSH agent, or keys, for RUN --mount=type=ssh",
  }),
  tag: string({
    char: "t",
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "name",
    description: "Name of the image; may be given several times",
  }),
  target: string({
    helpValue: "stage",
    description: "Stage to build, by name or number (default: the last)",
  }),
  timestamp: string({
    helpValue: "seconds",
    description: "Time of creation, and of the files of new layers",
  }),
  "rewrite-timestamp": boolean({
    exclusive: ["timestamp"],
    description: "Let no file of new layers be newer than SOURCE_DATE_EPOCH",
  }),
  ...graphFlags,
  "build-arg-file": string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "path",
    description: "File with a NAME=VALUE of --build-arg in each line",
  }),
  from: string({ helpValue: "image", description: "Use this image instead of that of the first FROM" }),
  logfile: string({ helpValue: "path", description: "Write progress and output to the file instead" }),
  ...finishFlags,
  ...runFlags,
  ...registryFlags,
};

export type BuildFlags = Interfaces.InferredFlags<typeof buildFlags>;

import type { Interfaces } from "@oclif/core";
import { boolean, string } from "@oclif/core/flags";
import { registryFlags, withBareValue, retryFlags, signingFlags } from "@wherry/core/cli";
import { finishFlags } from "../finish/finish-flags.ts";
import { graphFlags } from "../graph-flags.ts";
import { limitFlags } from "../limit-flags.ts";
import { nameFileFlags, runFlags } from "../run-flags.ts";
import { acceptedFlags } from "./accepted-flags.ts";

/** What `build` can be told, in buildah's flags and BuildKit's. */
export const buildFlags = {
  ...acceptedFlags,
  "all-platforms": boolean({
    exclusive: ["platform", "os", "arch", "variant"],
    description: "Build for each platform that all base images are for",
  }),
  arch: string({
    exclusive: ["platform"],
    helpValue: "ARCH",
    description: "Architecture of the image, when not this machine's",
  }),
  os: string({ exclusive: ["platform"], helpValue: "OS", description: "Operating system of the image" }),
  variant: string({
    exclusive: ["platform"],
    helpValue: "VARIANT",
    description: "Variant of the architecture",
  }),
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
  "compat-volumes": boolean({
    description: "Throw away what RUN writes to folders that VOLUME names, as docker once did",
  }),
  check: boolean({ description: "Only look for what is hardly meant, by BuildKit's rules; build nothing" }),
  file: string({ char: "f", helpValue: "path", description: "Containerfile; - is standard input" }),
  ignorefile: string({
    helpValue: "path",
    description: "File with patterns of what to leave out of the context",
  }),
  "http-proxy": boolean({
    allowNo: true,
    description: "Give RUN the proxies of the environment (default true)",
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
  "pull-always": boolean({ hidden: true }),
  "pull-never": boolean({ hidden: true }),
  ...retryFlags,
  quiet: boolean({ char: "q", description: "Print only the image's ID and what commands print" }),
  secret: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "id=ID[,src=FILE|,env=NAME]",
    description: "Value for RUN --mount=type=secret; the image never has it",
  }),
  "skip-unused-stages": boolean({
    allowNo: true,
    description: "Leave out stages that the image does not need (default true)",
  }),
  "source-date-epoch": string({
    helpValue: "seconds",
    exclusive: ["timestamp"],
    description:
      "Time of creation to write; context is that of the context's commit (default $SOURCE_DATE_EPOCH, else the newest time of the inputs)",
  }),
  stdin: boolean({
    description: "Let commands read standard input; then no result of an earlier build is used",
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
  ...nameFileFlags,
  ...limitFlags,
  ...registryFlags,
  ...signingFlags,
};

export type BuildFlags = Interfaces.InferredFlags<typeof buildFlags>;

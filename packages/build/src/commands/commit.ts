import { readFileSync } from "node:fs";
import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  FOLLOWED_RELEASE,
  registryFlags,
  registryOptions,
  showCopy,
  signingFlags,
  StoreCommand,
  UsageError,
} from "@wherry/core/cli";
import { pushImage, removeWorking } from "@wherry/core/engine";
import { FileSystemError } from "@wherry/core/error";
import { writeOutput } from "@wherry/core/io";
import { encodedOf, type ContainerConfig } from "@wherry/core/oci";
import { imageFormat, signingAt, splitDestination } from "../destination.ts";
import { addToList } from "../manifest/add-to-list.ts";
import { annotationsOf } from "../manifest/entry-flags.ts";
import { plainLayers } from "../request/accepted-flags.ts";
import { dateOf } from "../request/build-date.ts";
import { changeWorking } from "../working/change.ts";
import { commitWorking } from "../working/commit.ts";
import { copyInWorking } from "../working/copy.ts";

const several = { multiple: true as const, multipleNonGreedy: true };

export default class Commit extends StoreCommand {
  static override summary = "Create an image from a working container";
  static override description = `Writes the image with one new layer, and gives it the name IMAGE; without it the image has
only its ID. IMAGE may be a place as transport:location. Prints the image's ID.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> $container app",
    "<%= config.bin %> <%= command.id %> --rm --squash --timestamp 0 $container app:1.0",
    "<%= config.bin %> <%= command.id %> $container docker://registry.example.com/team/app:1",
  ];
  static override args = {
    container: stringArg({ required: true, description: "working container" }),
    image: stringArg({ description: "name of the image" }),
  };
  static override arity = "container ID must be specified";
  static override flags = {
    ...registryFlags,
    "add-file": string({ ...several, helpValue: "SOURCE[:PATH]", description: "Add a file to the image" }),
    annotation: string({
      ...several,
      helpValue: "NAME=VALUE",
      description: "Add an annotation to the image",
    }),
    change: string({
      char: "c",
      ...several,
      helpValue: "INSTRUCTION",
      description: "Change the config by an instruction",
    }),
    config: string({ helpValue: "path", description: "File with fields of a container config, as JSON" }),
    "created-annotation": boolean({
      allowNo: true,
      description: "Add the annotation org.opencontainers.image.created (default false)",
    }),
    "disable-compression": plainLayers,
    format: string({
      char: "f",
      helpValue: "FORMAT",
      description: "oci (default) or docker; default $BUILDAH_FORMAT",
    }),
    "identity-label": boolean({ description: "Add the label io.buildah.version (default false)" }),
    iidfile: string({ helpValue: "path", description: "Write the image's ID to the file" }),
    manifest: string({ helpValue: "name", description: "Add the image to this manifest list" }),
    "omit-history": boolean({ description: "Write no history" }),
    quiet: boolean({ char: "q", description: "Don't output progress information when writing images" }),
    "rewrite-timestamp": boolean({
      exclusive: ["timestamp"],
      description: "Let no new file be newer than SOURCE_DATE_EPOCH",
    }),
    rm: boolean({ description: "Remove the container afterwards" }),
    ...signingFlags,
    squash: boolean({ description: "Make an image with only one layer" }),
    "source-date-epoch": string({
      helpValue: "seconds",
      exclusive: ["timestamp"],
      description: "Time of creation to write (default $SOURCE_DATE_EPOCH, else now)",
    }),
    timestamp: string({ helpValue: "seconds", description: "Time of creation, and of new files" }),
    unsetannotation: string({
      ...several,
      helpValue: "NAME",
      description: "Take an annotation out of the image",
    }),
    unsetenv: string({ ...several, helpValue: "NAME", description: "Take a variable out of the image" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Commit);
    const { engine } = this;
    const format = imageFormat(flags.format ?? engine.host.env["BUILDAH_FORMAT"]);
    const { name, place } = await splitDestination(args.image);
    const signing = signingAt([place], flags);
    const config = flags.config === undefined ? undefined : readConfig(flags.config);
    const date = dateOf(flags, [engine.host.env["SOURCE_DATE_EPOCH"]]);
    let id = "";
    const container = await changeWorking(engine, args.container, async ({ state }) => {
      let changed = state;
      for (const text of flags["add-file"] ?? []) {
        const [source = "", place] = text.split(":");
        const target = place ?? `/${source.split("/").at(-1) ?? ""}`;
        const request = { words: [source, target], isAdd: false, folder: process.cwd() };
        ({ state: changed } = await copyInWorking(engine, changed, request));
      }
      const { image, warnings } = await commitWorking(engine, changed, {
        ...{ format, names: name === undefined ? [] : [name], squash: flags.squash },
        ...{ date, omitHistory: flags["omit-history"] },
        annotations: { set: annotationsOf(flags.annotation ?? []), unset: flags.unsetannotation ?? [] },
        createdAnnotation: flags["created-annotation"],
        ...{ unsetEnv: flags.unsetenv ?? [], changes: flags.change ?? [] },
        ...(config === undefined ? {} : { config }),
        ...(flags["identity-label"] ? { labels: { "io.buildah.version": FOLLOWED_RELEASE.buildah } } : {}),
      });
      for (const warning of warnings) this.warn(warning);
      id = encodedOf(image.id);
      if (place !== undefined) {
        using progress = showCopy(this.invocation, flags.quiet);
        await pushImage(engine, image.id, place, {
          registry: registryOptions(flags),
          ...signing,
          onEvent: progress.onEvent,
        });
      }
      if (flags.manifest !== undefined) addToList(engine.store, flags.manifest, image);
      return state;
    });
    if (flags.iidfile !== undefined) writeOutput(flags.iidfile, `sha256:${id}`);
    if (flags.rm) await removeWorking(engine, container);
    this.log(id);
  }
}

function readConfig(path: string): ContainerConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  throw new UsageError(`${path} is no JSON object with fields of a container config`);
}

import { openSync, readFileSync, writeSync } from "node:fs";
import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  registryFlags,
  registryOptions,
  showCopy,
  StoreCommand,
  UsageError,
  withBareValue,
  type CommandInput,
  type Invocation,
} from "@wherry/core/cli";
import type { Step } from "@wherry/core/container";
import { ensureImage, findStored, pushImage, type PullPolicy } from "@wherry/core/engine";
import { writeFileAtomically } from "@wherry/core/io";
import {
  encodedOf,
  formatPlatform,
  hostPlatform,
  parsePlatform,
  type Digest,
  type Platform,
} from "@wherry/core/oci";
import { formatReference, type Reference } from "@wherry/core/reference";
import { FileSystemError } from "@wherry/core/error";
import type { StoredImage } from "@wherry/core/store";
import {
  buildForPlatforms,
  buildImage,
  explainBuild,
  openContext,
  PROXY_ARGS,
  type BuildDate,
  type BuildRequest,
  type BuildTools,
  type Progress,
} from "../builder/index.ts";
import {
  checkContainerfile,
  CheckFailedError,
  checksAreErrors,
  parseContainerfile,
  type Containerfile,
} from "../containerfile/index.ts";
import { confinedImage } from "../confined-image.ts";
import { namedContexts, secretValues, sshSources } from "../build-inputs.ts";
import { graphFlags, graphOptions } from "../graph-flags.ts";
import { addToList } from "../manifest/add-to-list.ts";
import { openShell } from "../open-shell.ts";
import { openProgress } from "../progress/open-progress.ts";
import { Timing } from "../progress/timing.ts";
import { imageFormat, splitDestination } from "../destination.ts";
import { finishFlags } from "../finish/finish-flags.ts";
import { changesNothing, finishImage, type FinishRequest } from "../finish/finish-image.ts";
import { parseOutput, writeFiles } from "../finish/write-files.ts";
import { annotationsOf } from "../manifest/entry-flags.ts";
import { localContext, type LocalContext } from "../remote-context.ts";
import { runDefaults, runFlags } from "../run-flags.ts";
import { checkRunDefaults, withRunDefaults } from "../working/run-defaults.ts";
import { runCommand } from "../run-command.ts";

export default class Build extends StoreCommand {
  static override summary = "Build an image using instructions in a Containerfile";
  static override description = `Builds an image from CONTEXT, a folder (default: the current one), by the instructions in its
Containerfile or Dockerfile. Prints the image's ID last. COPY and ADD need no container and no user namespace; a step that was
done before with the same inputs is not done again.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> -t app .",
    "<%= config.bin %> <%= command.id %> -t registry.example.com/team/app:1 -f deploy/Containerfile .",
    "<%= config.bin %> <%= command.id %> --target test --build-arg VERSION=1.2 --no-cache .",
  ];
  static override args = {
    context: stringArg({ description: "folder with the files to copy", default: "." }),
  };
  static override flags = {
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
        "Files or an image under a name for FROM, --from and mounts: a folder, docker-image://NAME, oci-layout://PATH",
    }),
    check: boolean({ description: "Only look for what is hardly meant, by BuildKit's rules; build nothing" }),
    file: string({ char: "f", helpValue: "path", description: "Containerfile; - is standard input" }),
    "force-rm": boolean({ hidden: true, allowNo: true }),
    ignorefile: string({
      helpValue: "path",
      description: "File with patterns of what to leave out of the context",
    }),
    iidfile: string({ helpValue: "path", description: "Write the image's ID to the file" }),
    label: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "NAME=VALUE",
      description: "Add a label to the image",
    }),
    layers: boolean({ hidden: true, allowNo: true }),
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
      description:
        "Time of creation to write (default $SOURCE_DATE_EPOCH, else the newest time of the inputs)",
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

  override async run(): Promise<void> {
    const timing = new Timing(() => performance.now());
    const { args, flags } = await this.input(Build);
    const { quiet } = flags;
    const destinations = await Promise.all((flags.tag ?? []).map(splitDestination));
    const names = destinations.flatMap(({ name }) => (name === undefined ? [] : [name]));
    const finish = finishRequest(flags, this.engine.host.env);
    const outputs = (flags.output ?? []).map(parseOutput);
    const outIsTar = outputs.some(({ path }) => path === undefined);
    checkRunDefaults(runDefaults(flags, this.engine.host.env), process.cwd());
    const sink = sinkOf(this.invocation, flags.logfile, outIsTar);
    using view = openProgress(sink, flags, (text) => this.warn(text));
    const progress: Progress = {
      warn: (text) => view.progress.warn(text),
      event: (event) => {
        timing.event(event);
        view.progress.event(event);
      },
    };
    using place = await localContext(args.context, {
      temporary: this.engine.host.env["TMPDIR"] ?? "/var/tmp",
      signal: this.invocation.signal,
    });
    const request = this.#request(flags, place, changesNothing(finish) ? names : []);
    if (flags.check) {
      this.#check(request.containerfile);
      return;
    }
    const tools = this.#tools(flags, progress, place.folder);
    if (flags["dry-run"]) {
      await explainBuild(request, tools);
      return;
    }
    const platforms = platformsOf(flags.platform);
    const isList = platforms.length > 1;
    const hasPlace = destinations.some(({ place: destination }) => destination !== undefined);
    if (isList && (outputs.length > 0 || hasPlace || flags["metadata-file"] !== undefined))
      throw new UsageError(
        "--output, --metadata-file and a transport in -t take one platform: build each by itself, or push the list",
      );
    const built = isList
      ? await buildForPlatforms({ ...request, names: [] }, tools, platforms)
      : [await buildImage(request, tools)];
    view[Symbol.dispose]();
    const images = changesNothing(finish)
      ? built
      : await Promise.all(built.map((image) => finishImage(this.engine, image, finish, isList ? [] : names)));
    const [image] = images;
    if (image === undefined) throw new UsageError("--platform names no platform");
    const digest = isList ? this.#listOf(images, names) : image.id;
    const id = encodedOf(digest);
    if (!quiet && view.isPlain) {
      sink.out(`--> ${id.slice(0, 12)}\n`);
      for (const name of names) sink.out(`Successfully tagged ${formatReference(name)}\n`);
    }
    for (const { place: destination } of destinations) {
      if (destination === undefined) continue;
      using progress = showCopy(this.invocation, quiet);
      await pushImage(this.engine, image.id, destination, {
        registry: registryOptions(flags),
        onEvent: progress.onEvent,
      });
    }
    if (flags.manifest !== undefined)
      for (const each of images) addToList(this.engine.store, flags.manifest, each);
    for (const output of outputs) await writeFiles(this.engine, image, output, this.invocation.out);
    if (flags["metadata-file"] !== undefined)
      writeFileAtomically(flags["metadata-file"], metadataOf(image, names), { sync: false });
    if (flags.iidfile !== undefined) writeFileAtomically(flags.iidfile, digest, { sync: false });
    if (!outIsTar) this.log(id);
    if (flags.timing) this.invocation.err(timing.report());
  }

  /** Shows what the rules find; it ends with 1 when there is something that counts as an error. */
  #check(containerfile: Containerfile): void {
    const findings = checkContainerfile(containerfile);
    for (const { rule, line, message } of findings)
      this.log(`${containerfile.file}:${line}: ${rule}: ${message}`);
    if (findings.length === 0) this.log("Check complete, no warnings found.");
    else if (checksAreErrors(containerfile)) throw new CheckFailedError(containerfile.file, findings.length);
  }

  /** Makes the list of the images for several platforms, under each of the names. */
  #listOf(images: readonly StoredImage[], [first, ...more]: readonly Reference[]): Digest {
    const { store } = this.engine;
    if (first === undefined)
      throw new UsageError("an image of several platforms needs a name: give one with -t");
    const name = formatReference(first);
    const known = store.lists.find(name);
    if (known !== undefined) store.lists.remove(known.id);
    const [list] = images.map((image) => addToList(store, name, image)).slice(-1);
    if (list === undefined) throw new UsageError("--platform names no platform");
    for (const other of more) store.lists.tag(list.id, other);
    return `sha256:${list.id}`;
  }

  #request(
    flags: CommandInput<typeof Build>["flags"],
    place: LocalContext,
    names: readonly Reference[],
  ): BuildRequest {
    const { tree, content, file, path, explainMissing } = openContext(place.folder, {
      ...(place.containerfile !== undefined
        ? { file: "-" }
        : flags.file === undefined
          ? {}
          : { file: flags.file }),
      ...(flags.ignorefile === undefined ? {} : { ignoreFile: flags.ignorefile }),
      cacheDir: this.engine.locations.cacheDir,
      stdin: () => place.containerfile ?? readFileSync(0, "utf8"),
    });
    const date = dateOf(flags, this.engine.host.env);
    return {
      containerfile: withFrom(parseContainerfile(content, file), flags.from),
      context: tree,
      explainMissing,
      platform: platformsOf(flags.platform)[0] ?? hostPlatform(),
      names,
      runSettings: runDefaults(flags, this.engine.host.env),
      ...graphOptions(flags),
      ...(path === undefined ? {} : { home: path }),
      buildArgs: buildArgs(
        [...(flags["build-arg-file"] ?? []).flatMap(readArgFile), ...(flags["build-arg"] ?? [])],
        this.engine.host.env,
      ),
      labels: (flags.label ?? []).map(labelOf),
      contexts: namedContexts(flags["build-context"] ?? []),
      secrets: secretValues(flags.secret ?? [], this.engine.host.env),
      ssh: sshSources(flags.ssh ?? [], this.engine.host.env),
      ...(flags.tag?.[0] === undefined ? {} : { title: flags.tag[0] }),
      ...(flags.target === undefined ? {} : { target: flags.target }),
      ...(date === undefined ? {} : { date }),
    };
  }

  #tools(flags: CommandInput<typeof Build>["flags"], progress: Progress, context: string): BuildTools {
    const { engine, invocation } = this;
    const { env } = engine.host;
    const policy = pullPolicy(flags.pull);
    const pulled = new Map<string, Promise<StoredImage>>();
    const pull = async (written: string, platform: Platform): Promise<StoredImage> => {
      // the image of --from is the caller's own word
      const name = written === flags.from ? written : confinedImage(written, context);
      using copying = showCopy(invocation, flags.quiet);
      const isPlace =
        /^(?:docker:\/\/|docker-daemon:|docker-archive:|oci:|oci-archive:|dir:|containers-storage:)/.test(
          name,
        );
      // one of another platform that is here under the name is not what is asked for
      const stored = isPlace ? undefined : await findStored(engine, name);
      const isOther =
        isPlace || (stored !== undefined && formatPlatform(stored.platform) !== formatPlatform(platform));
      return await ensureImage(engine, name, flags["dry-run"] ? "never" : isOther ? "always" : policy, {
        registry: registryOptions(flags),
        platform,
        onEvent: copying.onEvent,
        onTry: (place) => {
          if (!flags.quiet) invocation.err(`Trying to pull ${place.replace(/^docker:\/\//, "")}...\n`);
        },
      });
    };
    return {
      store: engine.store,
      cacheDir: engine.locations.cacheDir,
      progress,
      openImage: (name, platform) => {
        const key = `${formatPlatform(platform)} ${name}`;
        const image = pulled.get(key) ?? pull(name, platform);
        pulled.set(key, image);
        return image;
      },
      runCommand: (step, output) =>
        runCommand(engine, withRunDefaults(step, runDefaults(flags, env), process.cwd()), output),
      ...(flags["on-fail"] === "shell"
        ? { onFail: (step: Step) => openShell(engine, step, invocation) }
        : {}),
      worker: () => engine.worker(),
      proxies: new Map(
        PROXY_ARGS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])),
      ),
      signal: invocation.signal,
    };
  }
}

/** `OS/ARCH,OS/ARCH…`; this machine's when nothing is asked for. */
function platformsOf(text: string | undefined): Platform[] {
  if (text === undefined) return [hostPlatform()];
  const platforms = text.split(",").map(parsePlatform);
  return platforms.filter(
    (platform, index) =>
      platforms.findIndex((other) => formatPlatform(other) === formatPlatform(platform)) === index,
  );
}

/** `--from`: the base of the first stage. */
function withFrom(file: Containerfile, image: string | undefined): Containerfile {
  const [first, ...others] = file.stages;
  if (image === undefined || first === undefined) return file;
  return { ...file, stages: [{ ...first, from: { ...first.from, image } }, ...others] };
}

function finishRequest(
  flags: CommandInput<typeof Build>["flags"],
  env: Readonly<Record<string, string | undefined>>,
): FinishRequest {
  return {
    format: imageFormat(flags.format ?? env["BUILDAH_FORMAT"]),
    annotations: annotationsOf(flags.annotation ?? []),
    env: (flags.env ?? []).map((entry) => (entry.includes("=") ? entry : `${entry}=${env[entry] ?? ""}`)),
    unsetEnv: flags.unsetenv ?? [],
    unsetLabels: flags.unsetlabel ?? [],
    identityLabel: flags["identity-label"],
    omitHistory: flags["omit-history"],
    squash: flags["squash-all"] ? "all" : flags.squash ? "new" : undefined,
    fileTime: flags.timestamp === undefined ? undefined : secondsOf(flags.timestamp, "--timestamp"),
  };
}

/** What buildx writes: digests and names, for the next tool. */
function metadataOf(image: StoredImage, names: readonly Reference[]): string {
  const { mediaType, digest, size } = image.manifest;
  return `${JSON.stringify(
    {
      "containerimage.config.digest": image.id,
      "containerimage.descriptor": { mediaType, digest, size },
      "containerimage.digest": digest,
      ...(names.length === 0 ? {} : { "image.name": names.map(formatReference).join(",") }),
    },
    undefined,
    2,
  )}\n`;
}

function openLog(path: string): number {
  try {
    return openSync(path, "a");
  } catch (error) {
    throw new FileSystemError("open", path, error);
  }
}

/** Where progress and output go: to the file of `--logfile`, or to standard error when the other one is for a tar. */
function sinkOf(invocation: Invocation, logfile: string | undefined, outIsTar: boolean): Invocation {
  const { err } = invocation;
  if (logfile !== undefined) {
    const fd = openLog(logfile);
    const write = (text: string | Uint8Array): void => void writeSync(fd, Buffer.from(text));
    return { ...invocation, out: write, err: write };
  }
  return outIsTar ? { ...invocation, out: (text) => err(Buffer.from(text).toString()) } : invocation;
}

/** Lines of `--build-arg-file`: blank ones and comments count for nothing. */
function readArgFile(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"));
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
}

function pullPolicy(text: string | undefined): PullPolicy {
  if (text === "true") return "always";
  if (text === "false" || text === undefined) return "missing";
  return text as PullPolicy;
}

function buildArgs(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const args = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? env[name] : text.slice(equals + 1);
    if (name === "") throw new UsageError(`invalid build arg ${JSON.stringify(text)}: expected NAME=VALUE`);
    if (value !== undefined) args.set(name, value);
  }
  return args;
}

function labelOf(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

function dateOf(
  flags: {
    timestamp?: string | undefined;
    "source-date-epoch"?: string | undefined;
    "rewrite-timestamp"?: boolean;
  },
  env: Readonly<Record<string, string | undefined>>,
): BuildDate | undefined {
  if (flags.timestamp !== undefined)
    return { seconds: secondsOf(flags.timestamp, "--timestamp"), files: "force" };
  const epoch = flags["source-date-epoch"] ?? env["SOURCE_DATE_EPOCH"];
  const clamps = flags["rewrite-timestamp"] === true;
  if (epoch === undefined || epoch === "") {
    if (!clamps) return undefined;
    throw new UsageError(
      "--rewrite-timestamp needs a time: give --source-date-epoch or set SOURCE_DATE_EPOCH",
    );
  }
  return { seconds: secondsOf(epoch, "SOURCE_DATE_EPOCH"), files: clamps ? "clamp" : "keep" };
}

/** Seconds up to the year 9999, as a date can be written. */
function secondsOf(text: string, name: string): number {
  if (!/^\d{1,12}$/.test(text) || Number(text) > 253_402_300_799)
    throw new UsageError(`invalid ${name} ${JSON.stringify(text)}: expected seconds since 1970`);
  return Number(text);
}

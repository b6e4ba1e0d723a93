import { string as stringArg } from "@oclif/core/args";
import { registryOptions, showCopy, StoreCommand, UsageError, triesAmong } from "@wherry/core/cli";
import { findStored, pushImage } from "@wherry/core/engine";
import { monotonicMs, writeOutput } from "@wherry/core/io";
import { encodedOf, variableName, type Digest } from "@wherry/core/oci";
import { formatReference, type Reference } from "@wherry/core/reference";
import type { StoredImage } from "@wherry/core/store";
import {
  buildForPlatforms,
  buildImage,
  explainBuild,
  type BuildRequest,
  type Progress,
} from "../builder/index.ts";
import { checkContainerfile, CheckFailedError, checksAreErrors } from "../containerfile/index.ts";
import { signingAt, splitDestination } from "../destination.ts";
import { changesNothing, finishImage } from "../finish/finish-image.ts";
import { finishRequest } from "../finish/finish-request.ts";
import { metadataOf } from "../finish/metadata.ts";
import { parseOutput, writeFiles } from "../finish/write-files.ts";
import { addToList } from "../manifest/add-to-list.ts";
import { RecordedSteps } from "../cache/recorded-steps.ts";
import { remoteCache, writeCaches } from "../request/remote-caches.ts";
import { openProgress } from "../progress/open-progress.ts";
import { sinkOf } from "../progress/sink.ts";
import { Timing } from "../progress/timing.ts";
import { localContext } from "../remote-context.ts";
import { acceptedWarnings } from "../request/accepted-flags.ts";
import { basePlatforms } from "../request/base-platforms.ts";
import { buildFlags } from "../request/build-flags.ts";
import { buildRequest, hasCommands, platformsOf } from "../request/build-request.ts";
import { buildTools } from "../request/build-tools.ts";
import { runDefaults } from "../run-flags.ts";
import { checkRunDefaults } from "../working/run-defaults.ts";

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
  static override flags = buildFlags;

  override async run(): Promise<void> {
    const timing = new Timing(monotonicMs);
    const { args, flags } = await this.input(Build);
    const { quiet } = flags;
    for (const warning of acceptedWarnings(flags)) this.warn(warning);
    const destinations = await Promise.all((flags.tag ?? []).map(splitDestination));
    const signing = signingAt(
      destinations.map(({ place: elsewhere }) => elsewhere),
      flags,
    );
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
      env: this.engine.host.env,
      signal: this.invocation.signal,
    });
    const recorded = new RecordedSteps();
    const request = {
      ...(await buildRequest(this.engine, flags, place)),
      names: changesNothing(finish) ? names : [],
      onResult: recorded.add.bind(recorded),
    };
    if (flags.check) {
      await this.#check(request);
      return;
    }
    const { engine, invocation } = this;
    const setting = {
      ...{ engine, invocation, progress, folder: place.folder, onCopy: timing.onCopy },
      hasRun: hasCommands(request.containerfile),
    };
    await using remote = remoteCache(setting, flags);
    const tools = { ...buildTools(setting, flags), remote };
    if (flags["dry-run"]) {
      await explainBuild(request, tools);
      return;
    }
    const platforms = flags["all-platforms"]
      ? await basePlatforms(engine, request, flags, place.folder)
      : platformsOf(flags);
    const isList = flags["all-platforms"] || platforms.length > 1;
    const hasPlace = destinations.some(({ place: destination }) => destination !== undefined);
    if (isList && (outputs.length > 0 || hasPlace || flags["metadata-file"] !== undefined))
      throw new UsageError(
        "--output, --metadata-file and a transport in -t take one platform: build each by itself, or push the list",
      );
    const built = isList
      ? await buildForPlatforms({ ...request, names: [] }, tools, platforms)
      : [await buildImage(request, tools)];
    view[Symbol.dispose]();
    await writeCaches(setting, flags, { recorded, remote, images: built });
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
        ...triesAmong(flags),
        ...signing,
        onEvent: progress.onEvent,
      });
    }
    if (flags.manifest !== undefined)
      for (const each of images) addToList(this.engine.store, flags.manifest, each);
    for (const output of outputs) await writeFiles(this.engine, image, output, this.invocation.out);
    if (flags["metadata-file"] !== undefined) writeOutput(flags["metadata-file"], metadataOf(image, names));
    if (flags.iidfile !== undefined) writeOutput(flags.iidfile, digest);
    if (!outIsTar) this.log(id);
    if (flags.timing) this.invocation.err(timing.report());
  }

  /** Shows what the rules find; it ends with 1 when there is something that counts as an error. */
  async #check({ containerfile, explainMissing }: BuildRequest): Promise<void> {
    const variables = new Map<string, readonly string[]>();
    for (const { from } of containerfile.stages) {
      // only what is here anyway: a check fetches nothing
      const image = from.image.includes("$") ? undefined : await findStored(this.engine, from.image);
      const config = image === undefined ? undefined : this.engine.store.images.readConfig(image).config;
      if (config !== undefined) variables.set(from.image, (config.Env ?? []).map(variableName));
    }
    const findings = checkContainerfile(containerfile, {
      ...(explainMissing === undefined ? {} : { whyIgnored: explainMissing }),
      variablesOf: (name) => variables.get(name),
    });
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
}

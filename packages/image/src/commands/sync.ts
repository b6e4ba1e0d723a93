import { string as stringArg } from "@oclif/core/args";
import { boolean, integer, string } from "@oclif/core/flags";
import {
  destinationFlags,
  formatSize,
  registryFlags,
  registryOptions,
  sourceFlags,
  UsageError,
  type CommandInput,
} from "@wherry/core/cli";
import { ImageSync, type ExtraTag, type SyncOptions, type SyncResult } from "@wherry/core/engine";
import { formatReference } from "@wherry/core/reference";
import { ImageCommand } from "../image-command.ts";
import { NothingToSyncError, SyncItemError } from "../sync/errors.ts";
import { compilePattern } from "../sync/pattern.ts";
import { exitStatusOf, reportOf } from "../sync/report.ts";
import { planSync, type SyncOrigin, type SyncPlan } from "../sync/sync-plan.ts";
import type { SyncTarget } from "../sync/destination-name.ts";
import { digestLines, tellResult, type Listener } from "../sync/tell.ts";
import { writeFile } from "../write-file.ts";
import { changeFlags, changesAmong } from "../change-flags.ts";
import { choiceAmong, choiceFlags } from "../platform-flags.ts";
import { transferFlags, transfersAmong } from "../transfer-flags.ts";
import { tagFilterAmong, tagFlags } from "../tag-flags.ts";

const SOURCES = ["docker", "dir", "oci", "yaml"] as const;
const DESTINATIONS = ["docker", "dir", "oci"] as const;

export default class Sync extends ImageCommand {
  static override readonly arity = "Exactly two arguments expected";
  static override summary = "Synchronize one or more images from one location to another";
  static override description = `Copies all the images of SOURCE to DESTINATION, many at a time; what is the same on both sides
already costs one question to each. SOURCE is a repository or image (docker), a folder of images (dir), an OCI layout
(oci), or a file that lists images of several registries (yaml). The exit status is 0, or 5 if only a part
could be done, or 1.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --src docker --dest docker registry.example.com/busybox my-registry.local.lan/mirror",
    "<%= config.bin %> <%= command.id %> --src docker --dest oci --newest 3 registry.example.com/app /media/usb/app",
    "<%= config.bin %> <%= command.id %> --src yaml --dest docker --scoped --all sync.yml my-registry.local.lan",
    "<%= config.bin %> <%= command.id %> --src yaml --dest docker --dry-run --report plan.json sync.yml my-registry.local.lan",
  ];
  static override args = {
    source: stringArg({ required: true, description: "where to read, for --src" }),
    destination: stringArg({ required: true, description: "where to write, for --dest" }),
  };
  static override flags = {
    "append-suffix": string({ helpValue: "string", description: "Append this to the tags at DESTINATION" }),
    authfile: registryFlags.authfile,
    "delete-extra": integer({
      min: 1,
      helpValue: "N",
      description:
        "When all is copied, delete tags of the destination's repositories that were not asked for; if more than N, delete none",
    }),
    dest: string({
      char: "d",
      required: true,
      options: [...DESTINATIONS],
      description: "DESTINATION transport type",
    }),
    digestfile: string({
      helpValue: "path",
      description: "Write digests and names of the images to the file",
    }),
    "dry-run": boolean({ description: "Compare both sides, but write nothing" }),
    "immutable-tags": string({
      helpValue: "REGEX",
      description: "Tags that never move: if the destination has one, it is not compared",
    }),
    "keep-going": boolean({ default: true, description: "Go on with the other images if one fails" }),
    "remove-signatures": boolean({ description: "Do not copy signatures (none are copied)" }),
    report: string({
      helpValue: "path",
      description: "Write what became of each image to the file, as JSON",
    }),
    scoped: boolean({ description: "Keep the whole name of the source image at DESTINATION" }),
    src: string({ char: "s", required: true, options: [...SOURCES], description: "SOURCE transport type" }),
    ...tagFlags,
    ...choiceFlags,
    ...changeFlags,
    ...transferFlags,
    ...sourceFlags,
    ...destinationFlags,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Sync);
    const [origin, target] = [originAmong(args.source, flags), targetAmong(args.destination, flags)];
    const [filter, options] = [tagFilterAmong(flags), await optionsAmong(flags)];
    await using sync = await ImageSync.open(this.engine, registryOptions(flags, "dest-"));
    const plan = await planSync(sync, origin, target, filter);
    this.#sayPlan(plan, origin);
    const stops = plan.failures.length > 0 && !flags["keep-going"];
    const results = stops
      ? plan.items.map((item) => ({ item, outcome: "skipped" as const, bytes: 0 }))
      : await sync.run(plan.items, { ...options, onResult: (result) => tellResult(result, this.#listener) });
    const extra = await this.#deleteExtra(sync, plan, results, flags);
    const report = reportOf(results, plan.failures, extra, flags["dry-run"]);
    const { summary } = report;
    const done = summary.copied + summary.unchanged + summary.pending;
    const verb = flags["dry-run"] ? "Would have synced" : "Synced";
    const kinds = flags["dry-run"]
      ? `${summary.pending} to copy`
      : `${summary.copied} copied, ${formatSize(summary.bytes)}`;
    this.#say(
      `${verb} ${done} images from ${plan.sources} sources (${kinds}, ${summary.unchanged} unchanged, ${summary.failed} failed)`,
    );
    if (flags.report !== undefined) writeFile(flags.report, `${JSON.stringify(report, undefined, 2)}\n`);
    if (flags.digestfile !== undefined && !flags["dry-run"])
      writeFile(flags.digestfile, digestLines(results));
    const isOnlyCopied = this.exitStatus !== 0; // the images are copied, but extra tags were too many
    this.exitStatus = exitStatusOf(report) || (isOnlyCopied ? 5 : 0);
  }

  /** Only after a sync without a failure: what could not be read must not look as if it were gone. */
  async #deleteExtra(
    sync: ImageSync,
    { items, failures }: SyncPlan,
    results: readonly SyncResult[],
    flags: Flags,
  ): Promise<ExtraTag[]> {
    const limit = flags["delete-extra"];
    if (limit === undefined) return [];
    if (failures.length > 0 || results.some(({ outcome }) => outcome === "failed" || outcome === "skipped")) {
      this.warn("No extra tags are deleted, since not all images could be copied");
      return [];
    }
    const suffix = flags["append-suffix"] ?? "";
    const isCandidate = (tag: string): boolean => tag.endsWith(suffix);
    let extra: ExtraTag[];
    try {
      extra = await sync.deleteExtra(items, { limit, isCandidate, dryRun: flags["dry-run"] });
    } catch (error) {
      this.fail(error);
      return [];
    }
    for (const { reference, outcome, error } of extra) {
      const name = `docker://${formatReference(reference)}`;
      if (outcome === "failed") this.fail(new SyncItemError(name, error));
      else this.#say(`${outcome === "deleted" ? "Deleted" : "Would have deleted"} ${name}`);
    }
    return extra;
  }

  #sayPlan({ items, failures, warnings }: SyncPlan, { transport, location }: SyncOrigin): void {
    for (const warning of warnings) this.warn(warning);
    for (const { source, error } of failures) this.fail(new SyncItemError(source, error));
    if (items.length > 0 || failures.length > 0) return;
    if (transport !== "yaml") throw new NothingToSyncError(location);
    this.warn(`No images to sync found in ${location}`);
  }

  get #listener(): Listener {
    return { say: (line) => this.#say(line), fail: (error) => this.fail(error) };
  }

  #say(line: string): void {
    this.invocation.err(`${line}\n`);
  }
}

type Flags = CommandInput<typeof Sync>["flags"];

function originAmong(location: string, flags: Flags): SyncOrigin {
  const transport = SOURCES.find((known) => known === flags.src) ?? "docker";
  return { transport, location, options: registryOptions(flags, "src-") };
}

function targetAmong(location: string, flags: Flags): SyncTarget {
  const transport = DESTINATIONS.find((known) => known === flags.dest) ?? "docker";
  if (location === "") throw new UsageError("the destination is empty");
  if (transport !== "docker" && flags["delete-extra"] !== undefined)
    throw new UsageError("--delete-extra needs --dest docker");
  return { transport, location, scoped: flags.scoped, appendSuffix: flags["append-suffix"] ?? "" };
}

async function optionsAmong(flags: Flags): Promise<SyncOptions> {
  const choice = await choiceAmong(flags);
  const immutable = flags["immutable-tags"];
  return {
    ...changesAmong(flags),
    ...transfersAmong(flags),
    dryRun: flags["dry-run"],
    keepGoing: flags["keep-going"],
    ...(choice === undefined ? {} : { choice }),
    ...(immutable === undefined ? {} : { isImmutable: compilePattern(immutable) }),
  };
}

import { boolean, string } from "@oclif/core/flags";
import { formatSize, signingAmong, signingFlags, UsageError, type CommandInput } from "@wherry/core/cli";
import { ImageSync, type ExtraTag } from "@wherry/core/engine";
import { writeOutput } from "@wherry/core/io";
import { formatReference } from "@wherry/core/reference";
import { ImageCommand } from "../image-command.ts";
import { exitCodeFlag, workStatus } from "../plan/plan-flags.ts";
import { planOfSync } from "../plan/plan-sync.ts";
import { planTable } from "../plan/plan-table.ts";
import { syncArgs, syncFlags, syncRequestAmong, type SyncRequest } from "../sync-flags.ts";
import { progressFlag, progressStyleAmong } from "../progress-flag.ts";
import { SyncItemError } from "../sync/errors.ts";
import { asResult, exitStatusOf, reportOf, type ItemResult } from "../sync/report.ts";
import { showSync, type SyncDisplay } from "../sync/show-sync.ts";
import { planSync, type SyncPlan } from "../sync/sync-plan.ts";
import { digestLines, tellPlan } from "../sync/tell.ts";
import { patienceAmong, patienceFlag } from "../transfer-flags.ts";

export default class Sync extends ImageCommand {
  static override readonly arity = "Exactly two arguments expected";
  static override summary = "Synchronize one or more images from one location to another";
  static override description = `Copies all the images of SOURCE to DESTINATION, many at a time; what is the same on both sides
already costs one question to each. SOURCE is a repository or image (docker), a folder of images (dir), an OCI layout
(oci), or a file that lists images of several registries (yaml). An archive (oci-archive) is written
when all its images are there. The exit status is 0, or 5 if only a part
could be done, or 1.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --src docker --dest docker registry.example.com/busybox my-registry.local.lan/mirror",
    "<%= config.bin %> <%= command.id %> --src docker --dest oci --newest 3 registry.example.com/app /media/usb/app",
    "<%= config.bin %> <%= command.id %> --src yaml --dest docker --scoped --all sync.yml my-registry.local.lan",
    "<%= config.bin %> <%= command.id %> --src yaml --dest docker --dry-run --report plan.json sync.yml my-registry.local.lan",
  ];
  static override args = syncArgs;
  static override flags = {
    ...syncFlags,
    digestfile: string({
      helpValue: "path",
      description: "Write digests and names of the images to the file",
    }),
    "dry-run": boolean({ description: "Compare both sides, but write nothing" }),
    ...exitCodeFlag,
    "keep-going": boolean({ default: true, description: "Go on with the other images if one fails" }),
    ...progressFlag,
    report: string({
      helpValue: "path",
      description: "Write what became of each image to the file, as JSON",
    }),
    ...signingFlags,
    ...patienceFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Sync);
    if (flags["exit-code"] && !flags["dry-run"]) throw new UsageError("--exit-code needs --dry-run");
    const request = await syncRequestAmong(args, flags);
    const signing = signingAmong(flags);
    using display = showSync(this.invocation, this.others, { style: progressStyleAmong(flags) });
    const patience = patienceAmong(flags, (line) => display.say(line));
    await using sync = await ImageSync.open(this.engine, request.destination, patience);
    const plan = await planSync(sync, request.origin, request.target, request.filter);
    tellPlan(plan, request.origin, display);
    if (flags["dry-run"]) {
      await this.#dryRun(sync, plan, request, flags, display);
      return;
    }
    const stops = plan.failures.length > 0 && !flags["keep-going"];
    const results = stops
      ? plan.items.map((item) => ({ item, outcome: "skipped" as const, bytes: 0 }))
      : await sync.run(plan.items, {
          ...request.options,
          ...signing,
          keepGoing: flags["keep-going"],
          ...display.heard,
        });
    const extra = await this.#deleteExtra(sync, plan, results, request, display);
    const { summary } = this.#report(results, plan, extra, flags);
    display.say(
      `Synced ${summary.copied + summary.unchanged} images from ${plan.sources} sources (${summary.copied} copied, ${formatSize(summary.bytes)}, ${summary.unchanged} unchanged, ${summary.failed} failed)`,
    );
    if (flags.digestfile !== undefined) writeOutput(flags.digestfile, digestLines(results));
  }

  /** Tells what would be done, and prints the plan. */
  async #dryRun(
    sync: ImageSync,
    plan: SyncPlan,
    request: SyncRequest,
    flags: Flags,
    display: SyncDisplay,
  ): Promise<void> {
    const made = await planOfSync(this.engine, sync, plan, request, display);
    const results = made.images.map(asResult);
    for (const result of results) display.heard.onResult(result);
    const extra = made.deletions.map(({ reference }) => ({ reference, outcome: "pending" as const }));
    for (const { reference } of extra)
      display.say(`Would have deleted docker://${formatReference(reference)}`);
    const { summary } = this.#report(results, plan, extra, flags);
    display.say(
      `Would have synced ${summary.pending + summary.unchanged} images from ${plan.sources} sources (${summary.pending} to copy, ${summary.unchanged} unchanged, ${summary.failed} failed)`,
    );
    display[Symbol.dispose](); // the table comes behind what is not written yet
    this.print(planTable(made));
    this.exitStatus ||= workStatus(made, flags);
  }

  #report(results: readonly ItemResult[], plan: SyncPlan, extra: readonly ExtraTag[], flags: Flags) {
    const report = reportOf(results, plan.failures, extra, flags["dry-run"]);
    if (flags.report !== undefined) writeOutput(flags.report, `${JSON.stringify(report, undefined, 2)}\n`);
    const isOnlyCopied = this.exitStatus !== 0; // the images are copied, but extra tags were too many
    this.exitStatus = exitStatusOf(report) || (isOnlyCopied ? 5 : 0);
    return report;
  }

  /** Only after a sync without a failure: what could not be read must not look as if it were gone. */
  async #deleteExtra(
    sync: ImageSync,
    { items, failures }: SyncPlan,
    results: readonly ItemResult[],
    { deleteExtra: limit, target }: SyncRequest,
    display: SyncDisplay,
  ): Promise<ExtraTag[]> {
    if (limit === undefined) return [];
    if (failures.length > 0 || results.some(({ outcome }) => outcome === "failed" || outcome === "skipped")) {
      display.warn("No extra tags are deleted, since not all images could be copied");
      return [];
    }
    const isCandidate = (tag: string): boolean => tag.endsWith(target.appendSuffix);
    let extra: ExtraTag[];
    try {
      extra = await sync.deleteExtra(items, { limit, isCandidate });
    } catch (error) {
      display.fail(error);
      return [];
    }
    for (const { reference, outcome, error } of extra) {
      const name = `docker://${formatReference(reference)}`;
      if (outcome === "failed") display.fail(new SyncItemError(name, error));
      else display.say(`Deleted ${name}`);
    }
    return extra;
  }
}

type Flags = CommandInput<typeof Sync>["flags"];

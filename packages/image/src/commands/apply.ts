import { readFileSync } from "node:fs";
import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { destinationFlags, formatSize, registryFlags, registryOptions, sourceFlags } from "@wherry/core/cli";
import { parsePlan, type CopyPlan } from "@wherry/core/engine";
import { FileSystemError } from "@wherry/core/error";
import { writeOutput } from "@wherry/core/io";
import { formatReference } from "@wherry/core/reference";
import { ImageCommand } from "../image-command.ts";
import { applyPlan } from "../plan/apply-plan.ts";
import { progressFlag, progressStyleAmong } from "../progress-flag.ts";
import { SyncItemError } from "../sync/errors.ts";
import { exitStatusOf, reportOf } from "../sync/report.ts";
import { showSync } from "../sync/show-sync.ts";
import { digestLines } from "../sync/tell.ts";
import { patienceAmong, patienceFlag, transferFlags, transfersAmong } from "../transfer-flags.ts";

export default class Apply extends ImageCommand {
  static override summary = "Do what a plan says";
  static override description = `Copies and deletes just what PLAN names, if source and destination are still what they were when it was
made; otherwise nothing is done. After a crash the same command goes on: what has arrived is not moved again.
Passwords are not in a plan: logins are looked up again, in the sync file too.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> plan.json",
    "<%= config.bin %> <%= command.id %> --bandwidth 20MB --dest-creds me:secret plan.json",
  ];
  static override args = { plan: stringArg({ required: true, description: "file that `plan -o` wrote" }) };
  static override flags = {
    authfile: registryFlags.authfile,
    digestfile: string({
      helpValue: "path",
      description: "Write digests and names of the images to the file",
    }),
    "keep-going": boolean({ default: true, description: "Go on with the other images if one fails" }),
    ...progressFlag,
    quiet: boolean({ char: "q", description: "Tell of failures only" }),
    report: string({
      helpValue: "path",
      description: "Write what became of each image to the file, as JSON",
    }),
    ...transferFlags,
    ...patienceFlag,
    ...sourceFlags,
    ...destinationFlags,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Apply);
    const plan = readPlan(args.plan);
    using display = showSync(this.invocation, this.others, {
      style: progressStyleAmong(flags),
      quiet: flags.quiet,
    });
    const { results, extra } = await applyPlan(this.engine, plan, {
      ...transfersAmong(flags),
      patience: patienceAmong(flags, (line) => display.say(line)),
      keepGoing: flags["keep-going"],
      source: registryOptions(flags, "src-"),
      destination: registryOptions(flags, "dest-"),
      ...display.heard,
    });
    for (const { reference, outcome, error } of extra) {
      const name = `docker://${formatReference(reference)}`;
      if (outcome === "failed") display.fail(new SyncItemError(name, error));
      else display.say(`Deleted ${name}`);
    }
    const failures = plan.unlisted.map(({ source, why }) => ({ source, error: new Error(why) }));
    const report = reportOf(results, failures, extra, false);
    const { copied, unchanged, failed, deleted, bytes } = report.summary;
    display.say(
      `Applied: ${copied} copied (${formatSize(bytes)}), ${unchanged} there already, ${deleted} deleted, ${failed} failed`,
    );
    if (flags.report !== undefined) writeOutput(flags.report, `${JSON.stringify(report, undefined, 2)}\n`);
    if (flags.digestfile !== undefined) writeOutput(flags.digestfile, digestLines(results));
    this.exitStatus = exitStatusOf(report);
  }
}

function readPlan(path: string): CopyPlan {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
  return parsePlan(text, path);
}

import { ImageSync } from "@wherry/core/engine";
import { formatTransportName } from "@wherry/core/transport";
import { ImageCommand } from "../image-command.ts";
import { planFlags, showPlan, workStatus } from "../plan/plan-flags.ts";
import { planOfSync } from "../plan/plan-sync.ts";
import { syncArgs, syncFlags, syncRequestAmong } from "../sync-flags.ts";
import { SyncItemError } from "../sync/errors.ts";
import { planSync } from "../sync/sync-plan.ts";
import { tellPlan } from "../sync/tell.ts";

export default class PlanSync extends ImageCommand {
  static override readonly arity = "Exactly two arguments expected";
  static override summary = "Tell what `sync` would do, without doing it";
  static override description = `Compares both sides of every image as \`sync\` does, reads the manifests of what differs, and asks the
destination for each blob; writes nothing but the plan. \`apply\` does what a plan says, as long as source and
destination are what they were.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --src yaml --dest docker --scoped sync.yml registry.example.com/mirror",
    "<%= config.bin %> <%= command.id %> --src docker --dest docker --delete-extra 5 -o plan.json quay.io/podman/hello registry.example.com",
  ];
  static override args = syncArgs;
  static override flags = { ...syncFlags, ...planFlags };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(PlanSync);
    const request = await syncRequestAmong(args, flags);
    await using sync = await ImageSync.open(this.engine, request.destination);
    const listener = {
      say: (line: string) => this.invocation.err(`${line}\n`),
      ...this.others,
    };
    const found = await planSync(sync, request.origin, request.target, request.filter);
    tellPlan(found, request.origin, listener);
    const plan = await planOfSync(this.engine, sync, found, request, listener);
    showPlan(plan, flags, (text) => this.print(text));
    for (const { item, error } of plan.images)
      if (error !== undefined) this.fail(new SyncItemError(formatTransportName(item.source), error));
    if (this.exitStatus !== 0 && plan.images.some(({ outcome }) => outcome !== "failed")) this.exitStatus = 5;
    this.exitStatus ||= workStatus(plan, flags);
  }
}

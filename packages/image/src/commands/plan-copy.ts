import { string as stringArg } from "@oclif/core/args";
import { companionsAmong, copyFlags, copyOptionsAmong } from "../copy-flags.ts";
import { ImageCommand } from "../image-command.ts";
import { planCopy } from "../plan/plan-copy.ts";
import { planFlags, showPlan, workStatus } from "../plan/plan-flags.ts";

export default class PlanCopy extends ImageCommand {
  static override readonly arity = "Exactly two arguments expected";
  static override summary = "Tell what `copy` would do, without doing it";
  static override description = `Reads manifests and asks the destination for each blob; writes nothing but the plan. \`apply\` does what
a plan says, as long as source and destination are what they were.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --all docker://quay.io/podman/hello docker://registry.example.com/hello",
    "<%= config.bin %> <%= command.id %> -o plan.json docker://quay.io/podman/hello:latest oci:hello:latest",
  ];
  static override args = {
    "source-image": stringArg({ required: true, description: "image that would be read" }),
    "destination-image": stringArg({ required: true, description: "where it would be written" }),
  };
  static override flags = { ...copyFlags, ...planFlags };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(PlanCopy);
    const options = await copyOptionsAmong(flags);
    const [from, to] = [args["source-image"], args["destination-image"]];
    const plan = await planCopy(this.engine, from, to, {
      ...options,
      allTags: flags["all-tags"],
      companions: companionsAmong(flags),
    });
    showPlan(plan, flags, (text) => this.print(text));
    for (const { error } of plan.images) if (error !== undefined) this.fail(error);
    this.exitStatus ||= workStatus(plan, flags);
  }
}

import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { renderObject, StoreCommand } from "@wherry/core/cli";
import { containerHost } from "@wherry/core/engine";
import { chooseContainer } from "../container/choose-containers.ts";
import { choiceFlags } from "../container/flags.ts";

export default class Why extends StoreCommand {
  static override summary = "Say why a container ended, or does not start";
  static override description = `Looks at what is left of the container: its exit status, what its last start said, the kernel's
out-of-memory kills, its last output, its program's file, its mounts and ports. Says "I don't know" when nothing of it explains the end.
Nothing is started or changed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --latest",
    "<%= config.bin %> <%= command.id %> --format '{{.Cause}}' web",
    "<%= config.bin %> <%= command.id %> --json web",
  ];
  static override args = { container: stringArg({ description: "container to explain" }) };
  static override flags = {
    format: string({
      char: "f",
      helpValue: "FORMAT",
      description: "Print JSON or a Go template of the answer",
    }),
    json: boolean({ description: "Print the answer as JSON", exclusive: ["format"] }),
    latest: choiceFlags.latest,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Why);
    const container = chooseContainer(containerHost(this.engine), args.container, flags.latest);
    const { gatherEvidence } = await import("../why/gather.ts");
    const { findCauses } = await import("../why/rules.ts");
    const { answerOf, renderAnswer } = await import("../why/render.ts");
    const evidence = await gatherEvidence(this.engine, container);
    const causes = evidence.status === "running" ? [] : findCauses(evidence);
    const answer = answerOf(container.id, evidence, causes);
    const format = flags.json ? "json" : flags.format;
    this.print(format === undefined ? renderAnswer(answer) : renderObject(answer, format, "why", "  "));
  }
}

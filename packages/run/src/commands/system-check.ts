import { boolean, string } from "@oclif/core/flags";
import { parseDuration, StoreCommand } from "@wherry/core/cli";
import { isDamage, type Problem } from "@wherry/core/store";
import { removeDamaged } from "../system/remove-damaged.ts";

export default class SystemCheck extends StoreCommand {
  static override summary = "Check the store of images and containers, and mend it";
  static override description = `Prints every problem found. What killed commands have left behind is no damage and goes with --repair;
the exit status is 1 only when something is damaged.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --digests",
    "<%= config.bin %> <%= command.id %> --repair",
    "<%= config.bin %> <%= command.id %> --repair --force --max 24h",
  ];
  static override flags = {
    digests: boolean({ description: "Read all blobs again and compare them with their digests" }),
    force: boolean({
      char: "f",
      dependsOn: ["repair"],
      description: "Remove containers too that are made of a damaged image, and then the image",
    }),
    max: string({
      char: "m",
      helpValue: "duration",
      description:
        "Leave blobs and layers alone that nobody uses and that are younger, such as 24h (default 0s)",
    }),
    quick: boolean({ char: "q", description: "Compare sizes only (default)", exclusive: ["digests"] }),
    repair: boolean({ char: "r", description: "Remove what nobody uses and what is damaged" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(SystemCheck);
    const { store } = this.engine;
    const unusedForMs = flags.max === undefined ? 0 : parseDuration(flags.max);
    const options = { digests: flags.digests, unusedForMs };
    if (!flags.repair) {
      this.#tell(await store.check(options));
      return;
    }
    const repair = () =>
      store.repair({
        ...options,
        worker: { call: async (task, input) => (await this.engine.worker()).call(task, input) },
      });
    const { found, remaining } = await repair();
    for (const { message } of found) this.log(`found: ${message}`);
    const removed = flags.force
      ? await removeDamaged(this.engine, remaining, (error) => this.fail(error))
      : [];
    for (const id of removed) this.log(`removed: container ${id}`);
    this.#tell(removed.length === 0 ? remaining : (await repair()).remaining);
  }

  #tell(problems: readonly Problem[]): void {
    for (const problem of problems)
      this.log(`${isDamage(problem) ? "damaged" : "unused"}: ${problem.message}`);
    if (problems.some(isDamage)) this.exitStatus = 1;
  }
}

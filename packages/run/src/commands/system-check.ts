import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { isDamage, type Problem } from "@wherry/core/store";

export default class SystemCheck extends StoreCommand {
  static override summary = "Check the store of images and containers, and mend it";
  static override description = `Prints every problem found. What killed commands have left behind is no damage and goes with --repair;
the exit status is 1 only when something is damaged.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --digests",
    "<%= config.bin %> <%= command.id %> --repair",
  ];
  static override flags = {
    digests: boolean({ description: "Read all blobs again and compare them with their digests" }),
    quick: boolean({ char: "q", description: "Compare sizes only (default)", exclusive: ["digests"] }),
    repair: boolean({ char: "r", description: "Remove what nobody uses and what is damaged" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(SystemCheck);
    const { store } = this.engine;
    const options = { digests: flags.digests };
    if (!flags.repair) {
      this.#tell(await store.check(options));
      return;
    }
    const { found, remaining } = await store.repair({
      ...options,
      worker: { call: async (task, input) => (await this.engine.worker()).call(task, input) },
    });
    for (const { message } of found) this.log(`found: ${message}`);
    this.#tell(remaining);
  }

  #tell(problems: readonly Problem[]): void {
    for (const problem of problems)
      this.log(`${isDamage(problem) ? "damaged" : "unused"}: ${problem.message}`);
    if (problems.some(isDamage)) this.exitStatus = 1;
  }
}

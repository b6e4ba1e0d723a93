import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { removeWorking } from "@wherry/core/engine";
import { WorkingContainerError } from "../working/errors.ts";
import { getWorking, listWorking } from "../working/working-container.ts";
import { WorkingContainerNotFoundError } from "@wherry/core/store";

export default class Rm extends StoreCommand {
  static override aliases = ["delete"];
  static override summary = "Remove one or more working containers";
  static override examples = [
    "<%= config.bin %> <%= command.id %> $container",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { containers: stringArg({ multiple: true, description: "working containers" }) };
  static override flags = { all: boolean({ char: "a", description: "Remove all working containers" }) };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Rm);
    const { store } = this.engine;
    const names = args.containers ?? [];
    if (!flags.all && names.length === 0) throw new UsageError("container ID must be specified");
    if (flags.all && names.length > 0)
      throw new UsageError("when using the --all switch, you may not pass any containers names or IDs");
    for (const name of flags.all ? listWorking(store).map(({ id }) => id) : names) {
      try {
        const container = getWorking(store, name);
        await removeWorking(this.engine, container);
        this.log(container.id);
      } catch (error) {
        this.fail(
          error instanceof WorkingContainerNotFoundError
            ? new WorkingContainerError(`removing container ${JSON.stringify(name)}: container not known`)
            : error,
        );
      }
    }
  }
}

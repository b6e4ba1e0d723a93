import { StoreCommand } from "@wherry/core/cli";

export default class SystemRenumber extends StoreCommand {
  static override summary = "Give containers and volumes new lock numbers";
  static override description =
    "Locks are files beside what they protect: there are no numbers that could run out or clash, and nothing is done.";
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  override async run(): Promise<void> {
    await this.input(SystemRenumber);
  }
}

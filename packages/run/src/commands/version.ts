import { StoreCommand, versionUnder } from "@wherry/core/cli";

export default class Version extends StoreCommand {
  static override readonly usesEngine = false;
  static override summary = "Display the version";
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  override async run(): Promise<void> {
    await this.input(Version);
    const { calledAs, program } = this.invocation;
    this.log(`Version:  ${versionUnder(calledAs, program)}`);
  }
}

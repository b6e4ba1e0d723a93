import { versionLine } from "@wherry/core/cli";
import { ImageCommand } from "../image-command.ts";

export default class Version extends ImageCommand {
  static override readonly usesEngine = false;
  static override summary = "Display the version";
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  override async run(): Promise<void> {
    await this.input(Version);
    const { calledAs, program } = this.invocation;
    this.log(versionLine(calledAs, program));
  }
}

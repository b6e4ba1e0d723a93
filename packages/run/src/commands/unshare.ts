import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { containerHost } from "@wherry/core/engine";
import { becomeProgram } from "../container/become-program.ts";

export default class Unshare extends StoreCommand {
  static override readonly interspersed = false;
  static override summary = "Run a command in the user namespace of the containers";
  static override description = `There you are root, and the files of containers' users are yours to read and to change. Without COMMAND it is
the shell. Mounts made there are seen by that command alone, and end with it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> cat /proc/self/uid_map",
    "<%= config.bin %> <%= command.id %> ls -ln .local/share/wherry/volumes/data/_data",
  ];
  static override args = {
    command: stringArg({ multiple: true, description: "command and its arguments (default: the shell)" }),
  };

  override async run(): Promise<void> {
    const { positionals } = await this.input(Unshare);
    const namespace = await containerHost(this.engine).namespace();
    const { SHELL = "/bin/sh" } = this.engine.host.env;
    const command = positionals.length === 0 ? [SHELL] : positionals;
    this.exitStatus = await becomeProgram([...namespace.enter({ mounts: true }), ...command]);
  }
}

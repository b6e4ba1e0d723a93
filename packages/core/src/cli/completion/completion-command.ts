import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { WherryCommand } from "../wherry-command.ts";
import { completionScript, SHELLS } from "./scripts.ts";

/** `completion`, the same in all three programs. */
export class Completion extends WherryCommand {
  static override readonly usesEngine = false;
  static override summary = "Generate shell autocompletions";
  static override description = `Prints the script by which a shell completes commands, flags, their values and the names of containers, images and
volumes. Read it once to try it, or keep it where the shell looks:

bash: ~/.local/share/bash-completion/completions/NAME
zsh:  a file _NAME in a folder of $fpath
fish: ~/.config/fish/completions/NAME.fish`;
  static override examples = [
    "source <(<%= config.bin %> <%= command.id %> bash)",
    "<%= config.bin %> <%= command.id %> --file ~/.config/fish/completions/<%= config.bin %>.fish fish",
  ];
  static override args = {
    shell: stringArg({ required: true, options: [...SHELLS], description: "bash, zsh or fish" }),
  };
  static override flags = {
    file: string({ char: "f", helpValue: "FILE", description: "Write the script to this file" }),
    "no-desc": boolean({ description: "Show no descriptions" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Completion);
    const { program, calledAs } = this.invocation;
    const shell = SHELLS.find((known) => known === args.shell) ?? "bash";
    const name = calledAs.includes(" ") ? program.name : calledAs;
    const script = completionScript(shell, name, !flags["no-desc"]);
    if (flags.file === undefined) this.print(script);
    else {
      const { writeOutput } = await import("../../io/index.ts");
      writeOutput(flags.file, script);
    }
  }
}

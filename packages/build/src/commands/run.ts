import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { nameFileFlags, runDefaults, runFlags } from "../run-flags.ts";
import { changeWorking } from "../working/change.ts";
import { runIn } from "../working/run.ts";

export default class Run extends StoreCommand {
  static override summary = "Run a command inside of the container";
  static override description =
    "What the command changes stays in the container. Ends with the command's exit status.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> $container -- apt-get install -y curl",
    "<%= config.bin %> <%= command.id %> --user 1000 --env DEBUG=1 $container make",
  ];
  static override readonly interspersed = false;
  static override args = {
    container: stringArg({ required: true, description: "working container" }),
    command: stringArg({ multiple: true, description: "command and its arguments" }),
  };
  static override arity = "container ID must be specified";
  static override flags = {
    ...runFlags,
    ...nameFileFlags,
    "add-history": boolean({ description: "Add an entry to the image's history ($BUILDAH_HISTORY)" }),
    env: string({
      char: "e",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "NAME=VALUE",
      description: "Set a variable for this command",
    }),
    hostname: string({ helpValue: "NAME", description: "Host name for this command" }),
    mount: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "SPEC",
      description: "Mount a folder or tmpfs (type=bind,source=…)",
    }),
    terminal: boolean({
      char: "t",
      aliases: ["tty"],
      description: "Give the command a terminal (default: when standard input is one)",
    }),
    user: string({ helpValue: "USER[:GROUP]", description: "Run as this user" }),
    workingdir: string({ helpValue: "PATH", description: "Working directory for this command" }),
  };

  override async run(): Promise<void> {
    const { flags, positionals } = await this.input(Run);
    const [container = "", ...words] = positionals;
    const args = words[0] === "--" ? words.slice(1) : words;
    const { env } = this.engine.host;
    const history = flags["add-history"] || env["BUILDAH_HISTORY"] === "true";
    await changeWorking(this.engine, container, async ({ state }) => {
      const { status, state: after } = await runIn(this.engine, state, {
        ...runDefaults(flags, {}),
        args,
        env: (flags.env ?? []).map((entry) => (entry.includes("=") ? entry : `${entry}=${env[entry] ?? ""}`)),
        user: flags.user,
        workingDir: flags.workingdir,
        hostname: flags.hostname,
        terminal: flags.terminal,
        mounts: flags.mount ?? [],
        folder: process.cwd(),
      });
      this.exitStatus = status;
      return history ? { ...after, added: [...after.added, args.join(" ")] } : after;
    });
  }
}

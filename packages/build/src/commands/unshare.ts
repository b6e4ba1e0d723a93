import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { findProgram, isHangupIgnored, ProgramNotFoundError } from "@wherry/core/process";

export default class Unshare extends StoreCommand {
  static override summary = "Run a command in the user namespace of the working containers";
  static override description = `There you are root over the files of containers, and mount works. Without COMMAND your shell
is run. What is mounted goes away with the last process; what was written into it stays.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> sh -c 'cp app $(<%= config.bin %> mount build)/usr/bin/'",
    "<%= config.bin %> <%= command.id %> --mount ROOT=build sh -c 'ls -l $ROOT'",
  ];
  static override readonly interspersed = false;
  static override args = { command: stringArg({ multiple: true, description: "command and its arguments" }) };
  static override flags = {
    mount: string({
      char: "m",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "[VARIABLE=]CONTAINER",
      description: "Mount a container, its folder in the variable",
    }),
  };

  override async run(): Promise<void> {
    const { flags, positionals } = await this.input(Unshare);
    const { host, locations } = this.engine;
    if (host.uid === 0) throw new UsageError("please use unshare with rootless");
    const namespace = await this.engine.userNamespace();
    const argv: readonly string[] = [
      ...namespace.enter({ mounts: true }),
      ...[
        "sh",
        "-c",
        mountScript(flags.mount ?? [], [...host.selfProgram, "--root", locations.dataDir]),
        "unshare",
      ],
      ...(positionals.length > 0 ? positionals : [host.env["SHELL"] ?? "/bin/sh"]),
    ];
    const [program = "nsenter"] = argv;
    const path = findProgram(program, host.env["PATH"]);
    if (path === undefined || process.execve === undefined)
      throw new ProgramNotFoundError(program, "enter the user namespace");
    await this.engine[Symbol.asyncDispose]();
    const env = Object.fromEntries(
      Object.entries(host.env).filter(([, value]) => value !== undefined),
    ) as Record<string, string>;
    process.execve(path, [...argv], {
      ...env,
      WHERRY_ROOT: locations.dataDir,
      _CONTAINERS_USERNS_CONFIGURED: "done",
      _CONTAINERS_ROOTLESS_UID: String(host.uid),
      _CONTAINERS_ROOTLESS_GID: String(host.gid),
    });
  }
}

/** A script that mounts the containers, sets the variables and becomes the command. */
function mountScript(mounts: readonly string[], self: readonly string[]): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = mounts.map((text) => {
    const equals = text.indexOf("=");
    const name = equals === -1 ? text : text.slice(0, equals);
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new UsageError(`invalid --mount ${JSON.stringify(text)}: expected VARIABLE=CONTAINER`);
    const container = text.slice(equals + 1);
    return `${name}=$(${[...self, "mount", container].map(quote).join(" ")}) || exit 125; export ${name}`;
  });
  return [...(isHangupIgnored() ? ["trap '' HUP"] : []), ...lines, 'exec "$@"'].join("\n");
}

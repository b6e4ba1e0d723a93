import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { copyFiles, getContainer, type CopySide } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";

export default class Cp extends StoreCommand {
  static override summary = "Copy files or directories between a container and the host";
  static override description = `SOURCE and TARGET are paths of the host or CONTAINER:PATH; - is an archive (tar) on standard input or output.
A directory that exists takes the source under its name; /. at the end of SOURCE copies what is in a directory. The container
need not run. Symbolic links in the container lead nowhere outside it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> web:/etc/nginx/nginx.conf .",
    "<%= config.bin %> <%= command.id %> ./site/. web:/usr/share/nginx/html",
    "<%= config.bin %> <%= command.id %> web:/data backup:/srv",
    "<%= config.bin %> <%= command.id %> web:/etc - | tar t",
  ];
  static override args = {
    source: stringArg({ required: true, description: "what to copy" }),
    target: stringArg({ required: true, description: "where to" }),
  };
  static override flags = {
    archive: boolean({
      char: "a",
      default: true,
      allowNo: true,
      description: "Give files to the container's user (default true); with false they keep their owners",
    }),
    overwrite: boolean({ description: "Let a directory replace a file, and a file a directory" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Cp);
    const host = containerHost(this.engine);
    const side = (text: string, stream: NodeJS.ReadableStream | NodeJS.WritableStream): CopySide => {
      if (text === "-") return { kind: "stream", stream: stream as typeof process.stdin };
      const [, name, path] = /^([^/.:][^/:]*):(.*)$/s.exec(text) ?? [];
      if (name === undefined || path === undefined) return { kind: "host", path: text };
      return { kind: "container", container: getContainer(host, name), path };
    };
    const from = side(args.source, process.stdin);
    const to = side(args.target, this.outputStream());
    if (from.kind !== "container" && to.kind !== "container")
      throw new UsageError(
        `invalid arguments ${JSON.stringify(args.source)}, ${JSON.stringify(args.target)}: you must specify one container`,
      );
    if (from.kind === "stream" && process.stdin.isTTY)
      throw new UsageError("cannot read an archive from a terminal: redirect standard input");
    await copyFiles(host, from, to, { chown: flags.archive, overwrite: flags.overwrite });
  }
}

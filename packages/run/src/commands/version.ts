import { string } from "@oclif/core/flags";
import { renderObject, StoreCommand, versionUnder } from "@wherry/core/cli";

/** Go's names of Node's architectures. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

export default class Version extends StoreCommand {
  static override readonly usesEngine = false;
  static override summary = "Display the version";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --format '{{.Client.Version}}'",
  ];
  static override flags = {
    format: string({
      char: "f",
      helpValue: "FORMAT",
      description: "Change the output format to JSON or a Go template",
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Version);
    const { calledAs, program } = this.invocation;
    const version = versionUnder(calledAs, program);
    const osArch = `linux/${ARCHITECTURES[process.arch] ?? process.arch}`;
    if (flags.format !== undefined) {
      const client = {
        APIVersion: version,
        Version: version,
        GoVersion: `node ${process.version}`,
        GitCommit: "",
        BuiltTime: "",
        Built: 0,
        OsArch: osArch,
        Os: "linux",
      };
      this.print(renderObject({ Client: client }, flags.format, "version"));
      return;
    }
    const rows = [
      ["Client:", calledAs === "podman" ? "Podman Engine" : "Wherry"],
      ["Version:", version],
      ["API Version:", version],
      ["Node Version:", process.version],
      ["OS/Arch:", osArch],
    ];
    for (const [label = "", value = ""] of rows) this.log(`${label.padEnd(14)}${value}`);
  }
}

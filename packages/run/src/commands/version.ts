import { string } from "@oclif/core/flags";
import { alignColumns, renderObject, StoreCommand, versionUnder } from "@wherry/core/cli";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

export default class Version extends StoreCommand {
  static override readonly usesEngine = false;
  static override summary = "Display the version";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    '<%= config.bin %> <%= command.id %> --format "{{.Client.Version}}"',
  ];
  static override flags = {
    format: string({ char: "f", description: "Change the output format to JSON or a Go template" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Version);
    const { calledAs, program } = this.invocation;
    const version = versionUnder(calledAs, program);
    const Client = {
      APIVersion: version,
      Version: version,
      GoVersion: "",
      GitCommit: "",
      BuiltTime: "",
      Built: 0,
      OsArch: `linux/${ARCHITECTURES[process.arch] ?? process.arch}`,
      Os: "linux",
    };
    if (flags.format !== undefined) {
      this.print(renderObject({ Client }, flags.format, "version"));
      return;
    }
    const rows = [
      ["Client:", calledAs === "podman" ? "Podman Engine" : "Wherry"],
      ["Version:", version],
      ["API Version:", Client.APIVersion],
      ...(version === program.version ? [] : [["Wherry Version:", program.version]]),
      ["Node Version:", process.version],
      ["OS/Arch:", Client.OsArch],
    ];
    this.print(alignColumns(rows.map((row) => row.join("\t")).join("\n") + "\n"));
  }
}

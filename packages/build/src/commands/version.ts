import { boolean } from "@oclif/core/flags";
import { goJson, StoreCommand, versionUnder } from "@wherry/core/cli";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

export default class Version extends StoreCommand {
  static override readonly usesEngine = false;
  static override summary = "Display the version";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --json",
  ];
  static override flags = { json: boolean({ description: "Output in JSON format" }) };

  override async run(): Promise<void> {
    const { flags } = await this.input(Version);
    const { calledAs, program } = this.invocation;
    const platform = `linux/${ARCHITECTURES[process.arch] ?? process.arch}`;
    const facts = {
      Version: versionUnder(calledAs, program),
      "Image Spec": "1.1.1",
      "Runtime Spec": "1.2.1",
      "Node Version": process.version,
      "OS/Arch": platform,
      BuildPlatform: platform,
    };
    if (flags.json) {
      const json = Object.entries(facts).map(([name, value]) => [name.replaceAll(/\W/g, ""), value]);
      this.log(goJson(Object.fromEntries(json), "    "));
      return;
    }
    for (const [name, value] of Object.entries(facts)) this.log(`${`${name}:`.padEnd(17)}${value}`);
  }
}

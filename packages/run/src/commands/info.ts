import { boolean, string } from "@oclif/core/flags";
import { FOLLOWED_RELEASE, isJson, renderObject, StoreCommand, versionUnder } from "@wherry/core/cli";

export default class Info extends StoreCommand {
  static override aliases = ["system info"];
  static override summary = "Display information about the host, the store and the programs used";
  static override description =
    "As YAML, or as --format says. What the host lacks for containers is told by `doctor`.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --format json",
    "<%= config.bin %> <%= command.id %> --format '{{.Store.GraphRoot}}'",
  ];
  static override flags = {
    debug: boolean({ char: "D", description: "Tell the versions of what this program runs on too" }),
    format: string({
      char: "f",
      helpValue: "FORMAT",
      description: "Change the output format to JSON or a Go template",
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Info);
    const { collectInfo, debugInfo } = await import("../info/collect-info.ts");
    const { calledAs, program } = this.invocation;
    const version = versionUnder(calledAs, program);
    const buildVersion = calledAs === program.dialect ? FOLLOWED_RELEASE.buildah : version;
    const info = {
      ...(await collectInfo(this.engine, { version, buildVersion })),
      ...(flags.debug ? { debug: debugInfo() } : {}),
    };
    if (flags.format === undefined) {
      const { renderYaml } = await import("../info/render-yaml.ts");
      this.print(renderYaml(info));
    } else if (isJson(flags.format)) this.print(`${JSON.stringify(info, undefined, 2)}\n`);
    else {
      const { goNames } = await import("../info/go-names.ts");
      this.print(renderObject(goNames(info), flags.format, "info"));
    }
  }
}

import { boolean, string } from "@oclif/core/flags";
import { goFields, renderReport, StoreCommand, UsageError, type ReportStyle } from "@wherry/core/cli";
import { volumeFilter } from "../volume/volume-filters.ts";
import { inspectVolume } from "../volume/volume-rows.ts";

const STYLE: ReportStyle = {
  name: "ls",
  type: "*entities.VolumeListReport",
  headings: { Name: "VOLUME NAME" },
  format: "table {{.Driver}}\t{{.Name}}",
};

export default class VolumeLs extends StoreCommand {
  static override aliases = ["volume list"];
  static override summary = "List volumes";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --filter dangling=true --quiet",
    "<%= config.bin %> <%= command.id %> --format '{{.Name}} {{.Mountpoint}}'",
  ];
  static override flags = {
    filter: string({
      char: "f",
      multiple: true,
      helpValue: "KEY=VALUE",
      description: "Filter output: name, label, opt, driver, scope, dangling, anonymous, since, until",
    }),
    format: string({ helpValue: "FORMAT", description: "Format the output to JSON or a Go template" }),
    noheading: boolean({ char: "n", description: "Do not print headings" }),
    quiet: boolean({ char: "q", description: "Print only the names of the volumes" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(VolumeLs);
    if (flags.quiet && flags.format !== undefined)
      throw new UsageError("quiet and format flags cannot be used together");
    const { store } = this.engine;
    const fits = volumeFilter(flags.filter ?? [], store, this.invocation.now());
    const volumes = store.volumes.list().filter(fits);
    if (flags.quiet) {
      for (const { name } of volumes) this.log(name);
      return;
    }
    const rows = volumes.map((volume) =>
      goFields(inspectVolume(store, volume), {
        Label: (key: unknown) => volume.labels[String(key)] ?? "",
      }),
    );
    const report = renderReport(rows, STYLE, {
      format: flags.format,
      noHeading: flags.noheading || rows.length === 0,
      json: () => volumes.map((volume) => inspectVolume(store, volume)),
    });
    this.print(report);
  }
}

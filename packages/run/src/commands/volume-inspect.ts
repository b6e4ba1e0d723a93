import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  isJson,
  renderObject,
  renderReport,
  StoreCommand,
  UsageError,
  type ReportStyle,
} from "@wherry/core/cli";
import { inspectVolume } from "../volume/volume-rows.ts";

/** The exit status where a volume does not exist, as of all inspect commands. */
const NOTHING_TO_SHOW = 125;

/** podman's indentation of what it inspects. */
const INDENT = "     ";

const STYLE: ReportStyle = { name: "inspect", headings: {}, format: "json", type: "interface {}" };

export default class VolumeInspect extends StoreCommand {
  static override summary = "Display detailed information on one or more volumes";
  static override examples = [
    "<%= config.bin %> <%= command.id %> data",
    "<%= config.bin %> <%= command.id %> --format '{{.Mountpoint}}' data",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = { volumes: stringArg({ multiple: true, description: "volumes to inspect" }) };
  static override flags = {
    all: boolean({ char: "a", description: "Inspect all volumes" }),
    format: string({
      char: "f",
      default: "json",
      helpValue: "FORMAT",
      description: "Format the output to JSON or a Go template",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(VolumeInspect);
    const names = args.volumes ?? [];
    if (flags.all && names.length > 0)
      throw new UsageError("can not specify --all and a volume name at the same time");
    if (!flags.all && names.length === 0)
      throw new UsageError("provide one or more volume names or use --all");
    const { store } = this.engine;
    const found: Record<string, unknown>[] = [];
    for (const name of flags.all ? store.volumes.list().map((volume) => volume.name) : names) {
      try {
        found.push(inspectVolume(store, store.volumes.get(name)));
      } catch (error) {
        this.fail(error);
        this.exitStatus = NOTHING_TO_SHOW;
      }
    }
    if (isJson(flags.format)) this.print(renderObject(found, "json", "volume inspect", INDENT));
    else this.print(renderReport(found, STYLE, { format: flags.format }));
  }
}

import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  goFields,
  isJson,
  renderObject,
  renderReport,
  StoreCommand,
  UsageError,
  type ReportStyle,
} from "@wherry/core/cli";
import { containerState, imageOf, listContainers, type Container } from "@wherry/core/container";
import { containerHost, findStored } from "@wherry/core/engine";
import { InvalidReferenceError } from "@wherry/core/reference";
import { choiceFlags } from "../container/flags.ts";
import { inspectContainer } from "../container/inspect-container.ts";
import { NoSuchObjectError } from "../container/errors.ts";
import { inspectImage } from "../image/inspect-image.ts";
import { inspectVolume } from "../volume/volume-rows.ts";

/** podman's indentation of what it inspects. */
const INDENT = "     ";

const STYLE: ReportStyle = { name: "inspect", headings: {}, format: "json", type: "interface {}" };

export default class Inspect extends StoreCommand {
  static override aliases = ["container inspect", "image inspect"];
  static override summary = "Display the configuration of a container, image or volume";
  static override description =
    "A name is looked up among containers, then images, then volumes. Prints a JSON array, or what a template makes of each object.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --format '{{.State.Status}} {{.State.ExitCode}}' web",
    "<%= config.bin %> <%= command.id %> --type image alpine",
    "<%= config.bin %> <%= command.id %> --size --format '{{.SizeRw}}' web",
  ];
  static override args = {
    objects: stringArg({ multiple: true, description: "containers, images or volumes" }),
  };
  static override flags = {
    format: string({
      char: "f",
      default: "json",
      helpValue: "FORMAT",
      description: "Format the output to a Go template or JSON",
    }),
    latest: choiceFlags.latest,
    size: boolean({ char: "s", description: "Display the sizes of a container's files too" }),
    type: string({
      char: "t",
      options: ["all", "container", "image", "volume"],
      default: "all",
      helpValue: "TYPE",
      description: "Look only for this: container, image, volume",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Inspect);
    const names = args.objects ?? [];
    if (!flags.latest && names.length === 0) throw new UsageError("no names or ids specified");
    if (flags.latest && names.length > 0)
      throw new UsageError("--latest and arguments cannot be used together");
    const type = / (container|image) inspect$/.exec(this.commandPath)?.[1] ?? flags.type;
    if (flags.latest && !["all", "container"].includes(type))
      throw new UsageError(`latest is not supported for type ${JSON.stringify(type)}`);
    if (flags.size && ["image", "volume"].includes(type))
      throw new UsageError(`size is not supported for type ${JSON.stringify(type)}`);
    const found: object[] = [];
    for (const name of flags.latest ? [this.#latest()] : names) {
      const object = await this.#find(name, type, flags.size);
      if (object === undefined) this.fail(new NoSuchObjectError(name, type));
      else found.push(object);
    }
    if (isJson(flags.format)) this.print(renderObject(found, "json", "inspect", INDENT));
    else this.print(renderReport(found.map(withGoName), STYLE, { format: flags.format }));
  }

  async #find(name: string, type: string, size: boolean): Promise<object | undefined> {
    const { store } = this.engine;
    const host = containerHost(this.engine);
    const isWanted = (kind: string) => type === "all" || type === kind;
    const record = isWanted("container") ? store.containers.find(name) : undefined;
    if (record !== undefined) {
      const container = record as Container;
      const image = imageOf(host, container);
      const state = containerState(host, container);
      const sizes = size ? await this.#sizes(container) : undefined;
      return inspectContainer(host, { container, state }, image, sizes);
    }
    const image = isWanted("image") ? await this.#image(name, type) : undefined;
    if (image !== undefined) return inspectImage(store, image);
    const volume = isWanted("volume") ? store.volumes.find(name) : undefined;
    return volume === undefined ? undefined : inspectVolume(store, volume);
  }

  /** A text that can be no image's name may still be a volume's. */
  async #image(name: string, type: string) {
    try {
      return await findStored(this.engine, name);
    } catch (error) {
      if (type === "all" && error instanceof InvalidReferenceError) return undefined;
      throw error;
    }
  }

  async #sizes(container: Container) {
    const { sizeOfContainer } = await import("../container/row-details.ts");
    return sizeOfContainer(this.engine, { container });
  }

  #latest(): string {
    const last = listContainers(containerHost(this.engine)).at(-1);
    if (last === undefined) throw new UsageError("no containers found");
    return last.container.id;
  }
}

/** In templates podman's `Id` is called `ID` as well, for that is the field's name in Go. */
function withGoName(object: object): Record<string, unknown> {
  return goFields(object, "Id" in object ? { ID: object.Id } : {}) as Record<string, unknown>;
}

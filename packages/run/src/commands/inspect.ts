import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { isJson, renderObject, StoreCommand, UsageError } from "@wherry/core/cli";
import { containerState, listContainers, type Container } from "@wherry/core/container";
import { containerHost, findStored } from "@wherry/core/engine";
import { choiceFlags } from "../container/flags.ts";
import { inspectContainer } from "../container/inspect-container.ts";
import { NoSuchObjectError } from "../container/errors.ts";
import { inspectImage } from "../image/inspect-image.ts";

/** podman's indentation of what it inspects. */
const INDENT = "     ";

export default class Inspect extends StoreCommand {
  static override aliases = ["container inspect", "image inspect"];
  static override summary = "Display the configuration of a container or image";
  static override description =
    "A name is looked up among containers, then among images. Prints a JSON array, or what a template makes of each object.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web",
    "<%= config.bin %> <%= command.id %> --format '{{.State.Status}} {{.State.ExitCode}}' web",
    "<%= config.bin %> <%= command.id %> --type image alpine",
  ];
  static override args = { objects: stringArg({ multiple: true, description: "containers or images" }) };
  static override flags = {
    format: string({
      char: "f",
      default: "json",
      helpValue: "FORMAT",
      description: "Format the output to a Go template or JSON",
    }),
    latest: choiceFlags.latest,
    type: string({
      char: "t",
      options: ["all", "container", "image"],
      default: "all",
      helpValue: "TYPE",
      description: "Look only for this: container, image",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Inspect);
    const names = args.objects ?? [];
    if (!flags.latest && names.length === 0) throw new UsageError("no names or ids specified");
    if (flags.latest && names.length > 0)
      throw new UsageError("--latest and arguments cannot be used together");
    const type = / (container|image) inspect$/.exec(this.commandPath)?.[1] ?? flags.type;
    const found: object[] = [];
    for (const name of flags.latest ? [this.#latest()] : names) {
      const object = await this.#find(name, type);
      if (object === undefined) this.fail(new NoSuchObjectError(name, type));
      else found.push(object);
    }
    if (isJson(flags.format)) this.print(renderObject(found, "json", "inspect", INDENT));
    else for (const object of found) this.print(renderObject(object, flags.format, "inspect"));
  }

  async #find(name: string, type: string): Promise<object | undefined> {
    const { store } = this.engine;
    const host = containerHost(this.engine);
    const record = type === "image" ? undefined : store.containers.find(name);
    if (record !== undefined) {
      const container = record as Container;
      const image = store.images.list().find(({ id }) => id === container.imageId);
      return inspectContainer(host, { container, state: containerState(host, container) }, image);
    }
    const image = type === "container" ? undefined : await findStored(this.engine, name);
    return image === undefined ? undefined : inspectImage(store, image);
  }

  #latest(): string {
    const last = listContainers(containerHost(this.engine)).at(-1);
    if (last === undefined) throw new UsageError("no containers found");
    return last.container.id;
  }
}

import { string as stringArg } from "@oclif/core/args";
import { string } from "@oclif/core/flags";
import { isatty } from "node:tty";
import { goJson, isJson, renderObject, StoreCommand, UsageError } from "@wherry/core/cli";
import { mountPoints } from "@wherry/core/container";
import { getStored, isWorkingMounted, workingMountPoint } from "@wherry/core/engine";
import { describeWorking, goNames } from "../working/describe.ts";
import { stateFrom } from "../working/from-image.ts";
import { getWorking } from "../working/working-container.ts";

export default class Inspect extends StoreCommand {
  static override summary = "Inspect the configuration of a working container or an image";
  static override examples = [
    "<%= config.bin %> <%= command.id %> $container",
    "<%= config.bin %> <%= command.id %> --type image --format '{{.OCIv1.Config.Cmd}}' app",
  ];
  static override args = { name: stringArg({ required: true, description: "container or image" }) };
  static override arity = "container or image name must be specified";
  static override flags = {
    format: string({ char: "f", helpValue: "template", description: "Print by a Go template" }),
    type: string({
      char: "t",
      helpValue: "TYPE",
      description: "container or image (default: a container, else an image of that name)",
    }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Inspect);
    const { type } = flags;
    if (type !== undefined && type !== "container" && type !== "image")
      throw new UsageError(`the only recognized types are "container" and "image"`);
    const facts = type === "image" ? await this.#image(args.name) : await this.#container(args.name, type);
    if (flags.format === undefined) this.log(goJson(facts, "    "));
    else {
      // buildah ends the line for a reader at a terminal only
      const text = renderObject(goNames(facts), flags.format, "inspect");
      this.print(isatty(1) || isJson(flags.format) ? text : text.replace(/\n$/, ""));
    }
  }

  async #container(name: string, type: string | undefined): Promise<object> {
    const { store } = this.engine;
    if (type === undefined && store.working.find(name) === undefined && (await this.#isImage(name)))
      return this.#image(name);
    const container = getWorking(store, name);
    const points = mountPoints(this.engine.host.procRoot);
    const mounted = isWorkingMounted(this.engine, container, points)
      ? workingMountPoint(store, container)
      : "";
    return describeWorking(store, container.state, {
      id: container.id,
      name: container.name,
      mountPoint: mounted,
    });
  }

  async #isImage(name: string): Promise<boolean> {
    const { findStored } = await import("@wherry/core/engine");
    return (await findStored(this.engine, name)) !== undefined;
  }

  async #image(name: string): Promise<object> {
    const { store } = this.engine;
    const image = await getStored(this.engine, name);
    const state = stateFrom(store, image, image.names[0] ?? "", {});
    return describeWorking(store, state, { id: "", name: "", mountPoint: "" });
  }
}

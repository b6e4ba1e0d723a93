import { string } from "@oclif/core/flags";
import { boolean } from "@oclif/core/flags";
import { goJson, renderReport, StoreCommand, UsageError } from "@wherry/core/cli";
import { listWorking, type WorkingContainer } from "../working/working-container.ts";

const STYLE = {
  name: "containers",
  headings: {
    ContainerID: "CONTAINER ID",
    Builder: "BUILDER",
    ImageID: "IMAGE ID",
    ImageName: "IMAGE NAME",
    ContainerName: "CONTAINER NAME",
  },
  format: "table {{.ContainerID}} {{.Builder}} {{.ImageID}} {{.ImageName}} {{.ContainerName}}",
};

export default class Containers extends StoreCommand {
  static override aliases = ["ls", "list", "ps"];
  static override summary = "List working containers and their base images";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --format '{{.ContainerID}} {{.ContainerName}}'",
    "<%= config.bin %> <%= command.id %> --filter ancestor=debian --quiet",
  ];
  static override flags = {
    all: boolean({ char: "a", description: "Also list the containers of wherry" }),
    filter: string({
      char: "f",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "KEY=VALUE",
      description: "Only those with this id, name or ancestor",
    }),
    format: string({ helpValue: "template", description: "Print each container by a Go template" }),
    json: boolean({ exclusive: ["format"], description: "Print JSON" }),
    noheading: boolean({ char: "n", description: "Do not print column headings" }),
    notruncate: boolean({ aliases: ["no-trunc"], description: "Do not truncate output" }),
    quiet: boolean({ char: "q", description: "Display only container IDs" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Containers);
    const { store } = this.engine;
    const filters = (flags.filter ?? []).map(parseFilter);
    const found = listWorking(store).filter((container) => filters.every((fits) => fits(container)));
    const others = flags.all && filters.length === 0 ? store.containers.list() : [];
    if (flags.quiet) {
      for (const { id } of [...found, ...others]) this.log(id);
      return;
    }
    const all = [
      ...found.map((container) => ({ isOurs: true, ...fieldsOf(container) })),
      ...others.map(({ id, name, imageId, imageName }) => ({
        isOurs: false,
        id,
        name,
        imageId: imageId.replace("sha256:", ""),
        imageName,
      })),
    ];
    if (flags.json) {
      const json = all.map(({ isOurs, id, name, imageId, imageName }) => ({
        id,
        builder: isOurs,
        imageid: imageId,
        imagename: imageName,
        containername: name,
      }));
      this.log(goJson(json, "    "));
      return;
    }
    const short = (id: string) => (flags.notruncate || flags.format !== undefined ? id : id.slice(0, 12));
    const rows = all.map(({ isOurs, id, name, imageId, imageName }) => ({
      ContainerID: short(id),
      Builder: isOurs ? "   *" : "",
      ImageID: short(imageId),
      ImageName: imageName,
      ContainerName: name,
    }));
    this.print(renderReport(rows, STYLE, { format: flags.format, noHeading: flags.noheading }));
  }
}

function fieldsOf({ id, name, state: { image } }: WorkingContainer) {
  return {
    id,
    name,
    imageId: image.id.replace("sha256:", ""),
    imageName: image.id === "" ? "scratch" : image.name,
  };
}

/** @throws {UsageError} */
function parseFilter(text: string): (container: WorkingContainer) => boolean {
  const [, key = "", value = ""] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  switch (key) {
    case "id":
      return ({ id }) => id.startsWith(value);
    case "name":
      return ({ name }) => name.includes(value);
    case "ancestor":
      return (container) => {
        const { imageId, imageName } = fieldsOf(container);
        return imageName === value || imageId.startsWith(value) || imageName.includes(value);
      };
    default:
      throw new UsageError(`invalid filter ${JSON.stringify(text)}: known are id=, name= and ancestor=`);
  }
}

import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { creationFlags } from "../container/flags.ts";

export default class Create extends StoreCommand {
  static override readonly interspersed = false;
  static override summary = "Create a container but do not start it";
  static override description = "Prints the container's ID. Start it with `start`.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --name web -p 8080:80 docker.io/library/nginx",
    "<%= config.bin %> <%= command.id %> -it --name shell alpine sh",
  ];
  static override args = {
    image: stringArg({ required: true, description: "image to make it of" }),
    command: stringArg({ multiple: true, description: "command and arguments instead of the image's" }),
  };
  static override flags = creationFlags;

  override async run(): Promise<void> {
    const { flags, positionals } = await this.input(Create);
    const { newContainer } = await import("../container/new-container.ts");
    const { id } = await newContainer(this.engine, this.invocation, flags, positionals);
    this.log(id);
  }
}

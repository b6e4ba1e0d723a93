import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { getContainer } from "@wherry/core/container";
import { commitContainer, containerHost } from "@wherry/core/engine";
import { writeOutput } from "@wherry/core/io";
import { localReference } from "../image/local-reference.ts";

export default class Commit extends StoreCommand {
  static override summary = "Create a new image based on the changed container";
  static override description =
    "Prints the image's ID. What is mounted in the container, such as volumes and secrets, does not become part of it.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> web web:changed",
    `<%= config.bin %> <%= command.id %> --change 'CMD ["sh"]' --message "with tools" web tools`,
    "<%= config.bin %> <%= command.id %> --quiet --pause db registry.example.com/team/db:1",
  ];
  static override args = {
    container: stringArg({ required: true, description: "container" }),
    image: stringArg({ description: "name of the image" }),
  };
  static override flags = {
    author: string({ char: "a", helpValue: "AUTHOR", description: "Set the author of the image" }),
    change: string({
      char: "c",
      multiple: true,
      helpValue: "INSTRUCTION",
      description: "Apply an instruction of a Containerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER …",
    }),
    format: string({
      char: "f",
      options: ["oci", "docker"],
      default: "oci",
      description: "Format of the image",
    }),
    iidfile: string({ helpValue: "FILE", description: "Write the image's ID to the file" }),
    "include-volumes": boolean({ description: "Make the container's volumes the image's" }),
    message: string({ char: "m", helpValue: "TEXT", description: "Set the message of the history" }),
    pause: boolean({ char: "p", description: "Pause the container meanwhile" }),
    quiet: boolean({ char: "q", description: "Show no progress" }),
    squash: boolean({ char: "s", description: "Make one layer of all files" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Commit);
    const { author, message, change, iidfile } = flags;
    const name = args.image === undefined ? {} : { name: localReference(args.image) };
    const { id } = await commitContainer(
      this.engine,
      getContainer(containerHost(this.engine), args.container),
      {
        ...name,
        ...(author === undefined ? {} : { author }),
        ...(message === undefined ? {} : { message }),
        changes: change ?? [],
        format: flags.format === "docker" ? "docker" : "oci",
        pause: flags.pause,
        squash: flags.squash,
        includeVolumes: flags["include-volumes"],
      },
    );
    if (iidfile !== undefined) writeOutput(iidfile, id);
    this.log(id.replace("sha256:", ""));
  }
}

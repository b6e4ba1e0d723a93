import { join } from "node:path";
import { string as stringArg } from "@oclif/core/args";
import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { readIfThere } from "@wherry/core/io";
import { encodedOf } from "@wherry/core/oci";
import { formatReference } from "@wherry/core/reference";
import { createHostBase } from "../../base/index.ts";
import { localName } from "../../image-name.ts";

export default class BaseHost extends StoreCommand {
  static override summary = "Make a base image of programs of this machine";
  static override description = `Makes an image NAME of programs that are installed here, the libraries they load, and a minimal /etc.
Needs no registry, no root and no user namespace. PROGRAM is a name along PATH, or the absolute path of a program, another file
or a folder. Libraries that a program opens by name while it runs (plugins) are not found: add them by their path.
The same files make the same image. Prints the image's ID.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> tools sh busybox",
    "<%= config.bin %> <%= command.id %> localhost/python sh python3 /usr/lib/python3.11",
  ];
  static override args = {
    name: stringArg({ required: true, description: "name of the image" }),
    programs: stringArg({ required: true, multiple: true, description: "programs to put in" }),
  };
  static override flags = { quiet: boolean({ char: "q", description: "Print only the image's ID" }) };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(BaseHost);
    const { env, etc } = this.engine.host;
    const name = localName(args.name);
    const osRelease = readIfThere(join(etc, "os-release"));
    const image = await createHostBase(this.engine.store, name, args.programs, {
      ...(env["PATH"] === undefined ? {} : { searchPath: env["PATH"] }),
      ...(osRelease === undefined ? {} : { osRelease }),
    });
    if (!flags.quiet) this.log(`Successfully tagged ${formatReference(name)}`);
    this.log(encodedOf(image.id));
  }
}

import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { encodedOf } from "@wherry/core/oci";
import { formatReference } from "@wherry/core/reference";
import { createDebianBase } from "../../base/index.ts";
import { localName } from "../../image-name.ts";

export default class BaseDebian extends StoreCommand {
  static override summary = "Make a Debian base image from its packages";
  static override description = `Makes an image NAME of SUITE with mmdebstrap, without root and without a registry. Without SUITE it is
that of this machine, from its own apt sources. Prints the image's ID.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> debian",
    "<%= config.bin %> <%= command.id %> localhost/python:3 bookworm --include python3,ca-certificates",
    "<%= config.bin %> <%= command.id %> debian:sid sid --mirror http://mirror.example.org/debian",
  ];
  static override args = {
    name: stringArg({ required: true, description: "name of the image" }),
    suite: stringArg({ description: "such as bookworm or stable" }),
  };
  static override flags = {
    include: string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ",",
      helpValue: "PACKAGE,…",
      description: "Packages to install besides the minimum",
    }),
    mirror: string({ helpValue: "URL", description: "Archive to take packages from" }),
    quiet: boolean({ char: "q", description: "Print only the image's ID" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(BaseDebian);
    const { env, etc, uid } = this.engine.host;
    const name = localName(args.name);
    if (!flags.quiet) this.log("Downloading and installing packages: this takes a minute or two");
    const image = await createDebianBase(this.engine.store, name, {
      env,
      etc,
      uid,
      now: this.invocation.now(),
      signal: this.invocation.signal,
      ...(args.suite === undefined ? {} : { suite: args.suite }),
      ...(flags.include === undefined ? {} : { include: flags.include }),
      ...(flags.mirror === undefined ? {} : { mirror: flags.mirror }),
    });
    if (!flags.quiet) this.log(`Successfully tagged ${formatReference(name)}`);
    this.log(encodedOf(image.id));
  }
}

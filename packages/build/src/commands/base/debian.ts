import { string as stringArg } from "@oclif/core/args";
import { boolean, option, string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { encodedOf } from "@wherry/core/oci";
import { formatReference } from "@wherry/core/reference";
import { createDebianBase, VARIANTS, type Variant } from "../../base/index.ts";
import { localName } from "../../image-name.ts";

export default class BaseDebian extends StoreCommand {
  static override summary = "Make a Debian base image from its packages";
  static override description = `Makes an image NAME of SUITE, without root and without a registry: with mmdebstrap, else with debootstrap in
the user namespace. Without SUITE it is that of this machine, from its own apt sources. The same packages give the same image. Labels name
the packages, and /var/lib/db/sbom/base.spdx.json (SPDX) the files too. Prints the image's ID.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> debian",
    "<%= config.bin %> <%= command.id %> localhost/python:3 bookworm --include python3,ca-certificates",
    "<%= config.bin %> <%= command.id %> debian:sid sid --mirror http://mirror.example.org/debian",
    "<%= config.bin %> <%= command.id %> localhost/certificates --variant extract --include ca-certificates",
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
    mirror: string({
      helpValue: "URL",
      description: "Archive to take packages from, or an entry as sources.list has it",
    }),
    variant: option({
      options: VARIANTS,
      default: "minbase" as Variant,
      description: "Which packages besides: extract unpacks those of --include alone",
    })(),
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
      variant: flags.variant,
      enter: async () => (await this.engine.userNamespace()).enter({ mounts: true }),
      signal: this.invocation.signal,
      ...(args.suite === undefined ? {} : { suite: args.suite }),
      ...(flags.include === undefined ? {} : { include: flags.include }),
      ...(flags.mirror === undefined ? {} : { mirror: flags.mirror }),
    });
    if (!flags.quiet) this.log(`Successfully tagged ${formatReference(name)}`);
    this.log(encodedOf(image.id));
  }
}

import { string as stringArg } from "@oclif/core/args";
import { StoreCommand } from "@wherry/core/cli";
import { getStored } from "@wherry/core/engine";
import { parseReference } from "@wherry/core/reference";
import { localReference } from "../image/local-reference.ts";
import { TagNotKnownError } from "../image/errors.ts";

export default class Untag extends StoreCommand {
  static override summary = "Remove a name from a local image";
  static override description = "Without NAMES all names are removed; the image stays.";
  static override examples = ["<%= config.bin %> <%= command.id %> app registry.example.com/team/app:1.0"];
  static override args = {
    image: stringArg({ required: true, description: "image to take names from" }),
    names: stringArg({ multiple: true, description: "names to remove" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.input(Untag);
    const { images } = this.engine.store;
    const image = await getStored(this.engine, args.image);
    const given = args.names ?? [];
    const names =
      given.length === 0 ? image.names.map((name) => parseReference(name)) : given.map(localReference);
    for (const [index, name] of names.entries()) {
      if (!images.untag(name)) throw new TagNotKnownError(given[index] ?? "");
    }
  }
}

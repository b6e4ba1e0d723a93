import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { isJson, renderObject, StoreCommand } from "@wherry/core/cli";
import { inspectSecret, prettySecret, type ShownSecret } from "../secret/secret-rows.ts";

export default class SecretInspect extends StoreCommand {
  static override summary = "Display what is known of one or more secrets";
  static override description =
    "Prints a JSON array, or what a template makes of each. What the secret is, is shown with --showsecret only.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> db-password",
    "<%= config.bin %> <%= command.id %> --format '{{.ID}} {{.Spec.Labels.team}}' db-password",
    "<%= config.bin %> <%= command.id %> --pretty db-password",
    "<%= config.bin %> <%= command.id %> --showsecret --format '{{.SecretData}}' db-password",
  ];
  static override args = {
    secrets: stringArg({ required: true, multiple: true, description: "names or IDs" }),
  };
  static override flags = {
    format: string({
      char: "f",
      default: "json",
      helpValue: "FORMAT",
      description: "Format the output to a Go template or JSON",
    }),
    pretty: boolean({ description: "Print it for people" }),
    showsecret: boolean({ description: "Show what the secret is too" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(SecretInspect);
    const { store } = this.engine;
    const found: ShownSecret[] = [];
    for (const text of args.secrets) {
      try {
        const secret = store.secrets.get(text);
        found.push(flags.showsecret ? { ...secret, data: store.secrets.read(secret).toString() } : secret);
      } catch (error) {
        this.fail(error);
      }
    }
    const shown = found.map((secret) => inspectSecret(store, secret));
    if (flags.pretty) for (const secret of found) this.print(prettySecret(secret));
    else if (isJson(flags.format)) this.print(renderObject(shown, "json", "secret inspect", "    "));
    else for (const object of shown) this.print(renderObject(object, flags.format, "secret inspect"));
  }
}

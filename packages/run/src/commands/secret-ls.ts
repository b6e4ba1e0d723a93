import { boolean, string } from "@oclif/core/flags";
import { formatAge, renderReport, StoreCommand, UsageError, type ReportStyle } from "@wherry/core/cli";
import { secretFilter } from "../secret/secret-filters.ts";
import { inspectSecret } from "../secret/secret-rows.ts";

const STYLE: ReportStyle = {
  name: "ls",
  type: "*entities.SecretListReport",
  headings: { CreatedAt: "CREATED", UpdatedAt: "UPDATED" },
  format: "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.CreatedAt}}\t{{.UpdatedAt}}",
};

export default class SecretLs extends StoreCommand {
  static override aliases = ["secret list"];
  static override summary = "List secrets";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --filter name=^db- --quiet",
    "<%= config.bin %> <%= command.id %> --format '{{.Name}} {{.UpdatedAt}}'",
  ];
  static override flags = {
    filter: string({
      char: "f",
      multiple: true,
      helpValue: "KEY=VALUE",
      description: "Filter output: name, id",
    }),
    format: string({ helpValue: "FORMAT", description: "Format the output to JSON or a Go template" }),
    noheading: boolean({ char: "n", description: "Do not print headings" }),
    quiet: boolean({ char: "q", description: "Print only the IDs of the secrets" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(SecretLs);
    if (flags.quiet && flags.format !== undefined)
      throw new UsageError("quiet and format flags cannot be used together");
    const { store } = this.engine;
    const secrets = store.secrets.list().filter(secretFilter(flags.filter ?? []));
    if (flags.quiet) {
      for (const { id } of secrets) this.log(id);
      return;
    }
    const now = this.invocation.now();
    const rows = secrets.map(({ id, name, created, updated, labels }) => ({
      ID: id,
      Name: name,
      Driver: "file",
      CreatedAt: formatAge(created, now),
      UpdatedAt: formatAge(updated, now),
      Label: (key: unknown) => labels[String(key)] ?? "",
    }));
    const json = () => secrets.map((secret) => inspectSecret(store, secret));
    this.print(renderReport(rows, STYLE, { format: flags.format, noHeading: flags.noheading, json }));
  }
}

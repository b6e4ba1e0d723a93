import { string as stringArg } from "@oclif/core/args";
import { boolean, integer, string } from "@oclif/core/flags";
import {
  registryFlags,
  registryOptions,
  renderReport,
  StoreCommand,
  UsageError,
  type ReportStyle,
} from "@wherry/core/cli";
import { listTaggedNames, searchImages } from "@wherry/core/engine";
import { searchFilter, searchRow } from "../image/search-rows.ts";

const STYLE: ReportStyle = {
  name: "search",
  type: "images.searchReport",
  headings: { Name: "NAME" },
  format: "table {{.Name}}\t{{.Description}}",
};
const COMPATIBLE = "table {{.Name}}\t{{.Description}}\t{{.Stars}}\t{{.Official}}\t{{.Automated}}";
const TAGS = "table {{.Name}}\t{{.Tag}}";
const LIMIT = 25;
const TAGS_LIMIT = 10;
const MOST = 100;

export default class Search extends StoreCommand {
  static override aliases = ["image search"];
  static override summary = "Search registry for image";
  static override description = `TERM may begin with a registry; without one, the registries of unqualified-search-registries are searched, or Docker
Hub. Registries that do not search by themselves are looked through by their catalogue.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> quay.io/podman",
    "<%= config.bin %> <%= command.id %> --filter is-official --limit 5 alpine",
    "<%= config.bin %> <%= command.id %> --list-tags docker.io/library/alpine",
  ];
  static override args = { term: stringArg({ required: true, description: "text to search for" }) };
  static override flags = {
    authfile: registryFlags.authfile,
    "cert-dir": registryFlags["cert-dir"],
    compatible: boolean({ description: "List stars, official and automated columns too, as docker does" }),
    creds: registryFlags.creds,
    filter: string({
      char: "f",
      multiple: true,
      helpValue: "KEY=VALUE",
      description: "Filter output: stars=N, is-official, is-automated",
    }),
    format: string({ helpValue: "FORMAT", description: "Change the output format to JSON or a Go template" }),
    limit: integer({
      min: 1,
      max: MOST,
      helpValue: "NUMBER",
      description: "Show as many results at most (default 25)",
    }),
    "list-tags": boolean({ description: "List the tags of the repository", exclusive: ["filter"] }),
    "no-trunc": boolean({ description: "Do not truncate the output" }),
    "tls-verify": registryFlags["tls-verify"],
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Search);
    if (args.term === "") throw new UsageError("search term must not be empty");
    const registry = registryOptions(flags);
    const rows = flags["list-tags"]
      ? await this.#tags(args.term, registry, flags.limit ?? TAGS_LIMIT)
      : await this.#repositories(args.term, registry, flags);
    const table = flags["list-tags"] ? TAGS : flags.compatible ? COMPATIBLE : undefined;
    const format = flags.format ?? table;
    const json = () => (flags["list-tags"] ? byName(rows) : rows);
    this.print(
      rows.length === 0 && flags.format === undefined ? "" : renderReport(rows, STYLE, { format, json }),
    );
  }

  async #repositories(term: string, registry: ReturnType<typeof registryOptions>, flags: RepositoryFlags) {
    const fits = searchFilter(flags.filter ?? []);
    const found = await searchImages(this.engine, term, {
      registry,
      limit: flags.limit ?? LIMIT,
      onFailure: (_registry, error) => this.fail(error),
    });
    return found.filter(fits).map((result) => searchRow(result, !flags["no-trunc"]));
  }

  async #tags(term: string, registry: ReturnType<typeof registryOptions>, limit: number) {
    const names = await listTaggedNames(this.engine, term, registry, limit);
    return names.map((name) => ({
      Name: name.slice(0, name.lastIndexOf(":")),
      Tag: name.slice(name.lastIndexOf(":") + 1),
    }));
  }
}

/** The tags of each name together, as JSON has them. */
function byName(rows: readonly Readonly<Record<string, unknown>>[]): object[] {
  return [...Map.groupBy(rows, ({ Name }) => Name)].map(([Name, tagged]) => ({
    Name,
    Tags: tagged.map(({ Tag }) => Tag),
  }));
}

interface RepositoryFlags {
  readonly filter?: readonly string[] | undefined;
  readonly limit?: number | undefined;
  readonly "no-trunc": boolean;
}

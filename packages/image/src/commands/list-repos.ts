import { string as stringArg } from "@oclif/core/args";
import { anonymousFlags, registryFlags, registryOptions, UsageError } from "@wherry/core/cli";
import { listRepositories } from "@wherry/core/engine";
import { ImageCommand } from "../image-command.ts";
import { retryFlag } from "../retry.ts";

export default class ListRepos extends ImageCommand {
  static override readonly arity = "Exactly one argument expected";
  static override summary = "List the repositories of a registry, where it tells them";
  static override examples = ["<%= config.bin %> <%= command.id %> registry.example.com:5000"];
  static override args = { registry: stringArg({ required: true, description: "host, or docker://host" }) };
  static override flags = { ...registryFlags, ...anonymousFlags, ...retryFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(ListRepos);
    const registry = args.registry.replace(/^docker:\/\//, "").replace(/\/$/, "");
    if (registry === "" || registry.includes("/"))
      throw new UsageError(`a registry is expected, host or host:port, not ${args.registry}`);
    const repositories = await listRepositories(this.engine, registry, registryOptions(flags));
    this.log(JSON.stringify({ Registry: registry, Repositories: repositories }, undefined, "    "));
  }
}

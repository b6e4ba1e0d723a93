import { WherryError } from "../error/index.ts";
import type { Connection } from "./connection.ts";
import type { SyncItem, SyncOptions } from "./image-sync.ts";

/** Which tags of destinations never move and are there already: the tags of a repository are listed once. */
export class KeptTags {
  readonly #connect: () => Connection;
  readonly #listed = new Map<string, Promise<ReadonlySet<string>>>();

  /** @param connect gives the connection of all destinations */
  constructor(connect: () => Connection) {
    this.#connect = connect;
  }

  async has({ destination }: SyncItem, { isImmutable }: SyncOptions): Promise<boolean> {
    if (isImmutable === undefined || destination.transport !== "docker") return false;
    const { registry, repository, tag } = destination.reference;
    if (tag === undefined || !isImmutable(tag)) return false;
    const key = `${registry}/${repository}`;
    const listed = this.#listed.get(key) ?? this.#list(destination);
    this.#listed.set(key, listed);
    return (await listed).has(tag);
  }

  async #list(
    destination: SyncItem["destination"] & { readonly transport: "docker" },
  ): Promise<ReadonlySet<string>> {
    try {
      return new Set(await this.#connect().tagsOf(destination));
    } catch (error) {
      if (error instanceof WherryError && error.code === "ERR_WHERRY_REPOSITORY_UNKNOWN") return new Set();
      throw error;
    }
  }
}

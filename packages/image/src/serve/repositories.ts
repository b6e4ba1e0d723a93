import { lstatSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { errnoOf } from "@wherry/core/error";
import { LayoutRepository } from "./layout-repository.ts";
import { nameUnknown, Refusal } from "./refusal.ts";

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const NAME_LIMIT = 255;
/** What an OCI layout has in its folder, so that no repository below it may be called that. */
const TAKEN: ReadonlySet<string> = new Set(["blobs", "oci-layout", "index.json"]);

/** The repositories below a folder: each is a folder with an OCI layout, at the path that its name says. */
export class Repositories {
  readonly folder: string;
  readonly #open = new Map<string, LayoutRepository>();

  /** @param folder made when it does not exist */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.folder = realpathSync(folder);
  }

  /** The repository of that name. @throws {Refusal} when there is none, or the name is no name */
  get(name: string): LayoutRepository {
    const repository = this.at(name);
    if (!repository.exists) throw nameUnknown();
    return repository;
  }

  /** The repository of that name, which may not be there yet. @throws {Refusal} */
  at(name: string): LayoutRepository {
    const parts = name.split("/");
    if (name.length > NAME_LIMIT || parts.some((part) => !COMPONENT.test(part) || TAKEN.has(part)))
      throw new Refusal(400, "NAME_INVALID", "invalid repository name");
    this.#confine(parts);
    let repository = this.#open.get(name);
    if (repository === undefined) {
      repository = new LayoutRepository(join(this.folder, ...parts));
      this.#open.set(name, repository);
    }
    return repository;
  }

  /** The names of all repositories, sorted. */
  names(): string[] {
    const found: string[] = [];
    const visit = (folder: string, name: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (!entry.isDirectory() || !COMPONENT.test(entry.name) || TAKEN.has(entry.name)) continue;
        const inner = name === "" ? entry.name : `${name}/${entry.name}`;
        if (new LayoutRepository(join(folder, entry.name)).exists) found.push(inner);
        visit(join(folder, entry.name), inner);
      }
    };
    visit(this.folder, "");
    return found.sort();
  }

  /** No link leads out: every part of the way that is there is a folder itself. */
  #confine(parts: readonly string[]): void {
    let path = this.folder;
    for (const part of [...parts, "blobs", "sha256"]) {
      path += sep + part;
      try {
        if (!lstatSync(path).isDirectory()) throw nameUnknown();
      } catch (error) {
        if (errnoOf(error) === "ENOENT") return;
        throw error;
      }
    }
  }
}

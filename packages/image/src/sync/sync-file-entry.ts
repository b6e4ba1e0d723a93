import type { RegistryOptions } from "@wherry/core/engine";
import type { ImageChoice } from "@wherry/core/image";
import { isDigest, parsePlatform } from "@wherry/core/oci";
import { parseReference, type Reference } from "@wherry/core/reference";
import { compilePattern } from "./pattern.ts";
import { isRepositoryName } from "./repository-name.ts";
import { tagFilter, versionFilter, type TagFilter } from "./tag-filter.ts";
import { isNothing, YamlValues, type Fields } from "./yaml-values.ts";

/** A repository to copy images from, and which of them. */
export interface SyncRepository {
  /** Without tag and digest. */
  readonly reference: Reference;
  readonly options: RegistryOptions;
  /** The references to copy, with tag or digest; undefined when the repository's tags are to be listed. */
  readonly listed?: readonly Reference[];
  /** Of the tags those to copy; default all. */
  readonly filter?: TagFilter;
  /** Which images of an index; default as the command line has it. */
  readonly choice?: ImageChoice;
  /** The repository's name at the destination, instead of the one that follows from its name here. */
  readonly rename?: string;
}

const ACCESS = ["credentials", "tls-verify", "cert-dir"];
const KEYS = ["images", "images-by-tag-regex", "images-by-semver", "repositories", "platforms", ...ACCESS];
/** Of one entry below `repositories`. */
const ENTRY_KEYS = ["tags", "include", "exclude", "semver", "newest", "platforms", "rename", ...ACCESS];

/** One registry of the file. What is wrong with it is added to the problems, each with its path in the file. */
export class RegistryEntry {
  readonly #registry: string;
  readonly #content: unknown;
  readonly #values: YamlValues;

  constructor(registry: string, content: unknown, problems: string[]) {
    this.#registry = registry;
    this.#content = content;
    this.#values = new YamlValues(registry, problems);
  }

  repositories(): SyncRepository[] {
    const fields = this.#values.fieldsOf([], this.#content);
    this.#values.checkKeys([], fields, KEYS);
    const options = this.#options(fields, []);
    const choice = this.#choice(["platforms"], fields.get("platforms"));
    const found = [
      ...this.#each(fields, "images", (path, reference, value) =>
        this.#listed(path, reference, value, options),
      ),
      ...this.#each(fields, "images-by-tag-regex", (path, reference, value) =>
        this.#filtered(path, reference, value, options, compilePattern),
      ),
      ...this.#each(fields, "images-by-semver", (path, reference, value) =>
        this.#filtered(path, reference, value, options, versionFilter),
      ),
      ...this.#each(fields, "repositories", (path, reference, value) =>
        (Array.isArray(value) ? value : [value]).flatMap((entry: unknown, index) => {
          const place = Array.isArray(value) ? [...path, String(index + 1)] : path;
          return this.#entry(place, reference, entry, options) ?? [];
        }),
      ),
    ];
    return choice === undefined ? found : found.map((repository) => ({ choice, ...repository }));
  }

  /** One set of wishes for a repository; several of them add up. */
  #entry(
    path: readonly string[],
    reference: Reference,
    value: unknown,
    inherited: RegistryOptions,
  ): SyncRepository | undefined {
    const fields = this.#values.fieldsOf(path, value);
    this.#values.checkKeys(path, fields, ENTRY_KEYS);
    const options = { ...inherited, ...this.#options(fields, path) };
    const base = this.#listed(path, reference, fields.get("tags"), options);
    const choice = this.#choice([...path, "platforms"], fields.get("platforms"));
    const rename = this.#rename([...path, "rename"], fields.get("rename"));
    const semver = this.#values.optionalText([...path, "semver"], fields.get("semver"));
    const newest = this.#values.count([...path, "newest"], fields.get("newest"));
    const wishes = {
      include: this.#values.texts([...path, "include"], fields.get("include")),
      exclude: this.#values.texts([...path, "exclude"], fields.get("exclude")),
      ...(semver === undefined ? {} : { semver }),
      ...(newest === undefined ? {} : { newest }),
    };
    const filter = this.#values.attempt(path, () => tagFilter(wishes));
    if (base === undefined || filter === undefined) return undefined;
    return {
      ...base,
      filter,
      ...(choice === undefined ? {} : { choice }),
      ...(rename === undefined ? {} : { rename }),
    };
  }

  #choice(path: readonly string[], value: unknown): ImageChoice | undefined {
    if (isNothing(value)) return undefined;
    const texts = this.#values.texts(path, value);
    if (texts.length === 1 && texts[0] === "all") return { kind: "all" };
    const platforms = this.#values.attempt(path, () => texts.map(parsePlatform));
    return platforms === undefined ? undefined : { kind: "some", platforms, strip: true };
  }

  #rename(path: readonly string[], value: unknown): string | undefined {
    const text = this.#values.optionalText(path, value);
    if (text === undefined) return undefined;
    const isName = this.#values.attempt(path, () => isRepositoryName(text));
    if (isName !== false) return isName === undefined ? undefined : text;
    this.#values.problem(path, "a name is expected, without tag or digest");
    return undefined;
  }

  #each(
    fields: Fields,
    key: string,
    read: (
      path: readonly string[],
      reference: Reference,
      value: unknown,
    ) => SyncRepository | readonly SyncRepository[] | undefined,
  ): SyncRepository[] {
    return [...this.#values.fieldsOf([key], fields.get(key))].flatMap(([name, value]) => {
      const path = [key, name];
      const reference = this.#values.attempt(path, () => parseReference(`${this.#registry}/${name}`));
      if (reference === undefined) return [];
      if (reference.tag !== undefined || reference.digest !== undefined) {
        this.#values.problem(path, "a repository is expected, without tag or digest");
        return [];
      }
      return read(path, reference, value) ?? [];
    });
  }

  #listed(
    path: readonly string[],
    reference: Reference,
    value: unknown,
    options: RegistryOptions,
  ): SyncRepository | undefined {
    if (isNothing(value)) return { reference, options };
    if (!Array.isArray(value)) {
      this.#values.problem(path, "a list of tags and digests is expected; an empty one means all tags");
      return undefined;
    }
    if (value.length === 0) return { reference, options };
    const listed = value.flatMap((item: unknown) => {
      if (typeof item !== "string") {
        this.#values.problem(path, "a list of tags and digests is expected");
        return [];
      }
      if (isDigest(item)) return [{ ...reference, digest: item }];
      return (
        this.#values.attempt(path, () => parseReference(`${this.#registry}/${path[1] ?? ""}:${item}`)) ?? []
      );
    });
    return { reference, options, listed };
  }

  #filtered(
    path: readonly string[],
    reference: Reference,
    value: unknown,
    options: RegistryOptions,
    compile: (text: string) => (tag: string) => boolean,
  ): SyncRepository | undefined {
    const text = this.#values.textOf(path, value);
    const isWanted = text === undefined ? undefined : this.#values.attempt(path, () => compile(text));
    if (isWanted === undefined) return undefined;
    return { reference, options, filter: (tags) => tags.filter(isWanted) };
  }

  #options(fields: Fields, path: readonly string[]): RegistryOptions {
    const tlsVerify = this.#values.booleanOf([...path, "tls-verify"], fields.get("tls-verify"));
    const certDir = this.#values.optionalText([...path, "cert-dir"], fields.get("cert-dir"));
    const place = [...path, "credentials"];
    const login = this.#values.fieldsOf(place, fields.get("credentials"));
    this.#values.checkKeys(place, login, ["username", "password"]);
    const username = this.#values.optionalText([...place, "username"], login.get("username"));
    const password = this.#values.optionalText([...place, "password"], login.get("password")) ?? "";
    if (login.size > 0 && username === undefined) this.#values.problem(place, "username is missing");
    return {
      ...(tlsVerify === undefined ? {} : { tlsVerify }),
      ...(certDir === undefined ? {} : { certDir }),
      ...(username === undefined ? {} : { credentials: { username, password } }),
    };
  }
}

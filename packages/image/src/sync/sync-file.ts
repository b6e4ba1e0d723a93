import { readFileSync } from "node:fs";
import type { RegistryOptions } from "@wherry/core/engine";
import { FileSystemError, WherryError } from "@wherry/core/error";
import type { ImageChoice } from "@wherry/core/image";
import { isDigest, parsePlatform } from "@wherry/core/oci";
import { parseReference, type Reference } from "@wherry/core/reference";
import { InvalidSyncFileError } from "./errors.ts";
import { compilePattern } from "./pattern.ts";
import { tagFilter, versionFilter, type TagFilter } from "./tag-filter.ts";

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

/** What a sync file asks for. */
export interface SyncFile {
  readonly repositories: readonly SyncRepository[];
  /** Registries of which nothing is asked. */
  readonly warnings: readonly string[];
}

type Fields = ReadonlyMap<string, unknown>;

const ACCESS = ["credentials", "tls-verify", "cert-dir"];
const KEYS = ["images", "images-by-tag-regex", "images-by-semver", "repositories", "platforms", ...ACCESS];
/** Of one entry below `repositories`. */
const ENTRY_KEYS = ["tags", "include", "exclude", "semver", "newest", "platforms", "rename", ...ACCESS];
const YES = /^(?:true|yes|on|y)$/i;
const NO = /^(?:false|no|off|n)$/i;

/**
 * Reads skopeo's YAML, and ours: `repositories` with one or several entries each, that have `tags`, `include`, `exclude`,
 * `semver`, `newest`, `platforms`, `rename` and their own `credentials`, `tls-verify` and `cert-dir`. All of it is checked
 * before anything of it is used.
 *
 * @throws {InvalidSyncFileError} naming every bad entry
 */
export async function readSyncFile(path: string): Promise<SyncFile> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
  return parseSyncFile(text, path);
}

/** As `readSyncFile`. @param path what messages call it */
export async function parseSyncFile(text: string, path: string): Promise<SyncFile> {
  const problems: string[] = [];
  const repositories: SyncRepository[] = [];
  const warnings: string[] = [];
  for (const [registry, content] of await readYaml(text, path)) {
    const found = new RegistryEntry(registry, content, problems).repositories();
    if (found.length === 0 && problems.length === 0)
      warnings.push(`No images specified for registry ${registry}`);
    repositories.push(...found);
  }
  if (problems.length > 0) throw new InvalidSyncFileError(path, problems);
  return { repositories, warnings };
}

/** Scalars stay the text they are: 1.10 is a tag, not a number. */
async function readYaml(text: string, path: string): Promise<Fields> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { schema: "failsafe", merge: true });
  if (document.errors.length > 0) {
    const lines = document.errors.map(({ message }) => message.split("\n")[0]?.replace(/:$/, "") ?? message);
    throw new InvalidSyncFileError(path, lines);
  }
  let content: unknown;
  try {
    content = document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  } catch (error) {
    throw new InvalidSyncFileError(path, [error instanceof Error ? error.message : String(error)], error);
  }
  if (isNothing(content)) return new Map();
  if (isFields(content)) return content;
  throw new InvalidSyncFileError(path, ["expected registries, each with its images"]);
}

/** One registry of the file. What is wrong with it is added to the problems, each with its path in the file. */
class RegistryEntry {
  readonly #registry: string;
  readonly #content: unknown;
  readonly #problems: string[];

  constructor(registry: string, content: unknown, problems: string[]) {
    this.#registry = registry;
    this.#content = content;
    this.#problems = problems;
  }

  repositories(): SyncRepository[] {
    const fields = this.#fieldsOf([], this.#content);
    for (const key of fields.keys())
      if (!KEYS.includes(key)) this.#problem([key], `unknown key, not one of ${KEYS.join(", ")}`);
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
    const fields = this.#fieldsOf(path, value);
    for (const key of fields.keys())
      if (!ENTRY_KEYS.includes(key))
        this.#problem([...path, key], `unknown key, not one of ${ENTRY_KEYS.join(", ")}`);
    const options = { ...inherited, ...this.#options(fields, path) };
    const base = this.#listed(path, reference, fields.get("tags"), options);
    const choice = this.#choice([...path, "platforms"], fields.get("platforms"));
    const rename = this.#rename([...path, "rename"], fields.get("rename"));
    const semver = this.#optionalText([...path, "semver"], fields.get("semver"));
    const newest = this.#count([...path, "newest"], fields.get("newest"));
    const wishes = {
      include: this.#texts([...path, "include"], fields.get("include")),
      exclude: this.#texts([...path, "exclude"], fields.get("exclude")),
      ...(semver === undefined ? {} : { semver }),
      ...(newest === undefined ? {} : { newest }),
    };
    const filter = this.#attempt(path, () => tagFilter(wishes));
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
    const texts = this.#texts(path, value);
    if (texts.length === 1 && texts[0] === "all") return { kind: "all" };
    const platforms = this.#attempt(path, () => texts.map(parsePlatform));
    return platforms === undefined ? undefined : { kind: "some", platforms, strip: true };
  }

  #rename(path: readonly string[], value: unknown): string | undefined {
    const text = this.#optionalText(path, value);
    if (text === undefined) return undefined;
    const checked = this.#attempt(path, () => parseReference(`example.com/${text}`));
    if (checked === undefined) return undefined;
    if (checked.tag === undefined && checked.digest === undefined) return text;
    this.#problem(path, "a name is expected, without tag or digest");
    return undefined;
  }

  #count(path: readonly string[], value: unknown): number | undefined {
    if (isNothing(value)) return undefined;
    if (typeof value === "string" && /^[1-9]\d{0,8}$/.test(value)) return Number(value);
    this.#problem(path, "a number from 1 on is expected");
    return undefined;
  }

  /** One text, or a list of them. */
  #texts(path: readonly string[], value: unknown): readonly string[] {
    if (isNothing(value)) return [];
    return (Array.isArray(value) ? value : [value]).flatMap(
      (item: unknown) => this.#textOf(path, item) ?? [],
    );
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
    return [...this.#fieldsOf([key], fields.get(key))].flatMap(([name, value]) => {
      const path = [key, name];
      const reference = this.#attempt(path, () => parseReference(`${this.#registry}/${name}`));
      if (reference === undefined) return [];
      if (reference.tag !== undefined || reference.digest !== undefined) {
        this.#problem(path, "a repository is expected, without tag or digest");
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
      this.#problem(path, "a list of tags and digests is expected; an empty one means all tags");
      return undefined;
    }
    if (value.length === 0) return { reference, options };
    const listed = value.flatMap((item: unknown) => {
      if (typeof item !== "string") {
        this.#problem(path, "a list of tags and digests is expected");
        return [];
      }
      if (isDigest(item)) return [{ ...reference, digest: item }];
      return this.#attempt(path, () => parseReference(`${this.#registry}/${path[1] ?? ""}:${item}`)) ?? [];
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
    const text = this.#textOf(path, value);
    const isWanted = text === undefined ? undefined : this.#attempt(path, () => compile(text));
    if (isWanted === undefined) return undefined;
    return { reference, options, filter: (tags) => tags.filter(isWanted) };
  }

  #options(fields: Fields, path: readonly string[]): RegistryOptions {
    const tlsVerify = this.#booleanOf([...path, "tls-verify"], fields.get("tls-verify"));
    const certDir = this.#optionalText([...path, "cert-dir"], fields.get("cert-dir"));
    const place = [...path, "credentials"];
    const login = this.#fieldsOf(place, fields.get("credentials"));
    for (const key of login.keys())
      if (key !== "username" && key !== "password")
        this.#problem([...place, key], "unknown key, not one of username, password");
    const username = this.#optionalText([...place, "username"], login.get("username"));
    const password = this.#optionalText([...place, "password"], login.get("password")) ?? "";
    if (login.size > 0 && username === undefined) this.#problem(place, "username is missing");
    return {
      ...(tlsVerify === undefined ? {} : { tlsVerify }),
      ...(certDir === undefined ? {} : { certDir }),
      ...(username === undefined ? {} : { credentials: { username, password } }),
    };
  }

  #fieldsOf(path: readonly string[], value: unknown): Fields {
    if (isFields(value)) return value;
    if (!isNothing(value)) this.#problem(path, "keys with values are expected");
    return new Map();
  }

  #textOf(path: readonly string[], value: unknown): string | undefined {
    if (typeof value === "string") return value;
    this.#problem(path, "a text is expected");
    return undefined;
  }

  #optionalText(path: readonly string[], value: unknown): string | undefined {
    return value === undefined ? undefined : this.#textOf(path, value);
  }

  #booleanOf(path: readonly string[], value: unknown): boolean | undefined {
    if (isNothing(value)) return undefined;
    if (typeof value === "string" && YES.test(value)) return true;
    if (typeof value === "string" && NO.test(value)) return false;
    this.#problem(path, "true or false is expected");
    return undefined;
  }

  #attempt<T>(path: readonly string[], work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof WherryError)) throw error;
      this.#problem(path, error.message);
      return undefined;
    }
  }

  #problem(path: readonly string[], why: string): void {
    this.#problems.push([this.#registry, ...path, why].join(": "));
  }
}

/** Whether a value is YAML's null, or not there. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === "~" || value === "null";
}

function isFields(value: unknown): value is Fields {
  return value instanceof Map && [...value.keys()].every((key) => typeof key === "string");
}

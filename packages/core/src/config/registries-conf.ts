import { existsSync } from "node:fs";
import { containersFolders, xdgFolder, type Environment } from "./environment.ts";
import { InvalidConfigurationError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { dropIns, readToml, readTomlFiles, type TomlFile } from "./toml-file.ts";

/** When a mirror is asked. */
export type PullFromMirror = "all" | "digest-only" | "tag-only";

export interface Mirror {
  /** `host[:port][/path]`. */
  readonly location: string;
  readonly insecure: boolean;
  readonly pullFromMirror: PullFromMirror;
}

/** One [[registry]] of registries.conf. */
export interface RegistryEntry {
  /** What image names begin with: `host[:port][/path][:tag|@digest]` or `*.domain`. */
  readonly prefix: string;
  /** What takes the place of the prefix; "" when nothing does. */
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly Mirror[];
}

export type ShortNameMode = "enforcing" | "permissive" | "disabled";

/** containers-registries.conf(5), version 2, with its drop-ins. */
export interface RegistriesConf {
  /** The main file, whether it exists or not: for messages. */
  readonly path: string;
  readonly registries: readonly RegistryEntry[];
  readonly unqualifiedSearchRegistries: readonly string[];
  readonly shortNameMode: ShortNameMode;
  /** Short name → full name without tag. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Where logins are looked for, in order; `containers-auth.json` stands for the files. */
  readonly credentialHelpers: readonly string[];
}

const MODES = ["enforcing", "permissive", "disabled"] as const;

/**
 * Reads registries.conf and its drop-ins: the file `$CONTAINERS_REGISTRIES_CONF` names, else the user's, which replaces
 * the system's with its drop-ins, else that of /etc, else that of /usr/share.
 *
 * @throws {InvalidConfigurationError}
 */
export async function readRegistriesConf(environment: Environment): Promise<RegistriesConf> {
  const { main, folders } = filesOf(environment);
  const files = await readTomlFiles([main, ...folders.flatMap((folder) => dropIns(folder))]);
  const conf = {
    path: main,
    registries: new Map<string, RegistryEntry>(),
    unqualifiedSearchRegistries: [] as readonly string[],
    shortNameMode: "permissive" as ShortNameMode,
    aliases: new Map<string, string>(),
    credentialHelpers: ["containers-auth.json"] as readonly string[],
  };
  for (const file of files) {
    const read = readFile(file);
    for (const entry of read.registries) conf.registries.set(entry.prefix, entry);
    conf.unqualifiedSearchRegistries = read.searchRegistries ?? conf.unqualifiedSearchRegistries;
    conf.shortNameMode = read.shortNameMode ?? conf.shortNameMode;
    conf.credentialHelpers = read.credentialHelpers ?? conf.credentialHelpers;
    setAliases(conf.aliases, read.aliases);
  }
  const remembered = await readToml(rememberedAliasesPath(environment));
  if (remembered !== undefined) setAliases(conf.aliases, readAliases(remembered));
  return { ...conf, registries: [...conf.registries.values()] };
}

function filesOf(environment: Environment): { main: string; folders: string[] } {
  const { usrShare, etc, user } = containersFolders(environment);
  const name = "registries.conf";
  const { registriesConf, registriesConfDir } = environment;
  const everywhere =
    registriesConfDir === undefined
      ? [`${usrShare}/${name}.d`, `${etc}/${name}.d`, `${user}/${name}.d`]
      : [registriesConfDir];
  const chosen = registriesConf ?? environment.env["CONTAINERS_REGISTRIES_CONF"] ?? "";
  if (chosen !== "") {
    const by = registriesConf === undefined ? "CONTAINERS_REGISTRIES_CONF" : "--registries-conf";
    if (!existsSync(chosen)) throw new InvalidConfigurationError(chosen, `named by ${by}, but missing`);
    return { main: chosen, folders: everywhere };
  }
  if (existsSync(`${user}/${name}`))
    return { main: `${user}/${name}`, folders: [registriesConfDir ?? `${user}/${name}.d`] };
  const main = !existsSync(`${etc}/${name}`) && existsSync(`${usrShare}/${name}`) ? usrShare : etc;
  return { main: `${main}/${name}`, folders: everywhere };
}

/** Where podman keeps the short names the user decided on. */
export function rememberedAliasesPath(environment: Environment): string {
  if (environment.shortNameAliases !== undefined) return environment.shortNameAliases;
  const name = "containers/short-name-aliases.conf";
  if (environment.uid === 0) return `${environment.varCache ?? "/var/cache"}/${name}`;
  return `${xdgFolder(environment, "XDG_CACHE_HOME") ?? `${environment.home}/.cache`}/${name}`;
}

function readFile(file: TomlFile) {
  const fields = new Fields(file.path, file.table);
  if (fields.names().includes("registries")) {
    fields.fail(
      "this is version 1 of registries.conf; write [[registry]] tables and unqualified-search-registries",
    );
  }
  const registries = fields.tables("registry").map(readEntry);
  checkConflicts(fields, registries);
  return {
    registries,
    searchRegistries: fields.strings("unqualified-search-registries"),
    shortNameMode: fields.choice("short-name-mode", MODES),
    credentialHelpers: fields.strings("credential-helpers"),
    aliases: readAliases(file),
  };
}

function readEntry(fields: Fields): RegistryEntry {
  const location = readLocation(fields);
  const prefix = trimSlash(fields.string("prefix") ?? "") || location;
  if (prefix === "") fields.fail("a [[registry]] needs a prefix or a location");
  if (location === "" && !prefix.startsWith("*.")) fields.fail(`[[registry]] ${prefix} needs a location`);
  if (prefix.includes("*") && !/^\*\.[^*]+$/.test(prefix)) {
    fields.fail(`registry.prefix ${JSON.stringify(prefix)}: a wildcard must be "*." at the start`);
  }
  const byDigest = fields.boolean("mirror-by-digest-only") ?? false;
  return {
    prefix,
    location,
    insecure: fields.boolean("insecure") ?? false,
    blocked: fields.boolean("blocked") ?? false,
    mirrors: fields.tables("mirror").map((mirror) => readMirror(mirror, byDigest)),
  };
}

function readMirror(fields: Fields, byDigest: boolean): Mirror {
  const location = readLocation(fields);
  if (location === "") fields.fail("a [[registry.mirror]] needs a location");
  const choice = fields.choice("pull-from-mirror", ["all", "digest-only", "tag-only"]);
  if (choice !== undefined && byDigest) {
    fields.fail(`mirror ${location}: pull-from-mirror and mirror-by-digest-only exclude each other`);
  }
  return {
    location,
    insecure: fields.boolean("insecure") ?? false,
    pullFromMirror: choice ?? (byDigest ? "digest-only" : "all"),
  };
}

function readLocation(fields: Fields): string {
  const location = fields.string("location") ?? "";
  if (location.includes("://"))
    fields.fail(`location ${JSON.stringify(location)} must be host[:port][/path], without a scheme`);
  return trimSlash(location);
}

/** Two entries for one location must agree, or which one counts would be chance. */
function checkConflicts(fields: Fields, entries: readonly RegistryEntry[]): void {
  for (const [index, entry] of entries.entries()) {
    for (const other of entries.slice(0, index)) {
      if (entry.location === "" || entry.location !== other.location) continue;
      for (const setting of ["insecure", "blocked"] as const) {
        if (entry[setting] !== other[setting]) {
          fields.fail(`registry ${entry.location} is defined twice, with different values of ${setting}`);
        }
      }
    }
  }
}

/** The [aliases] of a file: short name → full name, "" where there is to be none. */
export function readAliases({ path, table }: TomlFile): Map<string, string> {
  const fields = new Fields(path, table).table("aliases");
  return new Map(fields.names().map((name) => [name, fields.string(name) ?? ""]));
}

/** An empty alias takes one of an earlier file away. */
function setAliases(aliases: Map<string, string>, more: ReadonlyMap<string, string>): void {
  for (const [name, value] of more) {
    if (value === "") aliases.delete(name);
    else aliases.set(name, value);
  }
}

function trimSlash(text: string): string {
  return text.replace(/\/+$/, "");
}

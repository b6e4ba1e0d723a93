import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError } from "@wherry/core/error";
import { DebianBaseError } from "./errors.ts";

/** Where packages come from, as sources.list(5) says it. */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Further fields by deb822's names, such as Signed-By: a path, or a key in several lines. */
  readonly options: ReadonlyMap<string, string>;
}

/** Options of a one-line entry whose deb822 name is another than theirs with capitals. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  arch: "Architectures",
  lang: "Languages",
  target: "Targets",
};

/** The sources of binary packages of this machine: `sources.list` and the files of `sources.list.d`. */
export function readAptSources(etc: string): AptSource[] {
  const folder = join(etc, "apt/sources.list.d");
  const files = [
    join(etc, "apt/sources.list"),
    ...namesIn(folder)
      .filter((name) => /^[\w.-]+\.(?:list|sources)$/.test(name))
      .map((name) => join(folder, name)),
  ];
  return files.flatMap((file) => {
    const text = readText(file);
    return file.endsWith(".sources") ? parseDeb822Sources(text) : parseOneLineSources(text);
  });
}

/** Reads `deb [OPTION=VALUE …] URI SUITE COMPONENT…`, an entry a line; `deb-src` is left out. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split("\n").flatMap((line): AptSource[] => {
    const [, inBrackets = "", rest = ""] =
      /^\s*deb\s+(?:\[([^\]]*)\]\s*)?([^[\s].*)$/.exec(line.replace(/(?:^|\s)#.*$/, "")) ?? [];
    const [uri, suite, ...components] = words(rest);
    if (uri === undefined || suite === undefined) return [];
    const options = words(inBrackets).flatMap((word): [string, string][] => {
      const [, name = "", value = ""] = /^([a-z-]+)\+?=(.*)$/.exec(word) ?? [];
      return name === "" ? [] : [[OPTION_NAMES[name] ?? capitalised(name), value.replaceAll(",", " ")]];
    });
    return [{ uris: [uri], suites: [suite], components, options: new Map(options) }];
  });
}

/** Reads stanzas of `Field: value`; those that are not enabled, or of source packages alone, are left out. */
export function parseDeb822Sources(text: string): AptSource[] {
  return parseStanzas(text).flatMap((fields): AptSource[] => {
    const list = (name: string): string[] => words(fields.get(name) ?? "");
    const isOff = /^(?:no|false|without|off|disable|0)$/i.test(fields.get("Enabled") ?? "yes");
    if (isOff || !list("Types").includes("deb")) return [];
    const [uris, suites, components] = [list("URIs"), list("Suites"), list("Components")];
    if (uris.length === 0 || suites.length === 0) return [];
    const known = new Set(["Types", "URIs", "Suites", "Components", "Enabled"]);
    return [{ uris, suites, components, options: new Map([...fields].filter(([name]) => !known.has(name))) }];
  });
}

/** The stanzas of a control file: fields by name, a value in several lines with its line ends. */
export function parseStanzas(text: string): Map<string, string>[] {
  return text.split(/\n[ \t]*(?:\n[ \t]*)+/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    let last = "";
    for (const line of stanza.split("\n")) {
      if (line.startsWith("#")) continue;
      if (/^[ \t]/.test(line)) fields.set(last, `${fields.get(last) ?? ""}\n${line}`);
      const [, name, value = ""] = /^([^\s:]+):[ \t]*(.*)$/.exec(line) ?? [];
      if (name === undefined) continue;
      last = name;
      fields.set(name, value);
    }
    return fields.size === 0 ? [] : [fields];
  });
}

/**
 * The sources that have a suite, with its updates and security fixes and nothing else. Backports and proposed updates are
 * not among them: apt takes nothing from there by itself.
 */
export function sourcesOf(sources: readonly AptSource[], suite: string): AptSource[] {
  const isOf = (name: string): boolean =>
    name === suite || [`${suite}-updates`, `${suite}-security`, `${suite}/updates`].includes(name);
  return sources.flatMap((source) => {
    const suites = source.suites.filter(isOf);
    return suites.length === 0 ? [] : [{ ...source, suites }];
  });
}

/**
 * Sources as deb822 writes them.
 *
 * @throws {DebianBaseError} for a URI with a password: what is written here stays in the image.
 */
export function formatSources(sources: readonly AptSource[]): string {
  return sources
    .map(({ uris, suites, components, options }) => {
      if (uris.some((uri) => /^[a-z+]+:\/\/[^/@]*@/i.test(uri)))
        throw new DebianBaseError("an apt source has a password in its URI, which would stay in the image", {
          hint: "move it to a file of /etc/apt/auth.conf.d, see apt_auth.conf(5)",
        });
      return [
        "Types: deb",
        `URIs: ${uris.join(" ")}`,
        `Suites: ${suites.join(" ")}`,
        ...(components.length === 0 ? [] : [`Components: ${components.join(" ")}`]),
        ...[...options].map(([name, value]) => `${name}:${value.startsWith("\n") ? "" : " "}${value}`),
      ]
        .map((line) => `${line}\n`)
        .join("");
    })
    .join("\n");
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function capitalised(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw new FileSystemError("read directory", folder, error);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // one that only root may read has nothing for others
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "EACCES") return "";
    throw new FileSystemError("read", path, error);
  }
}

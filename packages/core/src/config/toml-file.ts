import { readdirSync, readFileSync } from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { InvalidConfigurationError } from "./errors.ts";

/** A table of a TOML file. */
export type Table = Readonly<Record<string, unknown>>;

/** A parsed TOML file. */
export interface TomlFile {
  readonly path: string;
  readonly table: Table;
}

/**
 * Reads a TOML file; undefined when there is none. The files distributions ship are comments only: for them no parser is
 * loaded.
 *
 * @throws {InvalidConfigurationError} naming file and line.
 */
export async function readToml(path: string): Promise<TomlFile | undefined> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw new FileSystemError("read", path, error);
  }
  if (saysNothing(text)) return { path, table: {} };
  const { parse, TomlError } = await import("smol-toml");
  try {
    return { path, table: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = "not TOML"] = error.message.split("\n");
    throw new InvalidConfigurationError(
      `${path}:${error.line}`,
      first.replace(/^Invalid TOML document: /, ""),
      error,
    );
  }
}

/** Whether all lines are blank, comments or headers of plain tables. */
function saysNothing(text: string): boolean {
  return text.split("\n").every((line) => /^\s*(?:#.*|\[[\w.-]+\]\s*(?:#.*)?)?$/.test(line));
}

/** The files of a drop-in folder that end in .conf, by name; none when there is no such folder. */
export function dropIns(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".conf"))
      .sort()
      .map((name) => `${folder}/${name}`);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return [];
    throw new FileSystemError("read directory", folder, error);
  }
}

/** The files that exist, read in order. */
export async function readTomlFiles(paths: readonly string[]): Promise<TomlFile[]> {
  const files: TomlFile[] = [];
  for (const path of paths) {
    const file = await readToml(path);
    if (file !== undefined) files.push(file);
  }
  return files;
}

import { join, dirname } from "node:path";
import { isUnwritable } from "../error/index.ts";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import { lockFile } from "../process/index.ts";
import type { Environment } from "./environment.ts";
import { readAliases, rememberedAliasesPath } from "./registries-conf.ts";
import { readToml } from "./toml-file.ts";

/**
 * Writes down which full name the user wants for a short one, where podman keeps the same. Where nothing can be written the user is
 * asked again another time.
 *
 * @param name `repository` of the short name, without tag
 * @param value `registry/repository`
 */
export async function rememberAlias(
  environment: Environment,
  name: string,
  value: string,
  signal?: AbortSignal,
): Promise<void> {
  const path = rememberedAliasesPath(environment);
  try {
    makeDirectory(dirname(path));
    using _lock = await lockFile(join(dirname(path), "short-name-aliases.conf.lock"), { signal });
    const file = await readToml(path);
    const aliases = new Map(file === undefined ? [] : readAliases(file)).set(name, value);
    const lines = [...aliases].map(([key, text]) => `  ${JSON.stringify(key)} = ${JSON.stringify(text)}\n`);
    writeFileAtomically(path, `[aliases]\n${lines.join("")}`, { mode: 0o644 });
  } catch (error) {
    if (!isUnwritable(error)) throw error;
  }
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@wherry/core/error";
import { run } from "@wherry/core/process";
import {
  formatSources,
  parseOneLineSources,
  readAptSources,
  sourcesOf,
  type AptSource,
} from "./apt-sources.ts";
import { DebianBaseError } from "./errors.ts";

/** Where the packages of a suite come from. */
export interface DebianArchive {
  readonly suite: string;
  /** ID of os-release(5): which distribution it is, as far as this machine tells. */
  readonly vendor: string;
  /** As deb822 writes it; undefined for an archive that is named by its URL alone. */
  readonly sources?: string;
  /** The archive that has the suite itself, without updates. */
  readonly main: { readonly uri: string; readonly components: readonly string[]; readonly keyring?: string };
}

export interface ArchiveOptions {
  readonly suite?: string;
  /** URL of an archive, or an entry of sources.list(5). */
  readonly mirror?: string;
  readonly etc: string;
}

/**
 * The archive of a suite: the one that is named, else this machine's apt sources. For a suite that they do not have, it
 * is looked for where its own is.
 *
 * @throws {DebianBaseError}
 */
export function findArchive({ suite, mirror, etc }: ArchiveOptions): DebianArchive {
  const release = readRelease(etc);
  const chosen = suite ?? release.codename;
  if (chosen === undefined)
    throw new DebianBaseError("this machine is no Debian, so its suite cannot be the default", {
      hint: "name one, for example: wherry-build base debian NAME stable --mirror URL",
    });
  const vendor = release.id ?? "debian";
  if (mirror !== undefined && !/^deb\s/.test(mirror))
    return { suite: chosen, vendor, main: { uri: mirror, components: ["main"] } };
  const all = mirror === undefined ? readAptSources(etc) : parseOneLineSources(mirror);
  const sources = chosenSources(all, chosen, release.codename);
  const main = sources.find(({ suites }) => suites.includes(chosen));
  const uri = main?.uris[0];
  if (main === undefined || uri === undefined)
    throw new DebianBaseError(`the apt sources of this machine have no archive for ${chosen}`, {
      hint: "name one with --mirror URL",
    });
  const keyring = main.options.get("Signed-By");
  return {
    ...{ suite: chosen, vendor, sources: formatSources(sources) },
    main: {
      uri,
      components: main.components,
      ...(keyring?.startsWith("/") === true ? { keyring } : {}),
    },
  };
}

function chosenSources(all: readonly AptSource[], suite: string, own: string | undefined): AptSource[] {
  const sources = sourcesOf(all, suite);
  if (sources.length > 0 || own === undefined) return sources;
  return all.filter(({ suites }) => suites.includes(own)).map((source) => ({ ...source, suites: [suite] }));
}

/**
 * When the suite's index was made, in seconds: what all files of an image are clamped to, so that it does not depend on
 * the day. Updates have dates of their own, which change without any package changing.
 *
 * @throws {DebianBaseError} when the archive cannot be reached, or has no such suite.
 */
export async function suiteDate(
  { suite, main }: DebianArchive,
  options: { readonly folder: string; readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
): Promise<number> {
  const { folder, env, signal } = options;
  const url = `${main.uri.replace(/\/$/, "")}/dists/${suite}`;
  let problem: unknown;
  for (const name of ["InRelease", "Release"]) {
    const file = join(folder, name);
    try {
      // apt's own: it knows its proxies, certificates and all that may stand for an archive
      await run(
        "/usr/lib/apt/apt-helper",
        ["-o", "Acquire::Retries=0", "download-file", `${url}/${name}`, file],
        {
          env,
          timeoutMs: 60_000,
          purpose: "look into the archive",
          ...(signal === undefined ? {} : { signal }),
        },
      );
      const date = Date.parse(/^Date: (.+)$/m.exec(readFileSync(file, "latin1"))?.[1] ?? "");
      if (Number.isFinite(date)) return Math.floor(date / 1000);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      problem ??= error;
    }
  }
  throw new DebianBaseError(`the archive does not answer for ${suite}: ${url}`, {
    cause: problem,
    hint: "check the suite's name and that the archive can be reached; --mirror URL names another",
  });
}

function readRelease(etc: string): { id?: string; codename?: string } {
  let text: string;
  try {
    text = readFileSync(join(etc, "os-release"), "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return {};
    throw error;
  }
  const value = (name: string) => new RegExp(`^${name}="?([a-z0-9._-]+)"?$`, "m").exec(text)?.[1];
  const [id, codename] = [value("ID"), value("VERSION_CODENAME")];
  return { ...(id === undefined ? {} : { id }), ...(codename === undefined ? {} : { codename }) };
}

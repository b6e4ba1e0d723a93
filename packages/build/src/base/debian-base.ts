import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readAll } from "@wherry/core/io";
import { hostPlatform } from "@wherry/core/oci";
import { findProgram, ProgramFailedError } from "@wherry/core/process";
import type { Reference } from "@wherry/core/reference";
import type { Store, StoredImage } from "@wherry/core/store";
import { openArchive, unpackInto, type Archive } from "../builder/archive.ts";
import { DEFAULT_PATH } from "../builder/image-config.ts";
import { LayerDraft } from "../builder/layer-draft.ts";
import { stagingName } from "../builder/spool.ts";
import { storedContent } from "../builder/stored-content.ts";
import { EMPTY_TREE } from "../builder/tree.ts";
import { bootstrap, findBootstrap, type Bootstrap, type Variant } from "./bootstrap.ts";
import { commitBase } from "./commit-base.ts";
import { findArchive, suiteDate, type DebianArchive } from "./debian-archive.ts";
import { readDpkgDatabase, type DpkgFiles } from "./dpkg-packages.ts";
import { DebianBaseError } from "./errors.ts";
import { describeBase } from "./provenance.ts";

export interface DebianBaseOptions {
  /** Default: this machine's, when it is a Debian or a relative. */
  readonly suite?: string;
  /** Packages beyond the variant's. */
  readonly include?: readonly string[];
  /** Default minbase. */
  readonly variant?: Variant;
  /** URL of an archive, or an entry of sources.list(5); default the machine's own apt sources. */
  readonly mirror?: string;
  readonly etc: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** argv that runs a program as root of the user's namespace, with mounts of its own. */
  readonly enter: () => Promise<readonly string[]>;
  /** Gives the path of a program of this machine; default along PATH. */
  readonly find?: (program: string) => string | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Makes a Debian (or Ubuntu …) image without root: with mmdebstrap, in a user namespace of its own, or with debootstrap in
 * the user's. The same packages give the same image, whatever the day.
 *
 * @throws {DebianBaseError}
 */
export async function createDebianBase(
  store: Store,
  name: Reference,
  options: DebianBaseOptions,
): Promise<StoredImage> {
  const { env, include = [], variant = "minbase", signal } = options;
  const { find = (program: string) => findProgram(program, env["PATH"]) } = options;
  const program = findBootstrap(variant, find);
  const archive = findArchive(options);
  store.blobs.stage().abort(); // makes the store's folders
  const work = mkdtempSync(`${stagingName(store.paths.staging, "blob")}-`);
  const tar = join(work, "tree.tar");
  try {
    const date =
      secondsOf(env["SOURCE_DATE_EPOCH"]) ??
      (await suiteDate(archive, { folder: work, env, ...(signal === undefined ? {} : { signal }) }));
    const sources = join(work, `${archive.suite.replaceAll("/", "-")}.sources`);
    if (archive.sources !== undefined) writeFileSync(sources, archive.sources);
    await bootstrap(program, {
      ...options,
      ...{ variant, include, tar, suite: archive.suite, archive: archive.main },
      sources: archive.sources === undefined ? archive.main.uri : sources,
      folder: stagingName(store.paths.staging, "layer"),
      env: { ...env, SOURCE_DATE_EPOCH: String(date) },
    });
    const { sources: _unused, ...mainAlone } = archive;
    const used = program.name === "debootstrap" ? mainAlone : archive;
    return await commitTar(store, name, { tar, archive: used, date, variant, include });
  } catch (error) {
    if (error instanceof ProgramFailedError) throw failed(program, archive.suite, error);
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * What says more of this machine and this moment than of the packages: device nodes, which cannot be made without root and
 * which runtimes bring along, names of the host, indexes, logs, locks and old copies.
 */
const LEFT_OUT = new RegExp(
  `^(?:${[
    "dev/.+",
    "etc/(?:hostname|resolv\\.conf)",
    "(?:debootstrap|run|tmp)/.+",
    "var/cache/(?:apt/.+\\.(?:bin|deb)|ldconfig/aux-cache|debconf/.+-old)",
    "var/lib/apt/lists/.+",
    "var/lib/dpkg/(?:.+-old|lock.*|triggers/Lock)",
    "var/log/(?:alternatives|bootstrap|dpkg)\\.log",
    "var/log/apt/.+",
    ".+/(?:lock|partial)",
  ].join("|")})$`,
);

interface MadeTree {
  readonly tar: string;
  readonly archive: DebianArchive;
  /** Seconds. */
  readonly date: number;
  readonly variant: Variant;
  readonly include: readonly string[];
}

async function commitTar(
  store: Store,
  name: Reference,
  { tar, archive, date, variant, include }: MadeTree,
): Promise<StoredImage> {
  const { suite, vendor, main, sources } = archive;
  using made = await openArchive(() => ({ path: tar }), store.paths.staging);
  if (made === undefined) throw new DebianBaseError(`no tar archive of ${suite} was made`);
  const entries = made.entries.filter(({ entry }) => !LEFT_OUT.test(entry.path.replace(/^\.?\/|\/$/g, "")));
  const layer = new LayerDraft(EMPTY_TREE, { mtime: date });
  unpackInto(layer, { ...made, entries }, { destination: "/" });
  const labels = await describeBase(layer, {
    ...{ name: `${vendor} ${suite}`, vendor, distribution: suite, date },
    sources: sources === undefined ? `${main.uri} ${suite}` : sourceLine(sources),
    database: await readDpkgDatabase(filesOf(made)),
  });
  const shell = ["bin/bash", "usr/bin/bash", "bin/sh", "usr/bin/sh"].find(
    (path) => layer.node(path) !== undefined,
  );
  return await commitBase(
    store,
    {
      layer,
      config: {
        Env: [`PATH=${DEFAULT_PATH}`],
        ...(shell === undefined ? {} : { Cmd: [`/${shell.replace(/^usr\//, "")}`] }),
        Labels: labels,
      },
      date,
      createdBy: `wherry-build base debian --variant ${variant} ${suite} ${include.join(",")}`.trim(),
      platform: hostPlatform(),
      changeTime: (mtime) => Math.min(Math.floor(mtime), date),
    },
    name,
  );
}

/** Where packages came from, in one line: archives and suites. */
function sourceLine(sources: string): string {
  return [...sources.matchAll(/^URIs: (.+)\nSuites: (.+)$/gm)]
    .map(([, uris, suites]) => `${uris ?? ""} ${suites ?? ""}`)
    .join("; ");
}

/** The files of an archive by their paths. */
function filesOf({ entries, spool }: Archive): DpkgFiles {
  const byPath = new Map(entries.map((each) => [each.entry.path.replace(/^\.?\/|\/$/g, ""), each] as const));
  return {
    text: async (path) => {
      const found = byPath.get(path);
      if (found?.entry.type !== "file") return undefined;
      const bytes = await readAll(storedContent(spool.fd, found.entry, found.offset), 64 * 1024 * 1024, path);
      return Buffer.from(bytes).toString();
    },
    names: (folder) =>
      [...byPath.keys()]
        .filter((path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes("/"))
        .map((path) => path.slice(folder.length + 1)),
  };
}

function failed({ name }: Bootstrap, suite: string, error: ProgramFailedError): DebianBaseError {
  const { stderr, status } = error;
  const lines = stderr.trim().split("\n");
  const complaint =
    lines.findLast((line) => /^E:/.test(line)) ?? lines.at(-1) ?? `status ${status ?? "unknown"}`;
  return new DebianBaseError(`${name} could not make ${suite}: ${complaint}`, {
    cause: error,
    hint: /newuidmap|subuid|unshare|user namespace/i.test(stderr)
      ? "run `wherry doctor`: it shows what is missing for user namespaces"
      : "check the names of suite and packages, and that the archive can be reached; --mirror URL names another",
  });
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,11}$/.test(text) ? Number(text) : undefined;
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError } from "@wherry/core/error";
import { hostPlatform } from "@wherry/core/oci";
import type { Reference } from "@wherry/core/reference";
import type { Store, StoredImage } from "@wherry/core/store";
import { DEFAULT_PATH } from "../builder/image-config.ts";
import { LayerDraft } from "../builder/layer-draft.ts";
import { ROOT } from "../builder/owner.ts";
import { EMPTY_TREE } from "../builder/tree.ts";
import { commitBase } from "./commit-base.ts";
import { readDpkgDatabase, type DpkgFiles } from "./dpkg-packages.ts";
import { collectPrograms } from "./host-programs.ts";
import { describeBase } from "./provenance.ts";

export interface HostBaseOptions {
  /** PATH to look programs up along. */
  readonly searchPath?: string;
  /** The machine's os-release file, when it has one. */
  readonly osRelease?: string;
}

/** Files of /etc that programs look for before they do anything. */
const ETC: Readonly<Record<string, string>> = {
  passwd: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
  group: "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

/**
 * Makes an image of programs of this machine, the libraries they load, and a minimal /etc. Needs no registry, no root and
 * no user namespace. The same files give the same image.
 */
export async function createHostBase(
  store: Store,
  name: Reference,
  programs: readonly string[],
  { searchPath, osRelease }: HostBaseOptions,
): Promise<StoredImage> {
  const { files, libraryFolders } = collectPrograms(programs, searchPath === undefined ? {} : { searchPath });
  const date = files.newest();
  const layer = new LayerDraft(EMPTY_TREE, { mtime: date });
  files.putInto(layer);
  for (const folder of ["etc", "root", "tmp", "var", "var/tmp", "run"]) layer.makeDirectories(folder, ROOT);
  const directory = { type: "directory", uid: 0, gid: 0, size: 0, mtime: date } as const;
  layer.add("root", { ...directory, mode: 0o700 });
  layer.add("tmp", { ...directory, mode: 0o1777 });
  layer.add("var/tmp", { ...directory, mode: 0o1777 });
  for (const [file, text] of Object.entries({
    ...ETC,
    ...(osRelease === undefined ? {} : { "os-release": osRelease }),
  }))
    if (layer.node(`etc/${file}`) === undefined) addText(layer, `etc/${file}`, text, date);
  const idOf = (field: string) => new RegExp(`^${field}="?([\\w.-]+)"?$`, "m").exec(osRelease ?? "")?.[1];
  const distribution = idOf("VERSION_CODENAME");
  const labels = await describeBase(layer, {
    ...{ name: "host", vendor: idOf("ID") ?? "debian", date },
    ...(distribution === undefined ? {} : { distribution }),
    database: await readDpkgDatabase(THIS_MACHINE),
  });
  const shell = layer.node("bin/sh") ?? layer.node("usr/bin/sh");
  const env = [
    `PATH=${DEFAULT_PATH}`,
    ...(libraryFolders.length === 0 ? [] : [`LD_LIBRARY_PATH=${libraryFolders.join(":")}`]),
  ];
  return await commitBase(
    store,
    {
      layer,
      config: { Env: env, ...(shell === undefined ? {} : { Cmd: ["/bin/sh"] }), Labels: labels },
      date,
      createdBy: `wherry-build base host ${programs.join(" ")}`,
      platform: hostPlatform(),
    },
    name,
  );
}

/** Of machines without dpkg nothing is found: their files are described without packages. */
const THIS_MACHINE: DpkgFiles = {
  text: (path) => {
    const text = ifThere(join("/", path), () => readFileSync(join("/", path), "utf8"));
    return Promise.resolve(text);
  },
  names: (folder) => ifThere(join("/", folder), () => readdirSync(join("/", folder))) ?? [],
};

function ifThere<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw new FileSystemError("read", path, error);
  }
}

function addText(layer: LayerDraft, path: string, text: string, mtime: number): void {
  const bytes = Buffer.from(text);
  layer.add(path, { type: "file", mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime }, () => bytes);
}

import { parseStanzas } from "./apt-sources.ts";

/** A package and the files that came with it. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Name and version of the source package, where it differs. */
  readonly source?: string;
  readonly maintainer?: string;
}

/** dpkg's database as files: of an image or of this machine. */
export interface DpkgFiles {
  /** The text of a file, undefined when it is not there; paths are relative, such as `var/lib/dpkg/status`. */
  readonly text: (path: string) => Promise<string | undefined>;
  /** The names in a folder; none where there is no folder. */
  readonly names: (folder: string) => readonly string[];
}

export interface DpkgDatabase {
  /** Sorted by name. */
  readonly packages: readonly InstalledPackage[];
  /** The package that a file came with, by its path without a leading slash; as the database spells it, and below /usr. */
  readonly ownerOf: (path: string) => InstalledPackage | undefined;
}

const STATUS = "var/lib/dpkg/status";
/** Where images hold their packages that were only unpacked: a file for each, and its MD5 sums. */
export const STATUS_FOLDER = "var/lib/dpkg/status.d";
const INFO = "var/lib/dpkg/info";

/** Reads which packages are installed, or only unpacked, and what is theirs. */
export async function readDpkgDatabase(files: DpkgFiles): Promise<DpkgDatabase> {
  const unpacked = files.names(STATUS_FOLDER).filter((name) => !name.endsWith(".md5sums"));
  const status = [
    (await files.text(STATUS)) ?? "",
    ...(await Promise.all(unpacked.map((name) => files.text(`${STATUS_FOLDER}/${name}`)))),
  ];
  const packages = status.flatMap((text) => parseStanzas(text ?? "").flatMap(packageOf));
  const owners = new Map<string, InstalledPackage>();
  const lists = new Set(files.names(INFO));
  for (const each of packages)
    for (const path of await pathsOf(each, files, lists)) owners.set(withoutUsr(path), each);
  return {
    packages: packages.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    ownerOf: (path) => owners.get(withoutUsr(path)),
  };
}

function packageOf(fields: ReadonlyMap<string, string>): InstalledPackage[] {
  const [name, version, architecture] = ["Package", "Version", "Architecture"].map((field) =>
    fields.get(field),
  );
  if (name === undefined || version === undefined || architecture === undefined) return [];
  if (!/ installed$/.test(fields.get("Status") ?? "install ok installed")) return [];
  const source = fields.get("Source");
  const maintainer = fields.get("Maintainer");
  return [
    {
      ...{ name, version, architecture },
      ...(source === undefined ? {} : { source }),
      ...(maintainer === undefined ? {} : { maintainer }),
    },
  ];
}

async function pathsOf(
  { name, architecture }: InstalledPackage,
  files: DpkgFiles,
  lists: ReadonlySet<string>,
): Promise<string[]> {
  const list = [`${name}:${architecture}.list`, `${name}.list`].find((each) => lists.has(each));
  if (list !== undefined)
    return ((await files.text(`${INFO}/${list}`)) ?? "").split("\n").map((path) => path.slice(1));
  const sums = (await files.text(`${STATUS_FOLDER}/${name}.md5sums`)) ?? "";
  return sums.split("\n").map((line) => line.replace(/^[0-9a-f]{32} +/, ""));
}

/** /bin, /lib and their kin are links to folders of /usr, by which packages still call their files. */
function withoutUsr(path: string): string {
  return path.replace(/^usr\/(?=(?:bin|sbin|lib\w*)\/)/, "");
}

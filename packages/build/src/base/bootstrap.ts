import { run } from "@wherry/core/process";
import { STATUS_FOLDER } from "./dpkg-packages.ts";
import { DebianBaseError } from "./errors.ts";

/** Which packages beside those that are asked for, by mmdebstrap's names; "extract" only unpacks. */
export const VARIANTS = [
  "extract",
  "custom",
  "essential",
  "apt",
  "minbase",
  "buildd",
  "important",
  "standard",
] as const;
export type Variant = (typeof VARIANTS)[number];

/** debootstrap's names of the variants that it knows. */
const DEBOOTSTRAP_VARIANTS: Partial<Record<Variant, string>> = {
  minbase: "minbase",
  buildd: "buildd",
  standard: "-",
};

export interface BootstrapOptions {
  readonly suite: string;
  readonly variant: Variant;
  readonly include: readonly string[];
  /** Path of a file with the sources, or the URL of an archive. */
  readonly sources: string;
  /** The archive that has the suite itself, and what signs it: what debootstrap can take. */
  readonly archive: {
    readonly uri: string;
    readonly components: readonly string[];
    readonly keyring?: string;
  };
  /** Where the tar archive is to be written. */
  readonly tar: string;
  /** A path that is free for the tree while it is made. */
  readonly folder: string;
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** argv that runs a program as root of the user's namespace, with mounts of its own. */
  readonly enter: () => Promise<readonly string[]>;
  readonly signal?: AbortSignal;
}

/** Time for the whole of downloading and unpacking. */
const TIMEOUT_MS = 60 * 60 * 1000;

/** Keeps which packages were unpacked, and their files, as images without dpkg have it. */
const NOTE_PACKAGES = `set -eu
mkdir -p "$1/${STATUS_FOLDER}"
for deb in "$1"/var/cache/apt/archives/*.deb; do
  name=$(dpkg-deb --field "$deb" Package)
  dpkg-deb --field "$deb" >"$1/${STATUS_FOLDER}/$name"
  dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./md5sums >"$1/${STATUS_FOLDER}/$name.md5sums" 2>/dev/null || true
done`;

/** debootstrap takes the user's namespace for a container of LXC: it then makes no device nodes, which only root may. */
const IN_NAMESPACE = `set -eu
folder=$1 tar=$2
shift 2
trap 'umount -l "$folder"/dev/* 2>/dev/null || true; rm -rf --one-file-system "$folder"' EXIT
mkdir "$folder"
container=lxc unshare --pid --fork --mount-proc "$@" >&2
umount -l "$folder"/dev/* 2>/dev/null || true
tar -C "$folder" --numeric-owner --xattrs --one-file-system -cf "$tar" .`;

/** A program that makes such trees, and where it is. */
export interface Bootstrap {
  readonly name: "mmdebstrap" | "debootstrap";
  readonly path: string;
}

/**
 * The program of this machine that makes the tree.
 *
 * @param find gives the path of a program that is here
 * @throws {DebianBaseError}
 */
export function findBootstrap(variant: Variant, find: (name: string) => string | undefined): Bootstrap {
  const mmdebstrap = find("mmdebstrap");
  if (mmdebstrap !== undefined) return { name: "mmdebstrap", path: mmdebstrap };
  const debootstrap = find("debootstrap");
  if (debootstrap === undefined)
    throw new DebianBaseError("neither mmdebstrap nor debootstrap is here, which make Debian images", {
      hint: "install one of them: apt-get install mmdebstrap uidmap",
    });
  if (DEBOOTSTRAP_VARIANTS[variant] === undefined)
    throw new DebianBaseError(`the variant ${variant} needs mmdebstrap, and only debootstrap is here`, {
      hint: `install mmdebstrap, or use one of ${Object.keys(DEBOOTSTRAP_VARIANTS).join(", ")}`,
    });
  return { name: "debootstrap", path: debootstrap };
}

/** Has the program make the tree of a suite and write it as a tar archive. */
export async function bootstrap({ name, path }: Bootstrap, options: BootstrapOptions): Promise<void> {
  const { env, signal } = options;
  const argv =
    name === "mmdebstrap"
      ? [path, ...mmdebstrapArguments(options)]
      : [
          ...(await options.enter()),
          ...["sh", "-c", IN_NAMESPACE, name, options.folder, options.tar],
          ...[path, ...debootstrapArguments(options)],
        ];
  const [program = path, ...args] = argv;
  await run(program, args, {
    // an ordinary user's PATH may lack the folders of chroot and dpkg's helpers
    env: { ...env, PATH: [env["PATH"] ?? "", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(":") },
    timeoutMs: TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
}

function mmdebstrapArguments({ uid, variant, include, suite, tar, sources }: BootstrapOptions): string[] {
  return [
    `--mode=${uid === 0 ? "root" : "unshare"}`,
    `--variant=${variant}`,
    "--format=tar",
    ...(include.length === 0 ? [] : [`--include=${include.join(",")}`]),
    ...(variant === "extract" ? [`--extract-hook=${NOTE_PACKAGES}`] : []),
    suite,
    tar,
    sources,
  ];
}

function debootstrapArguments({ variant, include, suite, archive, folder }: BootstrapOptions): string[] {
  return [
    `--variant=${DEBOOTSTRAP_VARIANTS[variant] ?? variant}`,
    `--components=${archive.components.join(",") || "main"}`,
    ...(archive.keyring === undefined ? [] : [`--keyring=${archive.keyring}`]),
    ...(include.length === 0 ? [] : [`--include=${include.join(",")}`]),
    suite,
    folder,
    archive.uri,
  ];
}

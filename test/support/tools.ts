import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The built CLIs in a folder that every user can read, as a package manager would install them. */
export interface Tools extends Disposable {
  /** Folder with `wherry`, `wherry-build`, `wherry-image`: for PATH. */
  readonly bin: string;
  readonly root: string;
}

/**
 * Copies the built CLIs and the pinned Node to a folder below `parent`: a checkout may be closed to other users.
 * The copy is removed on dispose.
 */
export function installTools(parent = "/var/tmp"): Tools {
  const root = mkdtempSync(join(parent, "wherry-tools-"));
  chmodSync(root, 0o755);
  copyTools(root);
  return {
    root,
    bin: join(root, "bin"),
    [Symbol.dispose]() {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Lays the built CLIs out below `root`: packages/NAME/{bin,bundle}, node_modules, and bin/ with links to the launchers. */
export function copyTools(root: string): void {
  const launchers = { run: "wherry", build: "wherry-build", image: "wherry-image" };
  for (const [name, launcher] of Object.entries(launchers)) {
    const from = join(ROOT, "packages", name);
    if (!existsSync(join(from, "bundle")))
      throw new Error(`${from}/bundle is missing: run \`npm run build\` first`);
    for (const part of ["bin", "bundle", "package.json"]) {
      cpSync(join(from, part), join(root, "packages", name, part), {
        recursive: true,
        verbatimSymlinks: true,
      });
    }
    mkdirSync(join(root, "bin"), { recursive: true });
    rmSync(join(root, "bin", launcher), { force: true });
    symlinkSync(join("..", "packages", name, "bin", launcher), join(root, "bin", launcher));
  }
  const node = join("node_modules", `node-linux-${process.arch}`, "bin", "node");
  shareFile(join(ROOT, node), join(root, node));
}

/** The same file under a second name; a copy where the file system has no hard links. */
function shareFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

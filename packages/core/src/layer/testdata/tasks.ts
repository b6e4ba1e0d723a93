/* What the specs do as root of a user namespace; see as-root.ts. Usage: tasks.ts TASK JSON → JSON */
import { createHash } from "node:crypto";
import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { pathToFileURL } from "node:url";
import { WherryError } from "../../error/index.ts";
import { run } from "../../process/index.ts";
import { applyLayer, diffLayer, loadSyscalls, type AppliedLayer } from "../index.ts";
import type { WrittenTar } from "../tar-writer.ts";

/** A file on disk as the specs compare it. */
export interface Described {
  readonly type: string;
  /** Octal. */
  readonly mode: string;
  readonly owner: string;
  /** Nanoseconds since the epoch. */
  readonly mtime: string;
  readonly content?: string;
  readonly link?: string;
  readonly device?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
  readonly links?: number;
  readonly blocks?: number;
}

/** A file to make. */
export interface Wanted {
  readonly type: "file" | "directory" | "symlink" | "link" | "fifo" | "whiteout" | "socket";
  readonly mode?: number;
  readonly owner?: readonly [uid: number, gid: number];
  readonly time?: readonly [seconds: number, nanoseconds: number];
  /** Text, or the target of a link. */
  readonly content?: string;
  /** Hexadecimal. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

export const TASKS = {
  apply: (input: Parameters<typeof applyLayer>[0]): Promise<AppliedLayer> => applyLayer(input),
  /** Applies one after the other; gives the codes of the errors, null where there is none. */
  async applyEach({
    layers,
  }: {
    layers: readonly Parameters<typeof applyLayer>[0][];
  }): Promise<(string | null)[]> {
    const codes: (string | null)[] = [];
    for (const layer of layers) {
      try {
        await applyLayer(layer);
        codes.push(null);
      } catch (error) {
        codes.push(error instanceof WherryError ? error.code : String(error));
      }
    }
    return codes;
  },
  diff: (input: Parameters<typeof diffLayer>[0]): Promise<WrittenTar> => diffLayer(input),
  describe: ({ root }: { root: string }): Promise<Record<string, Described>> => describeTree(root),
  make: ({ root, files }: { root: string; files: Record<string, Wanted> }): Promise<null> =>
    makeTree(root, files),
  remove({ path }: { path: string }): Promise<null> {
    rmSync(path, { recursive: true, force: true });
    return Promise.resolve(null);
  },
  /** Runs a shell command with those files as "$1", "$2" …; gives its output. */
  shell: async ({ command, args }: { command: string; args: string[] }): Promise<string> =>
    (await run("sh", ["-ec", command, "sh", ...args])).stdout.toString(),
};

async function describeTree(root: string): Promise<Record<string, Described>> {
  const calls = await loadSyscalls();
  const found: Record<string, Described> = {};
  for (const name of namesBelow(Buffer.from(root))) {
    const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, "latin1")]);
    const stats = lstatSync(path, { bigint: true });
    const type = Number(stats.mode) & 0o170000;
    const xattrs = Object.fromEntries(
      calls
        .listXattrs(path)
        .sort()
        .map((attribute) => [
          attribute,
          (calls.getXattr(path, attribute) ?? Buffer.alloc(0)).toString("hex"),
        ]),
    );
    found[name] = {
      type: TYPE_NAMES[type] ?? type.toString(8),
      mode: (Number(stats.mode) & 0o7777).toString(8),
      owner: `${stats.uid}:${stats.gid}`,
      mtime: String(stats.mtimeNs),
      ...(stats.isFile() ? { content: contentOf(path), blocks: Number(stats.blocks) } : undefined),
      ...(stats.isSymbolicLink() ? { link: readlinkSync(path, { encoding: "latin1" }) } : undefined),
      ...(stats.isCharacterDevice() || stats.isBlockDevice() ? { device: String(stats.rdev) } : undefined),
      ...(Object.keys(xattrs).length === 0 ? undefined : { xattrs }),
      ...(stats.nlink > 1n && !stats.isDirectory() ? { links: Number(stats.nlink) } : undefined),
    };
  }
  return found;
}

/** Everything below a directory, sorted, without following links (as Node's recursive readdir does). Names as latin1. */
function namesBelow(directory: Buffer, prefix = ""): string[] {
  const entries = readdirSync(directory, { withFileTypes: true, encoding: "buffer" });
  const names = entries.flatMap((entry) => {
    const name = prefix + entry.name.toString("latin1");
    const path = Buffer.concat([directory, Buffer.from("/"), entry.name]);
    return entry.isDirectory() ? [name, ...namesBelow(path, `${name}/`)] : [name];
  });
  return names.sort();
}

const TYPE_NAMES: Readonly<Record<number, string>> = {
  0o100000: "file",
  0o040000: "directory",
  0o120000: "symlink",
  0o010000: "fifo",
  0o020000: "character",
  0o060000: "block",
  0o140000: "socket",
};

/** Short content as it is, else its digest. */
function contentOf(path: Buffer): string {
  const { size } = lstatSync(path);
  if (size > 2 ** 26) return `${size} bytes`;
  const content = readFileSync(path);
  return content.length <= 100 ? content.toString() : createHash("sha256").update(content).digest("hex");
}

async function makeTree(root: string, files: Record<string, Wanted>): Promise<null> {
  const calls = await loadSyscalls();
  const full = (name: string) => (name === "" ? root : `${root}/${name}`);
  for (const [name, wanted] of Object.entries(files)) await makeFile(full(name), root, wanted);
  for (const [name, { type, mode, owner, xattrs, time }] of Object.entries(files).reverse()) {
    const path = full(name);
    if (type === "link" || type === "whiteout" || type === "socket") continue;
    if (owner !== undefined) lchownSync(path, ...owner);
    if (mode !== undefined) chmodSync(path, mode);
    for (const [key, value] of Object.entries(xattrs ?? {}))
      calls.setXattr(path, key, Buffer.from(value, "hex"));
    calls.setTime(path, ...(time ?? [1_700_000_000, 0]));
  }
  return null;
}

async function makeFile(path: string, root: string, { type, content = "" }: Wanted): Promise<void> {
  const calls = await loadSyscalls();
  if (type === "file") writeFileSync(path, content);
  else if (type === "directory") mkdirSync(path, { recursive: true });
  else if (type === "symlink") symlinkSync(content, path);
  else if (type === "link") linkSync(`${root}/${content}`, path);
  else if (type === "fifo") calls.makeNode(path, 0o010644);
  else if (type === "whiteout") calls.makeNode(path, 0o020000);
  else await makeSocket(path);
}

/** Node removes its sockets when they close, so a second name is kept. */
async function makeSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.first`, resolve));
  linkSync(`${path}.first`, path);
  await new Promise((resolve) => server.close(resolve));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [, , task = "", input = "{}"] = process.argv;
  const tasks = TASKS as unknown as Record<string, (input: unknown) => Promise<unknown>>;
  Promise.resolve(tasks[task]?.(JSON.parse(input))).then(
    (output) => process.stdout.write(JSON.stringify({ output })),
    (error: unknown) => {
      const { message, code } = error as Error & { code?: string };
      process.stdout.write(JSON.stringify({ error: { message, code } }));
    },
  );
}

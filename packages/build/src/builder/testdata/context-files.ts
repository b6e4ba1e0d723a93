import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "@wherry/core/process";

/** A file of a context: text, { link }, { mode, text }, or null for a directory. */
export type ContextFile =
  | string
  | Buffer
  | null
  | { link: string }
  | { mode: number; text: string }
  | { hardLink: string }
  | { tar: Record<string, string>; option?: string };

const MTIME = 1_600_000_000;

/** Writes the files of a context, with modes and times that do not depend on the umask and the clock. */
export async function writeContext(directory: string, files: Record<string, ContextFile>): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    const full = join(directory, path);
    mkdirSync(file === null ? full : dirname(full), { recursive: true });
    if (file === null) continue;
    if (typeof file === "string" || Buffer.isBuffer(file)) writeFileSync(full, file);
    else if ("link" in file) symlinkSync(file.link, full);
    else if ("hardLink" in file) linkSync(join(directory, file.hardLink), full);
    else if ("tar" in file) writeFileSync(full, await archiveOf(file));
    else writeFileSync(full, file.text);
    if (typeof file === "string" || !("link" in file))
      chmodSync(full, typeof file === "object" && "mode" in file ? file.mode : 0o644);
  }
  for (const entry of [".", ...readdirSync(directory, { recursive: true, encoding: "utf8" })]) {
    const full = join(directory, entry);
    if (lstatSync(full).isDirectory()) chmodSync(full, 0o755);
    lutimesSync(full, MTIME, MTIME);
  }
}

/** An archive of files of root with mode 644, made by GNU tar. */
async function archiveOf({ tar, option }: { tar: Record<string, string>; option?: string }): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), "wherry-tar-"));
  try {
    await writeContext(directory, tar);
    const options = ["--owner=0", "--group=0", ...(option === undefined ? [] : [option])];
    return (await run("tar", ["-c", ...options, "-C", directory, ...Object.keys(tar)])).stdout;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

import { spawnSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Two layer tars, written by GNU tar, with what tools get wrong: owners and modes (setuid, sticky), old and odd times, hard and
 * symbolic links, long and UTF-8 names, empty and sparse files, an extended attribute; the second layer removes a file, replaces a
 * directory by a file and hides the old content of a directory.
 */
export function trickyLayers(folder: string): readonly [string, string] {
  const [lower, upper] = [join(folder, "tricky-lower.tar"), join(folder, "tricky-upper.tar")];
  const tree = mkdtempSync(join(folder, "tricky-"));
  chmodSync(tree, 0o755);
  const write = (path: string, content: string, mode = 0o644): void => {
    mkdirSync(join(tree, path, ".."), { recursive: true, mode: 0o755 });
    writeFileSync(join(tree, path), content);
    chmodSync(join(tree, path), mode);
  };
  write("srv/plain", "plain\n");
  write("srv/setuid", "x", 0o4755);
  write("srv/secret", "x", 0o600);
  write("srv/empty", "");
  write("srv/grüße und leerzeichen", "utf-8\n");
  write(`srv/${"long-name-".repeat(12)}/${"longer-".repeat(20)}`, "deep\n");
  write("srv/linked", "one file, two names\n");
  linkSync(join(tree, "srv/linked"), join(tree, "srv/linked-too"));
  symlinkSync("plain", join(tree, "srv/relative"));
  symlinkSync("/srv/plain", join(tree, "srv/absolute"));
  symlinkSync("nowhere", join(tree, "srv/dangling"));
  write("removed/file", "goes away\n");
  write("becomes-file/inner", "goes away\n");
  write("hidden/old", "goes away\n");
  mkdirSync(join(tree, "sticky"));
  chmodSync(join(tree, "sticky"), 0o1777);
  tar(lower, tree, ["--create", "--owner=0", "--group=0", "--mtime=@1000000000", "--sort=name"], ["."]);
  write("owned/by-1000", "x");
  write("owned/by-high", "x");
  tar(
    lower,
    tree,
    ["--append", "--owner=1000", "--group=100", "--mtime=@315532800"],
    ["./owned", "./owned/by-1000"],
  );
  tar(
    lower,
    tree,
    ["--append", "--owner=60000", "--group=60001", "--mtime=@2000000000"],
    ["./owned/by-high"],
  );
  write("srv/attributes", "x");
  tar(
    lower,
    tree,
    [
      "--append",
      "--owner=0",
      "--group=0",
      "--mtime=@1000000000",
      "--pax-option=SCHILY.xattr.user.note:=kept",
    ],
    ["./srv/attributes"],
  );
  rmSync(tree, { recursive: true });

  write("becomes-file", "now a file\n");
  write("hidden/.wh..wh..opq", "");
  write("hidden/new", "new\n");
  write("removed/.wh.file", "");
  tar(
    upper,
    tree,
    ["--create", "--owner=0", "--group=0", "--mtime=@1100000000", "--sort=name"],
    ["./becomes-file", "./hidden", "./removed"],
  );
  rmSync(tree, { recursive: true });
  return [lower, upper];
}

function tar(archive: string, tree: string, flags: readonly string[], names: readonly string[]): void {
  const args = [
    ...flags,
    "--format=pax",
    "--no-recursion",
    "--numeric-owner",
    `--file=${archive}`,
    "-C",
    tree,
  ];
  const recursive = names.flatMap((name) => list(tree, name));
  const { status, stderr } = spawnSync("tar", [...args, "--", ...recursive], { encoding: "utf8" });
  if (status !== 0) throw new Error(`tar failed: ${stderr}`);
}

/** The name and, for a directory that is archived whole, all below it; sorted. */
function list(tree: string, name: string): string[] {
  if (name === "./owned") return [name];
  const { stdout } = spawnSync("find", [name, "-mindepth", "0"], { cwd: tree, encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).sort();
}

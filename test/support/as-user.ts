import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Tests that only an ordinary user can make. Run by one they are as any others; run by root, the whole file is run once
 * more as a user made for it, whose failures are shown.
 *
 * @param file the spec file, `import.meta.filename`
 */
export function describeAsUser(title: string, file: string, body: (this: Mocha.Suite) => void): void {
  if (process.getuid?.() !== 0) {
    describe(title, body);
    return;
  }
  describe(`${title} (as an ordinary user)`, () => {
    it("passes", function () {
      this.timeout(180_000);
      using user = temporaryUser();
      if (!user.canRead(file)) this.skip(); // the checkout is closed to other users
      const { status, output } = user.runSpec(file);
      if (status !== 0) throw new Error(output);
    });
  });
}

function temporaryUser() {
  const name = `wherry-spec-${process.pid}`;
  must("useradd", ["--no-create-home", "--shell", "/bin/sh", name]);
  const [, , uid = "", gid = ""] = lineOf("/etc/passwd", name)?.split(":") ?? [];
  for (const [file, flag] of [
    ["/etc/subuid", "--add-subuids"],
    ["/etc/subgid", "--add-subgids"],
  ] as const) {
    if (lineOf(file, name) === undefined) must("usermod", [flag, "300000000-300065535", name]);
  }
  const home = mkdtempSync(join(tmpdir(), "ws-"));
  const runtime = join(home, "run");
  mkdirSync(runtime, { mode: 0o700 });
  for (const folder of [home, runtime]) chownSync(folder, Number(uid), Number(gid));
  const run = (program: string, args: readonly string[]) =>
    spawnSync(
      "setpriv",
      [`--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--", "env", "-i", `HOME=${home}`, `USER=${name}`]
        .concat(
          `XDG_RUNTIME_DIR=${runtime}`,
          `TMPDIR=${home}`,
          `PATH=${process.env["PATH"] ?? "/usr/bin:/bin"}`,
        )
        .concat(program, args),
      { cwd: ROOT, encoding: "utf8" },
    );
  return {
    canRead: (file: string) => run("test", ["-r", file]).status === 0,
    runSpec: (file: string) => {
      const mocha = join(ROOT, "node_modules/mocha/bin/mocha.js");
      const { status, stdout, stderr } = run(process.execPath, [mocha, "--reporter", "dot", file]);
      return { status, output: stdout + stderr };
    },
    [Symbol.dispose]() {
      endProcessesOf(Number(uid));
      rmSync(home, { recursive: true, force: true });
      spawnSync("userdel", ["-f", name], { stdio: "ignore" });
    },
  };
}

function endProcessesOf(uid: number): void {
  for (const pid of readdirSync("/proc").map(Number).filter(Boolean)) {
    try {
      if (statSync(`/proc/${pid}`).uid === uid) process.kill(pid, "SIGKILL");
    } catch {
      // it ended by itself
    }
  }
}

function lineOf(file: string, name: string): string | undefined {
  return readFileSync(file, "utf8")
    .split("\n")
    .find((line) => line.startsWith(`${name}:`));
}

function must(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}

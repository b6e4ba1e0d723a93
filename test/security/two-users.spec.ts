import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync, type Dirent } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";
import { processesWithHome, textOf } from "../support/processes.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { finish, testUser } from "../support/user.ts";

const WORD = "two-users-secret-word";
const PASSWORD = "two-users-password";
/** As registries are told it, and as it stands in the file of logins. */
const CREDENTIALS = Buffer.from(`john:${PASSWORD}`).toString("base64");
const SENSITIVE = new RegExp([WORD, PASSWORD, CREDENTIALS].join("|"));
const isRoot = process.getuid?.() === 0;

for (const umask of ["000", "077"]) {
  describe(`what one user keeps from the other, with umask ${umask}`, function () {
    this.timeout(60_000);
    let box: Box;
    let registry: TestRegistry;

    before(async () => {
      box = await openBox();
      registry = await startRegistry({ auth: { kind: "basic", username: "john", password: PASSWORD } });
      writeFileSync(join(box.user.home, "word"), WORD);
      const host = registry.host;
      const script = [
        `umask ${umask}`,
        "set -e",
        `echo ${PASSWORD} | wherry login -u john --password-stdin --tls-verify=false ${host}`,
        "wherry secret create word word",
        "wherry volume create kept",
        "wherry run -d --name one --network none --secret word -v kept:/kept bb sleep 600",
        "wherry run --name two --network none bb sh -c 'echo logged; umask; touch /made'",
        "wherry commit -q two localhost/made",
      ].join("\n");
      const { status, stderr } = await box.user.run("sh", ["-c", script]);
      assert.equal(status, 0, stderr);
    });
    after(async () => {
      await registry[Symbol.asyncDispose]();
      await box[Symbol.asyncDispose]();
    });

    /** The folders where wherry keeps things; the home itself is the user's affair. */
    const folders = () =>
      [".local/share/wherry", ".config/containers", "run/wherry", "run/containers"].map((path) =>
        join(box.user.home, path),
      );

    it("is closed: no folder of ours lets another in", () => {
      const found = folders().filter((folder) => statSync(folder, { throwIfNoEntry: false }) !== undefined);
      assert.ok(found.length >= 2, found.join(" "));
      for (const folder of found) assert.equal(modeOf(folder) & 0o077, 0, `${folder} is open`);
    });

    it("is closed in itself where it is secret: logins, secrets and logs are 0600", () => {
      const secret = folders()
        .flatMap(filesBelow)
        .filter((path) => /auth\.json$|secrets|\.log$|state\.sqlite/.test(path) && statSync(path).size > 0);
      assert.ok(
        secret.some((path) => path.endsWith("auth.json")),
        secret.join(" "),
      );
      assert.ok(
        secret.some((path) => path.endsWith(".log")),
        secret.join(" "),
      );
      for (const path of secret)
        assert.equal(
          modeOf(path) & 0o077,
          0,
          `${relative(box.user.home, path)} is ${modeOf(path).toString(8)}`,
        );
    });

    it("does not depend on the umask inside of the container", async () => {
      assert.match(await box.ok("logs", "two"), /^logged\n0022$/m);
    });

    it("holds its words nowhere but where they belong", () => {
      const holding = folders()
        .flatMap(filesBelow)
        .filter((path) => SENSITIVE.test(readFileSync(path, "latin1")))
        .map((path) => relative(box.user.home, path));
      assert.ok(holding.length >= 2, "neither the secret nor the login was found");
      for (const path of holding) assert.match(path, /secrets\/|containers\/auth\.json$/);
      const pids = processesWithHome(box.user.home);
      assert.notEqual(pids.length, 0);
      for (const pid of pids) {
        assert.doesNotMatch(textOf(pid, "cmdline"), SENSITIVE, `arguments of ${pid}`);
        assert.doesNotMatch(textOf(pid, "environ"), SENSITIVE, `environment of ${pid}`);
      }
    });

    if (umask === "000") {
      it("tells none of them to who looks for a fault", async () => {
        const script = [
          `echo ${PASSWORD} | wherry --log-level debug login -u john --password-stdin --tls-verify=false ${registry.host}`,
          `wherry --log-level debug pull --tls-verify=false ${registry.host}/nosuch`,
          "wherry --log-level debug run --rm --network none --secret word bb true",
          "wherry --log-level debug run --rm --network none --secret word,type=env,target=WORD bb nosuch",
          "wherry logs one; wherry inspect one; wherry events --stream=false; wherry why one",
        ].join("\n");
        const { stdout, stderr } = await box.user.run("sh", ["-c", `umask ${umask}\n${script}`]);
        assert.match(stderr, /level=debug msg="running /);
        assert.doesNotMatch(stdout + stderr, SENSITIVE);
      });

      it("leaves a core dump, if one is wanted, to the user alone", async () => {
        const folder = join(box.user.home, `core-${umask}`);
        const script = `umask ${umask}; ulimit -c unlimited; mkdir ${folder}; cd ${folder}; exec wherry secret create more -`;
        const child = box.user.start("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"] });
        const ended = once(child, "exit");
        child.stdin?.write(WORD);
        await untilSleeping(child.pid ?? 0);
        child.kill("SIGABRT");
        assert.deepEqual(await ended, [null, "SIGABRT"]);
        const dumps = filesBelow(folder);
        const isKeptElsewhere = /^[|/]/.test(readFileSync("/proc/sys/kernel/core_pattern", "utf8"));
        assert.equal(dumps.length > 0, !isKeptElsewhere);
        for (const path of dumps) {
          assert.deepEqual([statSync(path).uid, modeOf(path) & 0o077], [box.user.uid, 0], path);
          rmSync(path);
        }
      });
    }

    it(`is reached by no command of the other${isRoot ? "" : " (skipped: needs root to make another user)"}`, async function () {
      if (!isRoot) this.skip();
      await using other = testUser(`wherry-other-${process.pid}`);
      const socket = filesAndSockets(join(box.user.home, "run/wherry")).find((path) =>
        path.endsWith("attach"),
      );
      assert.ok(socket !== undefined, "the container has an attach socket");
      const share = join(box.user.home, ".local/share/wherry");
      for (const args of [
        ["cat", join(box.user.home, "run/containers/auth.json")],
        ["ls", share],
        ["ls", join(box.user.home, "run/wherry")],
        ["sh", "-c", `exec 3<>${socket}`],
        ["wherry", "--root", share, "ps"],
        [
          "nsenter",
          "-t",
          String(processesWithHome(box.user.home)[0]),
          "-U",
          "--preserve-credentials",
          "true",
        ],
      ]) {
        const { status, stderr } = await finish(other.start(args[0] ?? "", args.slice(1)));
        assert.notEqual(status, 0, args.join(" "));
        assert.match(stderr, /[Pp]ermission denied|[Oo]peration not permitted/, args.join(" "));
      }
      const seen = await other.run("wherry", ["ps", "-a", "-q"]);
      assert.deepEqual([seen.status, seen.stdout], [0, ""], seen.stderr);
    });
  });
}

/** Waits until a process that reads its standard input has nothing left to do. */
async function untilSleeping(pid: number): Promise<void> {
  let last = "";
  for (let tries = 0; tries < 100; tries++) {
    await sleep(100);
    const [, , ...fields] = textOf(pid, "stat").split(" ");
    const times = fields.slice(11, 13).join(" "); // of CPU
    if (textOf(pid, "cmdline").includes("main.js") && times === last) return;
    last = times;
  }
  assert.fail(`process ${pid} does not come to rest`);
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o7777;
}

function filesBelow(folder: string): string[] {
  return entriesBelow(folder).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}

function filesAndSockets(folder: string): string[] {
  return entriesBelow(folder).map((entry) => join(entry.parentPath, entry.name));
}

function entriesBelow(folder: string): Dirent[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    // overlayfs leaves a folder that is closed to its owner
    if (error instanceof Error && "code" in error && error.code === "EACCES") return [];
    throw error;
  }
  return entries.flatMap((entry) =>
    entry.isDirectory() ? [entry, ...entriesBelow(join(folder, entry.name))] : [entry],
  );
}

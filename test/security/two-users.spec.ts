import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { openBox, type Box } from "../support/box.ts";
import { processesWithHome, textOf } from "../support/processes.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { finish, testUser } from "../support/user.ts";

const WORD = "two-users-secret-word";
const PASSWORD = "two-users-password";
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
        .filter((path) => readFileSync(path, "latin1").includes(WORD))
        .map((path) => relative(box.user.home, path));
      for (const path of holding) assert.match(path, /secrets\//);
      for (const pid of processesWithHome(box.user.home)) {
        assert.doesNotMatch(textOf(pid, "cmdline"), new RegExp(`${WORD}|${PASSWORD}`), `arguments of ${pid}`);
        const environment = textOf(pid, "environ");
        assert.doesNotMatch(environment, new RegExp(`${WORD}|${PASSWORD}`), `environment of ${pid}`);
      }
    });

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

function entriesBelow(folder: string) {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true });
}

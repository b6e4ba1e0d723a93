import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

const VALUE = "s3cret-of-the-spec";

describe("secrets", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());

  const kept = () => readdirSync(join(box.user.home, ".local/share/wherry/secrets"));
  const filesWith = (value: string) =>
    spawnSync("grep", ["-rlaF", value, box.user.home, `--exclude-dir=made`], { encoding: "utf8" })
      .stdout.split("\n")
      .filter((path) => path !== "");
  const create = async (args: readonly string[], input = VALUE): Promise<string> => {
    const { status, stdout, stderr } = await box.wherry(["secret", "create", ...args], { input });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  const refused = async (says: RegExp, ...args: readonly string[]): Promise<void> => {
    const { status, stderr } = await box.wherry(args, { input: VALUE });
    assert.equal(status, 125, stderr);
    assert.match(stderr, says);
  };

  it("are created, listed, inspected, replaced and removed, for the user's eyes only", async () => {
    const id = await create(["--label", "team=web", "key", "-"]);
    assert.match(id, /^[0-9a-f]{25}$/);
    assert.deepEqual(kept(), [id]);
    assert.equal(statSync(join(box.user.home, ".local/share/wherry/secrets", id)).mode & 0o777, 0o600);
    assert.equal(await box.ok("secret", "ls", "--format", "{{.ID}} {{.Name}} {{.Driver}}"), `${id} key file`);
    assert.match(await box.ok("secret", "ls"), /^ID +NAME +DRIVER +CREATED +UPDATED\n/);
    const shown = await box.ok("secret", "inspect", id.slice(0, 12));
    assert.match(shown, /"team": "web"/);
    assert.doesNotMatch(shown, new RegExp(VALUE));
    await refused(/Error: key: secret name in use/, "secret", "create", "key", "-");
    assert.equal(await create(["--ignore", "key", "-"], "other"), id);
    const next = await create(["--replace", "key", "-"], "other");
    assert.notEqual(next, id);
    assert.deepEqual(kept(), [next]);
    assert.equal((await box.wherry(["secret", "exists", "key"])).status, 0);
    assert.equal(await box.ok("secret", "rm", "key"), next);
    assert.equal((await box.wherry(["secret", "exists", "key"])).status, 1);
    assert.deepEqual(kept(), []);
    const events = ["events", "--stream=false", "--filter", "type=secret", "--format"];
    assert.equal(await box.ok(...events, "{{.Status}}"), "create\ncreate\nremove");
  });

  it("say what is wrong with a name, its data, or a request", async () => {
    await refused(/invalid secret name "a\/b"/, "secret", "create", "a/b", "-");
    await refused(/larger than 0 and less than 512000 bytes/, "secret", "create", "empty", "/dev/null");
    await refused(/larger than 0 and less than 512000 bytes/, "secret", "create", "large", "/dev/zero");
    await refused(/open \/nosuch: no such file/, "secret", "create", "key", "/nosuch");
    await refused(/environment variable NO_SUCH is not set/, "secret", "create", "--env", "key", "NO_SUCH");
    await refused(/no secret with name or id "nosuch": no such secret/, "secret", "rm", "nosuch");
    await refused(/no such secret/, "create", "--secret", "nosuch", "bb", "true");
    await refused(/option mood invalid/, "create", "--secret", "key,mood=bad", "bb", "true");
    await create(["binary", "-"], "a\0b");
    await refused(/NUL byte/, "create", "--secret", "binary,type=env", "bb", "true");
    await box.ok("secret", "rm", "binary");
    assert.equal(await box.ok("ps", "-aq"), "");
  });

  it("are files and variables of a container, and nowhere else", async () => {
    await create(["key", "-"]);
    const script = `cat /run/secrets/key /etc/db.key; stat -c ' %u:%g %a' /etc/db.key; echo $PASS; ls /run/secrets`;
    await box.ok(
      ...["run", "-d", "--name", "db", "--network", "none", "--secret", "key"],
      ...["--secret", "key,target=/etc/db.key,uid=5,gid=6,mode=0400", "--secret", "key,type=env,target=PASS"],
      ...["bb", "sh", "-c", `(${script}) | tr s- S_; sleep 100`],
    );
    const changed = VALUE.replaceAll("s", "S").replaceAll("-", "_");
    await box.ok("exec", "db", "true");
    let logs = "";
    for (let tries = 0; tries < 100 && !logs.endsWith("key"); tries++) logs = await box.ok("logs", "db");
    assert.equal(logs, `${changed}${changed} 5:6 400\n${changed}\nkey`);
    assert.equal(await box.ok("exec", "db", "sh", "-c", "echo $PASS"), VALUE);
    const [stored = "", lent = "", ...more] = filesWith(VALUE);
    assert.match(stored + lent, /\/secrets\/[0-9a-f]{25}.*\/secrets\/[0-9a-f]{25}$/);
    assert.deepEqual(more, [], "no config.json, no state, no record, no log has it");
    assert.match(await box.ok("inspect", "-f", "{{json .Config.Secrets}}", "db"), /"Name":"key".*"Mode":256/);
    assert.doesNotMatch(await box.ok("inspect", "db"), new RegExp(VALUE));
    assert.equal(await box.ok("diff", "db"), "");
    await box.ok("commit", "-q", "db", "changed");
    const files = "find / -xdev -type f -exec grep -lF s3cret {} + 2>/dev/null; env | grep s3cret; true";
    assert.equal(await box.ok("run", "--rm", "--network", "none", "changed", "sh", "-c", files), "");
  });

  it("stay a container's own when they are removed, and go with it", async () => {
    await box.ok("secret", "rm", "key");
    assert.equal(kept().length, 0);
    await box.ok("restart", "-t", "0", "db");
    assert.equal(await box.ok("exec", "db", "cat", "/run/secrets/key"), VALUE);
    await box.ok("rm", "-f", "-t", "0", "db");
    assert.deepEqual(filesWith(VALUE), []);
  });

  it("reach containers with ids of their own, read-only ones, and those with a tmpfs there", async () => {
    await create(["key", "-"]);
    const flags = [["--userns", "auto"], ["--userns", "keep-id"], ["--read-only"], ["--tmpfs", "/run"]];
    for (const more of flags) {
      const args = ["run", "--rm", "--network", "none", ...more, "--secret", "key,uid=3,mode=0440"];
      const out = await box.ok(
        ...args,
        "-u",
        "0",
        "bb",
        "sh",
        "-c",
        "cat /run/secrets/*; stat -c ' %u %a' /run/secrets/key",
      );
      assert.equal(out, `${VALUE} 3 440`, more.join(" "));
    }
  });
});

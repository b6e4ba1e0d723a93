import assert from "node:assert/strict";
import { chownSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

describe("user namespaces of containers", function () {
  this.timeout(60_000);
  let box: Box;
  let shared: string;

  before(async () => {
    box = await openBox();
    shared = join(box.user.home, "shared");
    mkdirSync(shared);
    chownSync(shared, box.user.uid, box.user.gid);
  });
  after(() => box[Symbol.asyncDispose]());

  const run = (...args: readonly string[]) => box.wherry(["run", "--rm", "--network", "none", ...args]);
  const LOOK = "id -u; stat -c %u:%g /bin /etc/hosts /v; touch /v/f && stat -c %u /v/f; echo $HOME";

  it("keep-id has the user's ids in the container, on files it mounts too, and root's files stay root's", async () => {
    const { uid, gid, name } = box.user;
    const first = await run("--userns", "keep-id", "-v", `${shared}:/v`, "bb", "sh", "-c", LOOK);
    assert.equal(first.stdout, `${uid}\n0:0\n0:0\n${uid}:${gid}\n${uid}\n/\n`, first.stderr);
    assert.match(first.stderr, /unpacking 1 layer once more for this container's user namespace/);
    assert.equal(statSync(join(shared, "f")).uid, uid);
    const second = await run("--userns", "keep-id", "bb", "id");
    assert.equal(second.stderr, "", "the layer is there with these owners");
    assert.match(second.stdout, new RegExp(`uid=${uid}\\(${name}\\)`));
  });

  it("keep-id takes other ids", async () => {
    const { stdout, stderr } = await run(
      "--userns",
      "keep-id:uid=200,gid=210",
      "-v",
      `${shared}:/v`,
      "bb",
      "sh",
      "-c",
      "id -u; id -g; stat -c %u:%g /v",
    );
    assert.equal(stdout, "200\n210\n200:210\n", stderr);
  });

  it("nomap has no user of the host in the container", async () => {
    const { stdout, stderr } = await run(
      "--userns",
      "nomap",
      "-v",
      `${shared}:/v`,
      "bb",
      "sh",
      "-c",
      "id -u; touch /x; stat -c %u /x /v",
    );
    assert.equal(stdout, "0\n0\n65534\n", stderr);
  });

  it("auto gives each container ids that no other has, and others may join", async () => {
    const maps = async (name: string) =>
      (await box.ok("exec", name, "cat", "/proc/self/uid_map")).trim().split(/\s+/).map(Number);
    for (const name of ["a1", "a2"])
      await box.ok(
        "run",
        "-d",
        "--name",
        name,
        "--network",
        "none",
        "--userns",
        "auto:size=2000",
        "bb",
        "sleep",
        "100",
      );
    assert.deepEqual(await maps("a1"), [0, 1, 2000]);
    assert.deepEqual(await maps("a2"), [0, 2001, 2000]);
    const joined = await run(
      "--userns",
      "container:a2",
      "bb",
      "sh",
      "-c",
      "cat /proc/self/uid_map; touch /x; stat -c %u /x /bin",
    );
    assert.match(joined.stdout, /^\s+0\s+2001\s+2000\n0\n0\n$/, joined.stderr);
    assert.match(
      await box.ok("inspect", "--format", "{{.HostConfig.UsernsMode}} {{json .HostConfig.IDMappings}}", "a2"),
      /^private \{"UidMap":\["0:2001:2000"\]/,
    );
    await box.ok("restart", "-t", "0", "a1");
    await box.ok("rm", "-f", "-t", "0", "a1", "a2");
  });

  it("takes maps by hand, and those of a name", async () => {
    const byHand = await run(
      "--uidmap",
      "0:1:10",
      "--uidmap",
      "10:20:5",
      "bb",
      "cat",
      "/proc/self/uid_map",
      "/proc/self/gid_map",
    );
    assert.match(byHand.stdout, /^(?:\s+0\s+1\s+10\n\s+10\s+20\s+5\n){2}$/, byHand.stderr);
    const named = await run(
      "--subuidname",
      box.user.name,
      "bb",
      "sh",
      "-c",
      "id -u; head -n 1 /proc/self/uid_map",
    );
    assert.match(named.stdout, /^0\n\s+0\s+1\s+\d+\n$/, named.stderr);
  });

  it("reaches the network, also by a low port", async () => {
    const script = "ip -o link | grep -vc ': lo:'; timeout 1 nc -l -p 80 2>&1; echo $?";
    const { stdout, stderr } = await box.wherry([
      "run",
      "--rm",
      "--userns",
      "keep-id",
      "bb",
      "sh",
      "-c",
      script,
    ]);
    if (/tun/.test(stderr)) return; // this host lets no ordinary user have a network
    assert.match(stdout, /^1\n(?!.*denied)/, stderr);
  });

  const wrong = [
    { flags: ["--userns", "frob"], says: /unrecognized user namespace mode/ },
    { flags: ["--userns", "keep-id:uid=x"], says: /--userns keep-id:uid=x/ },
    { flags: ["--userns", "auto:size=999999999"], says: /no 999999999 subordinate ids are left/ },
    { flags: ["--userns", "container:nosuch"], says: /no such container/ },
    { flags: ["--userns", "ns:/no/such"], says: /\/no\/such/ },
    { flags: ["--uidmap", "0:0:999999999"], says: /only ids below/ },
    { flags: ["--subuidname", "nosuch"], says: /no subordinate ids that are yours/ },
    { flags: ["--userns", "keep-id", "--uidmap", "0:1:1"], says: /uidmap/ },
  ];
  for (const { flags, says } of wrong) {
    it(`refuses ${flags.join(" ")} and leaves nothing`, async () => {
      const { status, stderr } = await run(...flags, "bb", "true");
      assert.equal(status, 125, stderr);
      assert.match(stderr, says);
      assert.equal(await box.ok("ps", "-aq"), "");
    });
  }

  it("leaves nothing half-made", () => {
    assert.deepEqual(readdirSync(join(box.user.home, ".local/share/wherry/staging")), []);
  });
});

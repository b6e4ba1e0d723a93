import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

describe("what containers have made", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
    await box.ok(
      "create",
      "--name",
      "c",
      "--network",
      "none",
      "-v",
      "data:/vol",
      "bb",
      "sh",
      "-c",
      "echo hi >/tmp/x; echo v >/vol/p; ln -s / /tmp/out",
    );
    await box.ok("start", "-a", "c");
  });
  after(() => box[Symbol.asyncDispose]());

  it("is told by diff, and copied out of it, also out of its volumes", async () => {
    assert.equal(await box.ok("diff", "c"), "C /tmp\nA /tmp/out\nA /tmp/x");
    await box.ok("cp", "c:/tmp/x", "x");
    assert.equal(readFileSync(join(box.user.home, "x"), "utf8"), "hi\n");
    await box.ok("cp", "c:/vol/p", "p");
    assert.equal(readFileSync(join(box.user.home, "p"), "utf8"), "v\n");
    // a pipe is 64 KiB deep: the command still writes when its reader goes
    const line = 'wherry cp c:/bin/busybox - | head -c 1 >/dev/null; echo "${PIPESTATUS[0]}"';
    const { stdout, stderr } = await box.user.run("bash", ["-c", line]);
    assert.deepEqual([stdout, stderr], ["141\n", ""]);
  });

  it("is reached through no link that leads out of the container", async () => {
    const { status, stderr } = await box.wherry(["cp", `c:/tmp/out${box.user.home}/x`, "y"]);
    assert.equal(status, 125);
    assert.match(stderr, /could not be found on container c: no such file or directory/);
  });

  it("becomes an image by commit, and by export and import", async () => {
    await box.ok("commit", "-q", "-c", 'CMD ["cat","/tmp/x"]', "c", "made");
    assert.equal(await box.ok("run", "--rm", "--network", "none", "made"), "hi");
    await box.ok("export", "-o", "c.tar", "c");
    await box.ok("import", "-c", 'CMD ["cat","/tmp/x"]', "c.tar", "flat");
    assert.equal(await box.ok("run", "--rm", "--network", "none", "flat"), "hi");
  });

  it("goes into running containers and out of them, and between them", async () => {
    const files = "mkdir -p /srv/d; echo deep >/srv/d/f; while :; do sleep 0.1; done";
    for (const name of ["one", "two"])
      await box.ok(
        "run",
        "-d",
        "--name",
        name,
        "--network",
        "none",
        "-u",
        "7",
        "--tmpfs",
        "/srv:mode=777",
        "bb",
        "sh",
        "-c",
        files,
      );
    writeFileSync(join(box.user.home, "in"), "from outside\n");
    await box.ok("cp", "in", "one:/srv/d/in");
    assert.equal(
      await box.ok("exec", "one", "sh", "-c", "cat /srv/d/in; stat -c %u /srv/d/in"),
      "from outside\n7",
    );
    await box.ok("cp", "one:/srv/d", "two:/srv/copy");
    assert.equal(await box.ok("exec", "two", "sh", "-c", "cat /srv/copy/*"), "deep\nfrom outside");
    await box.ok("cp", "two:/srv/copy/.", "out");
    assert.deepEqual(readdirSync(join(box.user.home, "out")).sort(), ["f", "in"]);
    const { status, stdout } = await box.user.run("sh", [
      "-c",
      "wherry cp two:/srv/copy - | tar t | sort | tr '\\n' ' '",
    ]);
    assert.deepEqual([status, stdout], [0, "copy/ copy/f copy/in "]);
    await box.user.run("sh", ["-c", "tar c in | wherry cp - two:/srv"]);
    assert.equal(await box.ok("exec", "two", "cat", "/srv/in"), "from outside");
    await box.ok("pause", "one");
    await box.ok("unpause", "one");
    await box.ok("rm", "-f", "-t", "0", "one", "two");
  });

  it("becomes one layer with commit --squash, and differences as JSON", async () => {
    await box.ok("commit", "-q", "--squash", "-m", "flat", "c", "squashed");
    assert.equal(await box.ok("image", "inspect", "-f", "{{len .RootFS.Layers}}", "squashed"), "1");
    assert.equal(await box.ok("run", "--rm", "--network", "none", "squashed", "cat", "/tmp/x"), "hi");
    const changes = { added: ["/tmp/out", "/tmp/x"], changed: ["/tmp"] };
    assert.deepEqual(JSON.parse(await box.ok("diff", "--format", "json", "c")), changes);
    await box.ok("tag", "made", "again");
    assert.match(await box.ok("image", "diff", "again"), /^A \/tmp\/x$/m);
  });

  it("is imported from a URL, and what is none is told", async () => {
    const tar = readFileSync(join(box.user.home, "c.tar"));
    using server = serveFile("/c.tar", tar);
    const url = `http://127.0.0.1:${await server.port}`;
    await box.ok("import", `${url}/c.tar`, "fetched");
    assert.equal(await box.ok("run", "--rm", "--network", "none", "fetched", "cat", "/tmp/x"), "hi");
    const { status, stderr } = await box.wherry(["import", `${url}/nosuch`, "none"]);
    assert.equal(status, 125);
    assert.match(stderr, /404/);
  });

  it("is told by events, the changes of volumes and images too", async () => {
    await box.ok("volume", "create", "told");
    await box.ok("volume", "rm", "told");
    await box.ok("save", "-q", "-o", "made.tar", "made");
    await box.ok("load", "-q", "-i", "made.tar");
    const of = (...filters: readonly string[]) =>
      box.ok(
        "events",
        "--stream=false",
        ...filters.flatMap((filter) => ["--filter", filter]),
        "--format",
        "{{.Status}}",
      );
    assert.equal(await of("type=volume", "volume=told"), "create\nremove");
    assert.match(await of("container=one"), /create\ninit\nstart\nexec\nexec_died\npause\nunpause\n/);
    assert.match(await of("container=c"), /\ncommit/);
    for (const status of ["save", "loadfromarchive", "import"])
      assert.notEqual(await of("type=image", `event=${status}`), "", status);
  });

  it("goes out of volumes and into others; one that lost its files is told and removed by check", async () => {
    await box.ok("volume", "export", "data", "-o", "data.tar");
    await box.ok("volume", "create", "copy");
    await box.ok("volume", "import", "copy", "data.tar");
    assert.equal(await box.ok("run", "--rm", "--network", "none", "-v", "copy:/v", "bb", "cat", "/v/p"), "v");
    rmSync(join(box.user.home, ".local/share/wherry/volumes/copy"), { recursive: true });
    const { status, stdout } = await box.wherry(["system", "check"]);
    assert.equal(status, 1);
    assert.match(stdout, /^damaged: volume copy has lost its files$/m);
    await box.ok("system", "check", "--repair");
    assert.equal((await box.wherry(["volume", "exists", "copy"])).status, 1);
  });

  it("leaves no part of a file when it cannot be written whole", async () => {
    const { status } = await box.user.run("sh", ["-c", "ulimit -f 1; exec wherry export -o part.tar c"]);
    assert.notEqual(status, 0);
    assert.deepEqual(
      readdirSync(box.user.home).filter((name) => name.includes("part.tar")),
      [],
    );
  });

  it("keeps the name of an image, when another manifest of the same image is pruned or removed by its digest", async () => {
    await box.ok("save", "-q", "-o", "bb.tar", "bb");
    await box.ok("load", "-q", "-i", "bb.tar"); // not compressed as the one that is there: another manifest
    const rows = async () =>
      (await box.ok("images", "-a", "--format", "{{.Repository}} {{.ID}}")).split("\n");
    const [, id = ""] = (await rows()).find((row) => row.startsWith("localhost/bb "))?.split(" ") ?? [];
    assert.ok((await rows()).includes(`<none> ${id}`));
    await box.ok("rm", "c");
    await box.ok("image", "prune", "-f");
    assert.deepEqual(
      (await rows()).filter((row) => row.endsWith(id)),
      [`localhost/bb ${id}`],
    );
    await box.ok("load", "-q", "-i", "bb.tar");
    await box.ok("rmi", id);
    assert.deepEqual(
      (await rows()).filter((row) => row.endsWith(id)),
      [],
    );
  });
});

/** A server of one file, on loopback. */
function serveFile(path: string, content: Uint8Array) {
  const server = createServer((request, response) => {
    if (request.url === path) response.end(content);
    else response.writeHead(404).end();
  });
  const port = new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
  return {
    port,
    [Symbol.dispose]() {
      server.close();
    },
  };
}

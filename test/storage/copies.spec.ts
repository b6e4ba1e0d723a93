import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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

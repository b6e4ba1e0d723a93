import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

describe("why", function () {
  this.timeout(30_000);
  let box: Box;

  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());

  const run = (name: string, ...args: readonly string[]) =>
    box.wherry(["run", "--name", name, "--network", "none", ...args]);
  const cause = (name: string) => box.ok("why", "--format", "{{.Cause}}", name);

  it("explains what a real container left behind", async () => {
    const { stderr } = await run("gone", "bb", "nosuch");
    assert.match(stderr, /see `wherry why gone` for the cause/);
    await run("killed", "-d", "bb", "sleep", "100");
    await box.ok("kill", "killed");
    await box.until("killed", "exited");
    await run("ro", "--read-only", "bb", "touch", "/x");
    await run("raw", "--cap-drop", "all", "bb", "chown", "1", "/tmp");
    await run("mine", "bb", "sh", "-c", "echo no config >&2; exit 3");
    assert.equal(await cause("gone"), "command-not-found");
    assert.equal(await cause("killed"), "signal");
    assert.equal(await cause("ro"), "read-only");
    assert.equal(await cause("raw"), "denied-capability");
    const unknown = await box.ok("why", "mine");
    assert.match(unknown, /^mine ended with exit status 3\.\nI don't know/);
    assert.match(unknown, /no config/);
  });

  it("finds an interpreter that is not there, and a program for another machine", async () => {
    const scripts = join(box.user.home, "scripts");
    mkdirSync(scripts, { recursive: true });
    writeFileSync(join(scripts, "run"), "#!/bin/nosuch\n", { mode: 0o755 });
    const arm = Buffer.alloc(128);
    arm.write("\x7fELF\x02\x01\x01", "latin1");
    arm.writeUInt16LE(2, 16);
    arm.writeUInt16LE(process.arch === "arm64" ? 62 : 183, 18);
    writeFileSync(join(scripts, "foreign"), arm, { mode: 0o755 });
    await box.ok("create", "--name", "script", "--network", "none", "bb", "/run-me");
    await box.ok("cp", join(scripts, "run"), "script:/run-me");
    await box.wherry(["start", "script"]);
    await box.until("script", "exited");
    assert.match(await box.ok("why", "script"), /"\/bin\/nosuch", which has to run it, is not in the image/);
    await box.ok("create", "--name", "foreign", "--network", "none", "bb", "/foreign");
    await box.ok("cp", join(scripts, "foreign"), "foreign:/foreign");
    await box.wherry(["start", "foreign"]);
    await box.until("foreign", "exited");
    assert.equal(await cause("foreign"), "wrong-architecture");
  });

  it("names both ids and the flag when a mount is closed to the program", async () => {
    const folder = join(box.user.home, "closed");
    await box.user.run("mkdir", ["-m", "700", folder]);
    await run("mounted", "-u", "1000", "-v", `${folder}:/data`, "bb", "touch", "/data/x");
    const said = await box.ok("why", "mounted");
    assert.match(
      said,
      new RegExp(`container uid 1000 \\(host uid \\d+\\), and ${folder} belongs to host uid ${box.user.uid}`),
    );
    if (box.user.uid !== 0) assert.match(said, /--userns keep-id:uid=1000/);
    const fixed = await box.wherry([
      "run",
      "--rm",
      "--network",
      "none",
      "--userns",
      "keep-id:uid=1000",
      "-v",
      `${folder}:/data`,
      "bb",
      "touch",
      "/data/x",
    ]);
    assert.equal(fixed.status, 0, fixed.stderr);
  });
});

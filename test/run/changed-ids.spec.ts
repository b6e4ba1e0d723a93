import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";
import { killProcess } from "../support/processes.ts";

const isRoot = process.getuid?.() === 0;

describe(`ranges of subordinate ids that change${isRoot ? "" : " (skipped: only root can change them)"}`, function () {
  this.timeout(60_000);
  let box: Box;
  before(async function () {
    if (!isRoot) this.skip();
    process.env["WHERRY_TEST_COLD"] = "1"; // usermod(8) changes nobody who has a process
    box = await openBox();
  });
  after(async () => {
    if (!isRoot) return;
    await box[Symbol.asyncDispose]();
    delete process.env["WHERRY_TEST_COLD"];
  });

  const change = (flags: readonly string[]) => execFileSync("usermod", [...flags, box.user.name]);

  it("are told by the next command, which goes on, until migrate takes them over", async () => {
    const owner = ["run", "--rm", "--network", "none", "localhost/owned", "stat", "-c", "%u", "/etc/owned"];
    await box.ok(
      "run",
      "--name",
      "c",
      "--network",
      "none",
      "bb",
      "sh",
      "-c",
      "touch /etc/owned; chown 7 /etc/owned",
    );
    await box.ok("commit", "-q", "c", "localhost/owned");
    assert.equal(await box.ok(...owner), "7");
    const [verb, , ...rest] = owner;
    assert.equal(verb, "run");
    await box.ok("create", "--name", "kept", "--userns", "keep-id", ...rest);
    const build = async (args: readonly string[], input = "") => {
      const { status, stderr } = await box.user.run("wherry-build", args, { input });
      assert.equal(status, 0, stderr);
    };
    await build(["from", "--name", "w", "bb"]);
    const fill = "touch /kept/f; chown 7 /kept/f";
    await build(
      ["build", "-q", "-f", "-", "made"],
      `FROM bb\nRUN --network=none --mount=type=cache,target=/kept ${fill}\n`,
    );
    await build(["unshare", "sh", "-c", 'file=$(wherry-build mount w)/f; touch "$file"; chown 7 "$file"']);
    const ranges = execFileSync("grep", [`^${box.user.name}:`, "/etc/subuid"], { encoding: "utf8" });
    const [, first = "", size = ""] = ranges.trim().split(":");
    await endHolder(box);
    change(["--del-subuids", `${first}-${Number(first) + Number(size) - 1}`]);
    change(["--add-subuids", "300000000-300065535"]);
    const strange = await box.wherry(owner);
    assert.equal(strange.stdout, "65534\n", strange.stderr);
    assert.match(
      strange.stderr,
      /ids of \S+ in \/etc\/subuid .* have changed .*: run `wherry system migrate`"\n$/,
    );
    assert.equal((await box.wherry(["ps", "-a"])).stderr, "", "what needs no ids says nothing");
    const migrated = await box.wherry(["system", "migrate"]);
    assert.equal(migrated.status, 0, migrated.stderr);
    for (const what of ["container c", "working container w", "cache mount /kept"])
      assert.match(migrated.stderr, new RegExp(`"${what} has files of ids that are not yours any more`));
    const after = await box.wherry(owner);
    assert.deepEqual([after.stdout, after.stderr], ["7\n", ""]);
    assert.equal(await box.ok("start", "--attach", "kept"), "7", "its own copy of the layers is made anew");
    await box.ok("rm", "c", "kept");
  });
});

/** The one process that the user keeps: it sleeps for ever. */
async function endHolder({ user }: Box): Promise<void> {
  const { pid } = JSON.parse(readFileSync(join(user.home, "run/wherry/userns.json"), "utf8")) as {
    pid: number;
  };
  await killProcess(pid);
}

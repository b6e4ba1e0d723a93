import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

/** What a list, a mount's options, a shell, a format, an escape or a line would take for something else. */
const ODD = `:o,p=1 %s\\n"q"'é$x;\n#`;

describe("a home, a runtime folder and contexts with names that mean something elsewhere", function () {
  this.timeout(60_000);
  let box: Box;
  let home: string;
  let env: Readonly<Record<string, string>>;
  before(async () => {
    box = await openBox();
    home = join(box.user.home, `home${ODD}`);
    env = { HOME: home, XDG_RUNTIME_DIR: join(box.user.home, `run${ODD}`) };
    for (const path of Object.values(env)) mkdirSync(path, { mode: 0o700 });
    const context = join(home, `context${ODD}`);
    mkdirSync(join(context, "sub"), { recursive: true });
    writeFileSync(join(context, "sub", `file${ODD}`), "copied\n");
    writeFileSync(
      join(context, "Containerfile"),
      "FROM bb\nCOPY sub /sub\nRUN --mount=type=cache,target=/c --mount=type=bind,target=/ctx cat /ctx/sub/* /sub/* >/seen\n",
    );
    spawnSync("chown", ["-R", `${box.user.uid}:${box.user.gid}`, ...Object.values(env)]);
    await ok("pull", "-q", `oci:${box.user.home}/made/layout:bb`);
    await ok("tag", (await ok("images", "-q")).split("\n")[0] ?? "", "localhost/bb");
  });
  after(() => box[Symbol.asyncDispose]());

  async function ok(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await box.wherry(args, { env });
    assert.equal(status, 0, stderr);
    return stdout.trimEnd();
  }

  it("build with RUN", async () => {
    await ok("build", "-q", "--network=none", "-t", "app", join(home, `context${ODD}`));
    assert.equal(await ok("run", "--rm", "--network=none", "app", "cat", "/seen"), "copied\ncopied");
  });

  it("run, tell, execute, copy and remove", async () => {
    const source = join(home, `context${ODD}`, "sub").replaceAll('"', '""'); // a field of CSV
    const words = ["--mount", `type=bind,"src=${source}",dst=/m`, "-v=kept:/v", "bb", "sh", "-c"];
    await ok("run", "-d", "--name=c", "--network=none", ...words, "cat /m/*; echo x >/v/x; exec sleep 60");
    assert.equal(await ok("exec", "c", "cat", "/v/x"), "x");
    assert.equal(await ok("logs", "c"), "copied");
    await ok("cp", "c:/v/x", join(home, `out${ODD}`));
    assert.equal(readFileSync(join(home, `out${ODD}`), "utf8"), "x\n");
    await ok("rm", "-f", "-t0", "c");
    assert.equal(await ok("ps", "-aq"), "");
  });
});

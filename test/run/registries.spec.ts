import assert from "node:assert/strict";
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostPlatform } from "@wherry/core/oci";
import { openBox, type Box } from "../support/box.ts";
import { Terminal } from "../support/pty.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

describe("wherry and registries", function () {
  this.timeout(60_000);
  let box: Box;
  let one: TestRegistry;
  let two: TestRegistry;
  let terminal: Terminal | undefined;

  before(async () => {
    box = await openBox();
    [one, two] = await Promise.all([startRegistry(), startRegistry()]);
    for (const name of [`${one.host}/team/app:1`, `${one.host}/team/app:2`, `${two.host}/team/app:1`])
      await box.ok("push", "-q", "--tls-verify=false", "bb", name);
  });
  after(async () => {
    terminal?.end();
    await Promise.all([one, two].map((registry) => registry[Symbol.asyncDispose]()));
    await box[Symbol.asyncDispose]();
  });

  const names = async () =>
    (await box.ok("images", "--format", "{{.Repository}}:{{.Tag}}")).split("\n").sort();

  it("pulls all tags of a repository, and refuses a name that has one", async () => {
    const name = `${one.host}/team/app`;
    const ids = (await box.ok("pull", "-q", "--tls-verify=false", "--all-tags", name)).split("\n");
    assert.equal(ids.length, 2);
    assert.deepEqual(
      (await names()).filter((each) => each.startsWith(one.host)),
      [`${name}:1`, `${name}:2`],
    );
    const refused = await box.wherry(["pull", "--tls-verify=false", "-a", `${name}:1`]);
    assert.deepEqual([refused.status, refused.stdout], [125, ""]);
    assert.match(refused.stderr, /--all-tags requires a reference without a tag/);
    const none = await box.wherry(["pull", "--tls-verify=false", "-a", `${one.host}/no/such`]);
    assert.equal(none.status, 125);
    assert.match(none.stderr, /no\/such/);
  });

  it("searches a registry, and lists the tags of a repository", async () => {
    const search = (...args: readonly string[]) => box.ok("search", "--tls-verify=false", ...args);
    assert.equal(await search("--format", "{{.Name}}", `${one.host}/ap`), `${one.host}/team/app`);
    assert.equal(await search("--format", "{{.Name}}", `${one.host}/nothing`), "");
    assert.match(
      await search("--compatible", `${one.host}/ap`),
      /^NAME +DESCRIPTION +STARS +OFFICIAL +AUTOMATED\n\S+app +0/,
    );
    const tags = await search("--list-tags", "--format", "{{.Name}} {{.Tag}}", `${one.host}/team/app`);
    assert.equal(tags, `${one.host}/team/app 1\n${one.host}/team/app 2`);
    assert.match(await search("--list-tags", "--limit", "1", `${one.host}/team/app`), /^NAME +TAG\n\S+ +1$/);
  });

  it("compresses and tries again as told", async () => {
    const name = `${one.host}/team/packed:1`;
    const push = ["push", "-q", "--tls-verify=false", "--format", "oci", "--remove-signatures"];
    await box.ok(...push, "--compression-format", "zstd", "--compression-level", "3", "bb", name);
    const packed = String(one.storage.manifest("team/packed", "1")?.bytes);
    assert.match(packed, /layer\.v1\.tar\+zstd/);
    assert.doesNotMatch(packed, /layer\.v1\.tar(?:\+gzip)?"/);
    const failing = async (retries: string) => {
      one.faults.clear();
      one.faults.push({ on: /packed\/manifests\/1$/, times: 2, status: 500 });
      return await box.wherry([
        "pull",
        "-q",
        "--tls-verify=false",
        "--retry",
        retries,
        "--retry-delay=1ms",
        name,
      ]);
    };
    assert.equal((await failing("1")).status, 125);
    const { status, stderr } = await failing("2");
    assert.equal(status, 0, stderr);
    await box.ok("rmi", name);
  });

  it("asks which registry a short name is of, and remembers the answer", async () => {
    configure("enforcing");
    const nobody = await box.wherry(["pull", "team/app:1"]);
    assert.equal(nobody.status, 125);
    assert.match(
      nobody.stderr,
      /cannot prompt without a TTY: "team\/app:1" may be \S+:1 or \S+:1\n.*full name/,
    );
    terminal = new Terminal(box, ["pull", "team/app:1"]);
    await terminal.shows(/Please select an image[^]*▸ 127[^]*app:1[^]*app:1/);
    terminal.type("\u001b[B");
    await terminal.shows(new RegExp(`▸ ${two.host}/team/app:1`));
    terminal.type("\r");
    assert.equal(await terminal.exited, 0, terminal.screen);
    assert.match(terminal.screen, new RegExp(`Trying to pull ${two.host}/team/app:1`));
    const aliases = readFileSync(join(box.user.home, ".cache/containers/short-name-aliases.conf"), "utf8");
    assert.equal(aliases, `[aliases]\n  "team/app" = "${two.host}/team/app"\n`);
    assert.equal((await box.wherry(["pull", "-q", "team/app:1"])).status, 0, "it is not asked again");
  });

  it("tries each registry in permissive and disabled mode without a terminal", async () => {
    await box.ok("rmi", `${two.host}/team/app:1`);
    for (const mode of ["permissive", "disabled"]) {
      configure(mode, [`${one.host}/nothing`, two.host]);
      const { status, stderr } = await box.wherry(["pull", "team/app:1"]);
      assert.equal(status, 0, stderr);
      assert.match(stderr, new RegExp(`Trying to pull ${two.host}/team/app:1`));
    }
  });

  it("takes no image that is here for another platform than the one asked for", async () => {
    const name = `${one.host}/team/app:1`;
    await box.ok("pull", "-q", "--tls-verify=false", name);
    const asked = (): number => one.requests.filter(({ path }) => path.includes("/manifests/")).length;
    const create = (...flags: readonly string[]) =>
      box.wherry(["create", "--rm", "--tls-verify=false", "--network", "none", ...flags, name, "true"]);
    const before = asked();
    assert.equal((await create("--arch", hostPlatform().architecture)).status, 0);
    assert.equal(asked(), before);
    await create("--arch", "riscv64");
    assert.ok(asked() > before);
    const never = await create("--arch", "s390x", "--pull", "never");
    assert.equal(never.status, 125);
    assert.match(never.stderr, /image not known for linux\/s390x: the one that is here is for linux\//);
  });

  it("breaks off a question by Ctrl-C, with nothing pulled or remembered", async () => {
    configure("enforcing");
    terminal = new Terminal(box, ["run", "--rm", "other:1"]);
    await terminal.shows(/▸ /);
    terminal.type("\u0003");
    assert.equal(await terminal.exited, 130);
    assert.doesNotMatch(terminal.screen, /Trying/);
  });

  function configure(mode: string, registries: readonly string[] = [one.host, two.host]): void {
    const folder = join(box.user.home, ".config/containers");
    mkdirSync(folder, { recursive: true });
    const insecure = [one, two].map(({ host }) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
    const path = join(folder, "registries.conf");
    writeFileSync(
      path,
      `unqualified-search-registries = ${JSON.stringify(registries)}\nshort-name-mode = "${mode}"\n${insecure.join("")}`,
    );
    for (const made of [join(folder, ".."), folder, path]) chownSync(made, box.user.uid, box.user.gid);
  }
});

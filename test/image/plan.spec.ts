import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { ImageCli, type ImageResult } from "../support/run-image.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

const MAIN = join(import.meta.dirname, "../../packages/image/src/main.ts");
const GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

interface Plan {
  readonly summary: Readonly<Record<string, number>>;
  readonly images: readonly {
    source: string;
    outcome: string;
    found?: string;
    platforms: string[];
    blobs: { digest: string; size: number; mountFrom?: string }[];
  }[];
  readonly deletions: readonly { name: string; digest: string }[];
}

describe("wherry-image plan and apply", function () {
  this.timeout(30_000);
  let cli: ImageCli;
  let from: TestRegistry;
  let to: TestRegistry;

  beforeEach(async () => {
    cli = new ImageCli();
    [from, to] = [await startRegistry(), await startRegistry()];
  });
  afterEach(async () => {
    for (const registry of [from, to]) await registry[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  const add = (repository: string, tag: string, seed = tag, size = 10): string =>
    from.storage.addImage(repository, {
      tag,
      layers: [gzipSync("shared"), size > 10 ? randomBytes(size) : gzipSync(`${repository} ${seed}`)],
      layerMediaType: GZIP,
      config: { seed: `${repository} ${seed}` },
    }).digest;

  const run = (...words: readonly string[]): Promise<ImageResult> => {
    const [verb = "", ...rest] = words;
    const names = verb === "plan" ? rest.splice(0, 1) : [];
    return cli.run(verb, ...names, "--tls-verify=false", ...rest);
  };
  const good = async (...words: readonly string[]): Promise<ImageResult> => {
    const result = await run(...words);
    assert.equal(result.status, 0, result.err);
    return result;
  };
  const planned = (): Plan => JSON.parse(readFileSync(cli.path("plan.json"), "utf8")) as Plan;
  const tagsAt = (registry: TestRegistry, repository: string): unknown =>
    [...(registry.storage.repositories.get(repository)?.tags ?? [])].sort();
  const writes = (registry: TestRegistry): unknown[] =>
    registry.requests.filter(({ method }) => method !== "GET" && method !== "HEAD");

  const planSync = (...words: readonly string[]): Promise<ImageResult> =>
    run("plan", "sync", "-o", cli.path("plan.json"), "--src", "docker", "--dest", "docker", ...words);

  it("tells what a sync would move, mount and delete, and writes nothing; apply does just that", async () => {
    const digests = ["1", "2"].map((tag) => add("app", tag));
    await good("sync", "--src", "docker", "--dest", "docker", `${from.host}/app:1`, to.host);
    to.storage.addImage("app", { tag: "old" });
    to.requests.length = 0;
    assert.equal((await planSync("--exit-code", `${from.host}/app`, to.host)).status, 1);
    const { status, out, err } = await planSync("--delete-extra=5", `${from.host}/app`, to.host);
    assert.equal(status, 0, err);
    assert.deepEqual(writes(to), []);
    assert.match(out, /^ACTION +BLOBS +BYTES +MOUNTS +PLATFORMS +IMAGE\n/);
    assert.match(out, /\ncopy +2 +\d+ B +0 +linux\/amd64 +docker:\/\/\S+app:2 -> docker:\/\/\S+app:2\n/);
    assert.match(out, /\ndelete +docker:\/\/\S+app:old\n/);
    const { summary, images, deletions } = planned();
    const { bytes, ...counts } = summary;
    const expected = { images: 1, platforms: 1, blobs: 2, mounts: 0, deletions: 1, unchanged: 1, failed: 0 };
    assert.deepEqual(counts, expected);
    assert.equal(
      bytes,
      images[1]?.blobs.reduce((sum, { size }) => sum + size, 0),
    );
    assert.match(deletions[0]?.name ?? "", /app:old$/);
    from.requests.length = 0;
    await good("apply", cli.path("plan.json"));
    assert.equal(from.blobBytesSent, bytes);
    assert.equal((await planSync("--exit-code", `${from.host}/app`, to.host)).status, 0);
    assert.deepEqual(tagsAt(to, "app"), [
      ["1", digests[0]],
      ["2", digests[1]],
    ]);
  });

  it("foresees the mounts of blobs that images share, and of one registry", async () => {
    for (const repository of ["one", "two"]) add(repository, "1");
    const file = cli.path("sync.yml");
    writeFileSync(file, `${from.host}:\n  images:\n    one: []\n    two: []\n`);
    await good("plan", "sync", "-o", cli.path("plan.json"), "-s", "yaml", "-d", "docker", file, to.host);
    const mounted = planned().images.map(({ blobs }) => blobs.flatMap(({ mountFrom }) => mountFrom ?? []));
    assert.deepEqual(mounted, [[], ["one"]]);
    await good("apply", cli.path("plan.json"));
    const mounts = to.requestLines().filter((line) => line.includes("mount="));
    assert.equal(mounts.length, 1);
    const inside = ["plan", "copy", "--json", `docker://${from.host}/one:1`, `docker://${from.host}/three:1`];
    const plan = JSON.parse((await good(...inside)).out) as Plan;
    assert.deepEqual([plan.summary["bytes"], plan.summary["mounts"]], [0, 3]);
  });

  it("plans a copy with its changes, and applies it", async () => {
    add("app", "1");
    const names = [`docker://${from.host}/app:1`, `oci:${cli.path("layout")}:1`];
    await good("plan", "copy", "-o", cli.path("plan.json"), "--format=v2s2", "--additional-tag=2", ...names);
    assert.equal(existsSync(cli.path("layout")), false);
    await good("apply", cli.path("plan.json"));
    for (const tag of ["1", "2"]) {
      const { out } = await cli.run("inspect", "--raw", `oci:${cli.path("layout")}:${tag}`);
      assert.match(out, /docker\.distribution\.manifest/);
    }
  });

  for (const side of ["source", "destination"]) {
    it(`does nothing when a tag of the ${side} moved between plan and apply`, async () => {
      for (const tag of ["1", "2"]) add("app", tag);
      await good("sync", "--src", "docker", "--dest", "docker", `${from.host}/app:1`, to.host);
      add("app", "1", "moved");
      assert.equal((await planSync(`${from.host}/app`, to.host)).status, 0);
      if (side === "source") add("app", "1", "moved again");
      else to.storage.addImage("app", { tag: "1", config: { other: "hand" } });
      const before = tagsAt(to, "app");
      to.requests.length = 0;
      const { status, err } = await run("apply", cli.path("plan.json"));
      assert.equal(status, 1);
      assert.match(err, /app:1 has changed since the plan was made: it was sha256:\w+, now it is sha256:\w+/);
      assert.deepEqual([writes(to), tagsAt(to, "app")], [[], before]);
    });
  }

  it("does not delete a tag that moved", async () => {
    add("app", "1");
    to.storage.addImage("app", { tag: "old" });
    assert.equal((await planSync("--delete-extra=5", `${from.host}/app`, to.host)).status, 0);
    to.storage.addImage("app", { tag: "old", config: { moved: true } });
    const { status, err } = await run("apply", cli.path("plan.json"));
    assert.equal(status, 5, err);
    assert.match(err, /app:old has changed since the plan was made/);
    assert.equal((tagsAt(to, "app") as unknown[]).length, 2);
  });

  it("keeps passwords out of the plan, and takes them from the sync file again", async () => {
    await from[Symbol.asyncDispose]();
    from = await startRegistry({ auth: { kind: "basic", username: "john", password: "a-secret" } });
    add("app", "1");
    const login = "  credentials:\n    username: john\n    password: a-secret\n";
    writeFileSync(cli.path("sync.yml"), `${from.host}:\n  images:\n    app: []\n${login}`);
    const file = cli.path("sync.yml");
    await good("plan", "sync", "-o", cli.path("plan.json"), "-s", "yaml", "-d", "docker", file, to.host);
    assert.doesNotMatch(readFileSync(cli.path("plan.json"), "utf8"), /a-secret|john/);
    await good("apply", cli.path("plan.json"));
    assert.equal((tagsAt(to, "app") as unknown[]).length, 1);
  });

  for (const [what, text] of [
    ["no JSON", "{"],
    ["another document", '{"a": 1}'],
    ["a digest that is none", undefined],
  ] as const) {
    it(`refuses ${what} as a plan`, async () => {
      add("app", "1");
      await planSync(`${from.host}/app`, to.host);
      const whole = readFileSync(cli.path("plan.json"), "utf8");
      writeFileSync(cli.path("plan.json"), text ?? whole.replace(/sha256:[a-f0-9]{8}/, "sha256:x"));
      to.requests.length = 0;
      const { status, err } = await run("apply", cli.path("plan.json"));
      assert.equal(status, 1);
      assert.match(err, /is no plan that can be applied/);
      assert.equal(to.requests.length, 0);
    });
  }

  it("is what --dry-run of copy prints, which writes nothing", async () => {
    add("app", "1");
    for (const destination of [
      `docker://${to.host}/app:1`,
      `oci:${cli.path("o")}:1`,
      `dir:${cli.path("d")}`,
    ]) {
      const { out } = await good("copy", "--dry-run", `docker://${from.host}/app:1`, destination);
      assert.match(out, /1 images to copy \(1 platforms, 3 blobs, \d+ B, 0 mounts\)/);
    }
    assert.deepEqual([writes(to), writes(from)], [[], []]);
    assert.deepEqual(readdirSync(cli.folder), []);
    const missing = await run("copy", "--dry-run", `docker://${from.host}/app:9`, `dir:${cli.path("d")}`);
    assert.equal(missing.status, 2);
  });

  for (const moment of [4, 9, 16]) {
    it(`goes on after kill -9 at request ${moment}, and moves no finished blob twice`, async () => {
      for (const tag of ["1", "2", "3", "4"]) add("app", tag, tag, 200_000);
      assert.equal((await planSync(`${from.host}/app`, to.host)).status, 0);
      for (const registry of [from, to]) registry.requests.length = 0;
      from.faults.push({ on: /^GET .*blobs/, times: 99, slowMs: 4 });
      const argv = ["--conditions=wherry-source", MAIN, "apply", "--tls-verify=false", cli.path("plan.json")];
      const env = { PATH: process.env["PATH"], HOME: cli.folder };
      const child = spawn(process.execPath, argv, { stdio: "ignore", env });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      while (to.requests.length < moment + 8 && child.exitCode === null) await sleep(2);
      child.kill("SIGKILL");
      await ended;
      from.faults.clear();
      const finished = new Set(to.storage.repositories.get("app")?.blobs);
      from.requests.length = 0;
      await good("apply", cli.path("plan.json"));
      const again = from
        .requestLines()
        .filter((line) => [...finished].some((digest) => line.endsWith(digest)));
      assert.deepEqual(
        again.filter((line) => line.startsWith("GET")),
        [],
      );
      assert.deepEqual(tagsAt(to, "app"), tagsAt(from, "app"));
      from.requests.length = 0;
      await good("apply", cli.path("plan.json"));
      assert.equal(from.blobBytesSent, 0);
    });
  }
});

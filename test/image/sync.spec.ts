import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { hostPlatform } from "@wherry/core/oci";
import { ImageCli, type ImageResult } from "../support/run-image.ts";
import { digestOf, startRegistry, type TestRegistry } from "../support/registry.ts";

const GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
const INDEX = "application/vnd.oci.image.index.v1+json";

interface Report {
  readonly dryRun: boolean;
  readonly summary: Readonly<Record<string, number>>;
  readonly items: readonly {
    source: string;
    destination?: string;
    outcome: string;
    digest?: string;
    bytes: number;
    error?: { code: string; message: string };
  }[];
}

/** Bytes that no other layer has, gzipped. */
function layer(seed: string, size = 2000): Buffer {
  return gzipSync(Buffer.from(seed.repeat(Math.ceil(size / seed.length))));
}

describe("wherry-image sync", function () {
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

  /** Adds an image with one shared layer and one of its own; gives its digest. */
  const add = (repository: string, tag: string, seed = tag): string =>
    from.storage.addImage(repository, {
      tag,
      layers: [layer("shared"), layer(seed)],
      layerMediaType: GZIP,
      config: { seed: `${repository}:${seed}` },
    }).digest;

  const sync = (src: string, dest: string, ...words: readonly string[]): Promise<ImageResult> =>
    cli.run("sync", "--src", src, "--dest", dest, "--tls-verify=false", ...words);

  const tagsAt = (registry: TestRegistry, repository: string): string[] =>
    [...(registry.storage.repositories.get(repository)?.tags.keys() ?? [])].sort();

  const report = (): Report => JSON.parse(readFileSync(cli.path("report.json"), "utf8")) as Report;

  const writeYaml = (text: string): string => {
    writeFileSync(cli.path("sync.yml"), text.replaceAll("REGISTRY", from.host));
    return cli.path("sync.yml");
  };

  it("copies all tags of a repository, byte for byte, with one ping to each registry", async () => {
    const digests = ["1", "2", "3"].map((tag) => add("team/app", tag));
    const { status, err, out } = await sync(
      "docker",
      "docker",
      `${from.host}/team/app`,
      `${to.host}/mirror/`,
    );
    assert.deepEqual([status, out], [0, ""], err);
    assert.deepEqual([...(to.storage.repositories.get("mirror/app")?.tags ?? [])].sort(), [
      ["1", digests[0]],
      ["2", digests[1]],
      ["3", digests[2]],
    ]);
    assert.match(err, /Synced 3 images from 1 sources \(3 copied/);
    for (const registry of [from, to])
      assert.equal(registry.requestLines().filter((line) => line === "GET /v2/").length, 1);
  });

  it("asks each side once, by HEAD, about an image that is the same", async () => {
    for (let tag = 0; tag < 20; tag++) add("app", String(tag));
    await sync("docker", "docker", `${from.host}/app`, to.host);
    for (const registry of [from, to]) registry.requests.length = 0;
    const { status, err } = await sync("docker", "docker", `${from.host}/app`, to.host);
    assert.equal(status, 0);
    assert.match(err, /20 unchanged, 0 failed/);
    const heads = (registry: TestRegistry): number =>
      registry.requests.filter(({ method }) => method === "HEAD").length;
    assert.deepEqual([heads(from), heads(to)], [20, 20]);
    assert.deepEqual(
      [from.requests.length, to.requests.length],
      [22, 21],
      "ping, and the list of tags at the source",
    );
  });

  it("asks for one token for all images of a repository", async () => {
    await from[Symbol.asyncDispose]();
    from = await startRegistry({ auth: { kind: "bearer" } });
    for (let tag = 0; tag < 10; tag++) add("app", String(tag));
    const { status, err } = await sync("docker", "docker", `${from.host}/app`, to.host);
    assert.equal(status, 0, err);
    assert.equal(from.requestLines().filter((line) => line.includes("/token?")).length, 1);
  });

  it("moves a layer that images share once, and mounts it into other repositories", async () => {
    for (const repository of ["one", "two", "three"]) for (const tag of ["1", "2"]) add(repository, tag);
    const file = writeYaml("REGISTRY:\n  images:\n    one: []\n    two: []\n    three: []\n");
    const { status, err } = await sync("yaml", "docker", file, to.host);
    assert.equal(status, 0, err);
    const shared = digestOf(layer("shared"));
    const fetched = from.requestLines().filter((line) => line.startsWith("GET") && line.endsWith(shared));
    assert.equal(fetched.length, 1);
    const mounts = to.requestLines().filter((line) => line.includes(`mount=${encodeURIComponent(shared)}`));
    assert.equal(mounts.length, 2);
    for (const repository of ["one", "two", "three"]) assert.deepEqual(tagsAt(to, repository), ["1", "2"]);
    for (const registry of [from, to]) registry.requests.length = 0;
    const later = await sync("docker", "docker", `${from.host}/one`, `${to.host}/later`);
    assert.equal(later.status, 0, later.err);
    const moved = (registry: TestRegistry): string[] =>
      registry.requestLines().filter((line) => /^GET .*\/blobs\/|^PUT .*\/uploads\//.test(line));
    assert.deepEqual([moved(from), moved(to)], [[], []], "a later run mounts what an earlier one brought");
    assert.equal(statSync(cli.path(".cache/wherry/blob-locations.sqlite")).mode & 0o777, 0o600);
  });

  it("uploads a blob again where the registry refuses mounts", async () => {
    for (const repository of ["one", "two"]) add(repository, "1");
    to.faults.push({ on: /mount=/, times: 99, refuseMount: true });
    const file = writeYaml("REGISTRY:\n  images:\n    one: []\n    two: []\n");
    const { status, err } = await sync("yaml", "docker", file, to.host);
    assert.equal(status, 0, err);
    assert.deepEqual([tagsAt(to, "one"), tagsAt(to, "two")], [["1"], ["1"]]);
  });

  it("goes on after failures, tells each, and ends with 5; with 1 when nothing could be done", async () => {
    const good = add("app", "good");
    add("app", "bad");
    from.faults.push({ on: /\/manifests\/bad$/, times: 99, status: 404 });
    const args = [`${from.host}/app`, to.host, "--report", cli.path("report.json")];
    const { status, err } = await sync("docker", "docker", ...args);
    assert.equal(status, 5);
    assert.match(err, /Error: docker:\/\/\S+\/app:bad to docker:\/\/\S+\/app:bad: manifest unknown/);
    const { summary, items } = report();
    assert.deepEqual([summary["copied"], summary["failed"]], [1, 1]);
    assert.deepEqual(
      items.map(({ source, outcome, digest, error }) => [
        source.replace(/.*:/, ""),
        outcome,
        digest,
        error?.code,
      ]),
      [
        ["bad", "failed", undefined, "ERR_WHERRY_MANIFEST_UNKNOWN"],
        ["good", "copied", good, undefined],
      ],
    );
    const none = await sync("docker", "docker", ...args, "--include-tag", "^bad$");
    assert.equal(none.status, 1);
  });

  it("asks for no pull where the registry says that none is left; what is the same needs none", async () => {
    add("app", "1");
    await sync("docker", "docker", `${from.host}/app`, to.host);
    add("app", "2");
    from.requests.length = 0;
    from.faults.push({ on: /^HEAD/, times: 2, addHeaders: { "ratelimit-remaining": "0;w=21600" } });
    const { status, err } = await sync("docker", "docker", `${from.host}/app`, to.host);
    assert.equal(status, 5, err);
    assert.match(err, /toomanyrequests: .* no pull is left/);
    assert.match(err, /0 copied, 0 B, 1 unchanged, 1 failed/);
    const pulls = from.requests.filter(
      ({ method, path }) => method === "GET" && path.includes("/manifests/"),
    );
    assert.deepEqual(pulls, []);
    from.faults.push({ on: /^HEAD/, times: 2, addHeaders: { "ratelimit-remaining": "0;w=1" } });
    const child = from.storage.manifest("app", "1");
    const { mediaType, digest, bytes } = child ?? {};
    const manifests = [{ mediaType, digest, size: bytes?.length, platform: hostPlatform() }];
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    from.storage.addManifest("app", index, INDEX, "1");
    from.requests.length = 0;
    const args = ["--wait-for-pulls", "5s", `${from.host}/app`, to.host];
    const waited = await sync("docker", "docker", ...args);
    assert.equal(waited.status, 0, waited.err);
    assert.match(waited.err, /Waiting 1s for \S+, which allows no more/);
    assert.match(waited.err, /1 copied, .* 1 unchanged, 0 failed/);
    const asked = from.requestLines().filter((line) => line.includes("/manifests/"));
    assert.ok(
      asked.slice(0, 3).every((line) => line.startsWith("HEAD")),
      "an index is not read meanwhile",
    );
  });

  it("makes one archive of all images, and none where one is missing", async () => {
    const digests = ["1", "2", "3"].map((tag) => add("app", tag));
    const file = cli.path("app.tar");
    const args = [`${from.host}/app`, file, "--report", cli.path("report.json")];
    const dry = await sync("docker", "oci-archive", ...args, "--dry-run");
    assert.equal(dry.status, 0, dry.err);
    assert.equal(existsSync(file), false);
    const { status, err } = await sync("docker", "oci-archive", ...args);
    assert.equal(status, 0, err);
    assert.match(err, /Copied docker:\S+ to oci-archive:\S+app\.tar:app:1 /);
    const read = async (): Promise<string[]> =>
      Promise.all(
        ["1", "2", "3"].map(async (tag) =>
          (await cli.run("digest", `oci-archive:${file}:app:${tag}`)).out.trim(),
        ),
      );
    assert.deepEqual(await read(), digests);
    assert.match((await cli.run("verify-content", `oci-archive:${file}:app:2`)).out, /./);
    from.faults.push({ on: /\/manifests\/2$/, times: 99, status: 404 });
    add("app", "1", "newer");
    const failed = await sync("docker", "oci-archive", ...args);
    assert.equal(failed.status, 1);
    assert.match(failed.err, /app\.tar is not written: 1 of its images could not be copied/);
    assert.deepEqual(report().summary["copied"], 0);
    assert.deepEqual(await read(), digests, "the one that was there is as before");
    assert.deepEqual(
      readdirSync(cli.folder).filter((name) => name.startsWith(".wherry-") || name.includes(".tmp")),
      [],
    );
  });

  it("stops at the first failure when it shall not go on", async () => {
    for (let tag = 10; tag < 50; tag++) add("app", String(tag));
    from.faults.push({ on: /\/manifests\/10$/, times: 99, status: 404 });
    await sync(
      "docker",
      "docker",
      "--keep-going=false",
      "--report",
      cli.path("report.json"),
      `${from.host}/app`,
      to.host,
    );
    const { summary } = report();
    assert.equal(summary["failed"], 1);
    assert.ok((summary["skipped"] ?? 0) >= 20, JSON.stringify(summary));
  });

  it("compares in a dry run, and writes nothing anywhere", async () => {
    add("app", "1");
    add("app", "2");
    await sync("docker", "docker", `${from.host}/app:1`, to.host);
    to.requests.length = 0;
    const args = ["--dry-run", "--report", cli.path("report.json"), `${from.host}/app`];
    const { status, err } = await sync("docker", "docker", ...args, to.host);
    assert.equal(status, 0);
    assert.match(err, /Would have copied image \S+app:2 to /);
    assert.equal((await sync("docker", "docker", "--exit-code", ...args, to.host)).status, 1);
    assert.deepEqual(
      report().items.map(({ outcome }) => outcome),
      ["unchanged", "pending"],
    );
    assert.deepEqual(
      to.requests.filter(({ method }) => method !== "GET" && method !== "HEAD"),
      [],
    );
    for (const transport of ["dir", "oci"]) {
      assert.equal((await sync("docker", transport, ...args, cli.path("target"))).status, 0);
      assert.equal(existsSync(cli.path("target")), false);
    }
  });

  it("fails in a dry run over an image that is not there", async () => {
    add("app", "1");
    const { status, err } = await sync("docker", "docker", "--dry-run", `${from.host}/app:nosuch`, to.host);
    assert.equal(status, 1);
    assert.match(err, /app:nosuch: manifest unknown|manifest unknown/);
  });

  describe("by a file", () => {
    it("takes skopeo's keys: tags, digests, all tags, regular expressions and versions", async () => {
      for (const tag of ["1.13.1-alpine-perl", "1.13.2-alpine-perl", "1.13.2-alpine", "1.14"])
        add("nginx", tag);
      for (const tag of ["3.11", "3.12", "v3.13.1", "latest"]) add("alpine", tag);
      for (const tag of ["1.0", "2.0", "3.0"]) add("redis", tag);
      for (const tag of ["a", "b"]) add("busybox", tag);
      const pinned = add("redis", "old");
      const file = writeYaml(`
REGISTRY:
  images:
    busybox: []
    redis:
      - 1.0
      - "2.0"
      - "${pinned}"
  images-by-tag-regex:
    nginx: ^1\\.13\\.[12]-alpine-perl$
  images-by-semver:
    alpine: ">= 3.12.0"
  tls-verify: false
`);
      const { status, err } = await cli.run(
        "sync",
        "-s",
        "yaml",
        "-d",
        "docker",
        "--dest-tls-verify=false",
        file,
        `${to.host}/x`,
      );
      assert.equal(status, 0, err);
      assert.deepEqual(tagsAt(to, "x/busybox"), ["a", "b"]);
      assert.deepEqual(tagsAt(to, "x/redis"), ["1.0", "2.0"]);
      assert.ok(to.storage.manifest("x/redis", pinned), "the image named by digest");
      assert.deepEqual(tagsAt(to, "x/nginx"), ["1.13.1-alpine-perl", "1.13.2-alpine-perl"]);
      assert.deepEqual(tagsAt(to, "x/alpine"), ["3.12", "v3.13.1"]);
    });

    it("takes several filters a repository, deny lists, the newest, and other names", async () => {
      for (const tag of ["1.0", "1.1", "1.2-rc1", "2.0", "2.1", "latest"]) add("team/app", tag);
      for (const tag of ["a", "b"]) add("tool", tag);
      const file = writeYaml(`
REGISTRY:
  tls-verify: false
  repositories:
    team/app:
      - semver: "^1"
        exclude: ['1\\.0$', rc]
      - newest: 1
        include: ^2\\.
        rename: mirrored/newest
    tool:
      tags: [a]
      rename: tools/tool
`);
      const { status, err } = await cli.run(
        ...["sync", "-s", "yaml", "-d", "docker", "--dest-tls-verify=false", file, `${to.host}/x`],
      );
      assert.equal(status, 0, err);
      assert.deepEqual(tagsAt(to, "x/app"), ["1.1"]);
      assert.deepEqual(tagsAt(to, "x/mirrored/newest"), ["2.1"]);
      assert.deepEqual(tagsAt(to, "x/tools/tool"), ["a"]);
    });

    it("copies the platforms that an entry names, and knows them again", async () => {
      const manifests = ["amd64", "arm64", "s390x"].map((architecture) => {
        const { digest, bytes, manifest } = from.storage.addImage("app", {
          tag: "tmp",
          layers: [layer(architecture)],
          layerMediaType: GZIP,
          config: { architecture },
        });
        const platform = { os: "linux", architecture };
        return { mediaType: manifest.mediaType, digest, size: bytes.length, platform };
      });
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
      from.storage.addManifest("app", index, INDEX, "1");
      const file = writeYaml(
        "REGISTRY:\n  repositories:\n    app: { tags: [1], platforms: [linux/amd64, linux/s390x] }\n",
      );
      const { status, err } = await sync("yaml", "docker", file, to.host);
      assert.equal(status, 0, err);
      const text = to.storage.manifest("app", "1")?.bytes.toString() ?? "";
      assert.deepEqual(
        ["amd64", "arm64", "s390x"].map((name) => text.includes(`"${name}"`)),
        [true, false, true],
      );
      assert.match((await sync("yaml", "docker", file, to.host)).err, /1 unchanged/);
    });

    it("uses the credentials of an entry for it alone", async () => {
      await from[Symbol.asyncDispose]();
      from = await startRegistry({ auth: { kind: "basic", username: "john", password: "a secret" } });
      for (const repository of ["app", "tool"]) add(repository, "1");
      const login = "{ username: john, password: a secret }";
      const file = writeYaml(
        `REGISTRY:\n  repositories:\n    app: { credentials: ${login} }\n    tool: {}\n`,
      );
      const { status, err } = await sync("yaml", "docker", file, to.host);
      assert.equal(status, 5);
      assert.match(err, /tool: unauthorized/);
      assert.deepEqual(tagsAt(to, "app"), ["1"]);
    });

    it("names each bad wish of an entry before the first request", async () => {
      const file = writeYaml(`
REGISTRY:
  platforms: [linux/a_m_d!]
  repositories:
    one: { newest: 0, semver: "newest please" }
    two: { rename: "../up", include: "(?=x)" }
    three: [{ tagz: [] }, { rename: "a:1" }]
`);
      const { status, err } = await sync("yaml", "docker", file, to.host);
      assert.equal(status, 1);
      for (const entry of [
        "platforms",
        "one: newest",
        "one",
        "two: rename",
        "two",
        "three: 1: tagz",
        "three: 2: rename",
      ])
        assert.match(err, new RegExp(`: (?:repositories: )?${entry}: `), entry);
      assert.equal(from.requests.length, 0);
    });

    it("uses the file's credentials for its registry only", async () => {
      await from[Symbol.asyncDispose]();
      from = await startRegistry({ auth: { kind: "basic", username: "john", password: "a secret" } });
      add("app", "1");
      const login = "  credentials:\n    username: john\n    password: a secret\n";
      const file = writeYaml(`REGISTRY:\n  images:\n    app: []\n${login}`);
      const { status, err } = await sync("yaml", "docker", file, to.host);
      assert.equal(status, 0, err);
      assert.deepEqual(
        to.requests.filter(({ headers }) => headers.authorization !== undefined),
        [],
      );
    });

    it("is checked as a whole before the first request, and every bad entry is named", async () => {
      add("good", "1");
      const file = writeYaml(`
REGISTRY:
  images:
    good: []
    Bad: []
    worse: latest
    tagged:
      - "no tag!"
  images-by-tag-regex:
    nginx: "(?=x)"
  images-by-semver:
    alpine: "newest please"
  tls-verify: perhaps
  imagez: {}
other.example.com: 7
`);
      const { status, err } = await sync("yaml", "docker", file, to.host);
      assert.equal(status, 1);
      const entries = ["images: Bad", "images: worse", "images: tagged", "images-by-tag-regex: nginx", "images-by-semver: alpine", "tls-verify", "imagez", "other.example.com"]; // prettier-ignore
      for (const entry of entries) assert.match(err, new RegExp(`sync\\.yml: (?:\\S+: )?${entry}: `), entry);
      assert.deepEqual([from.requests.length, to.requests.length], [0, 0]);
    });

    for (const [what, text] of [
      ["no YAML", "a: [b"],
      ["a repeated registry", "a.example: {}\na.example: {}"],
      ["a list", "- a"],
      [
        "too many aliases",
        `a: &a [x,x,x,x,x,x,x,x,x,x]\n${"bcdefg"
          .split("")
          .map((name, at) => `${name}: &${name} [${`*${"abcdef"[at] ?? ""},`.repeat(10)}]`)
          .join("\n")}`,
      ],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const { status, err } = await sync("yaml", "docker", writeYaml(text), to.host);
        assert.equal(status, 1);
        assert.match(err, /sync\.yml: /);
      });
    }

    it("reports a repository that cannot be listed, and copies the others", async () => {
      add("app", "1");
      const file = writeYaml("REGISTRY:\n  images:\n    app: []\n    nosuch: []\n");
      const { status, err } = await sync(
        "yaml",
        "docker",
        "--report",
        cli.path("report.json"),
        file,
        to.host,
      );
      assert.equal(status, 5);
      assert.match(err, /Error: \S+\/nosuch: repository name not known to registry/);
      assert.deepEqual(
        report().items.map(({ outcome }) => outcome),
        ["failed", "copied"],
      );
    });

    it("refuses two images under one name, unless names stay whole", async () => {
      add("a/app", "1");
      add("b/app", "1");
      const file = writeYaml("REGISTRY:\n  images:\n    a/app: []\n    b/app: []\n");
      const refused = await sync("yaml", "docker", file, to.host);
      assert.equal(refused.status, 1);
      assert.match(refused.err, /would both be written to/);
      assert.equal((await sync("yaml", "dir", "--scoped", file, cli.path("usb"))).status, 0);
      const [host] = readdirSync(cli.path("usb"));
      assert.equal(host, from.host);
      assert.ok(existsSync(cli.path("usb", from.host, "b/app:1", "manifest.json")));
    });
  });

  describe("with filters", () => {
    const TAGS = ["1.0", "1.1", "1.2-rc1", "2.0", "latest"];
    for (const [words, expected] of [
      [
        ["--include-tag", "^1\\."],
        ["1.0", "1.1", "1.2-rc1"],
      ],
      [
        ["--include-tag", "^1\\.", "--include-tag", "latest"],
        ["1.0", "1.1", "1.2-rc1", "latest"],
      ],
      [
        ["--exclude-tag", "rc", "--exclude-tag", "^latest$"],
        ["1.0", "1.1", "2.0"],
      ],
      [
        ["--semver", "^1"],
        ["1.0", "1.1"],
      ],
      [
        ["--newest", "2"],
        ["1.2-rc1", "2.0"],
      ],
      [["--newest", "1", "--semver", "1.x"], ["1.1"]],
    ] as const) {
      it(`copies ${expected.join(" ")} by ${words.join(" ")}`, async () => {
        for (const tag of TAGS) add("app", tag);
        const { status, err } = await sync("docker", "docker", ...words, `${from.host}/app`, to.host);
        assert.equal(status, 0, err);
        assert.deepEqual(tagsAt(to, "app"), [...expected]);
      });
    }

    for (const transport of ["dir", "oci"]) {
      it(`chooses in each repository of a ${transport} alike`, async () => {
        for (const tag of TAGS) for (const name of ["app", "tool"]) add(name, tag);
        for (const name of ["app", "tool"])
          await sync("docker", transport, `${from.host}/${name}`, cli.path("usb"));
        const words = ["--newest", "1", "--exclude-tag", "rc", cli.path("usb"), to.host];
        const { status, err } = await sync(transport, "docker", ...words);
        assert.equal(status, 0, err);
        assert.deepEqual([tagsAt(to, "app"), tagsAt(to, "tool")], [["2.0"], ["2.0"]]);
      });
    }

    it("ends with 1 when nothing is left, and before any request when a filter is wrong", async () => {
      add("app", "1");
      const none = await sync("docker", "docker", "--include-tag", "x", `${from.host}/app`, to.host);
      assert.equal(none.status, 1);
      assert.match(none.err, /No images to sync found in/);
      from.requests.length = 0;
      for (const words of [
        ["--include-tag", "(?!x)"],
        ["--semver", "new"],
        ["--newest", "0"],
      ])
        assert.equal((await sync("docker", "docker", ...words, `${from.host}/app`, to.host)).status, 1);
      assert.equal(from.requests.length, 0);
    });
  });

  it("does not compare tags that never move", async () => {
    add("app", "1.0");
    await sync("docker", "docker", `${from.host}/app`, to.host);
    add("app", "1.0", "changed");
    add("app", "1.1");
    for (const registry of [from, to]) registry.requests.length = 0;
    const { err } = await sync("docker", "docker", "--immutable-tags", "^\\d", `${from.host}/app`, to.host);
    assert.match(err, /1 copied.*1 unchanged/);
    assert.deepEqual(
      from.requestLines().filter((line) => line.endsWith("/manifests/1.0")),
      [],
    );
    assert.deepEqual(
      to.requestLines().filter((line) => line.endsWith("/manifests/1.0")),
      [],
    );
  });

  it("appends a suffix to tags, and writes digests and names", async () => {
    const digest = add("app", "1");
    const words = ["--append-suffix", "-mirror", "--digestfile", cli.path("digests")];
    const { status } = await sync("docker", "docker", ...words, `${from.host}/app`, to.host);
    assert.equal(status, 0);
    assert.equal(readFileSync(cli.path("digests"), "utf8"), `${digest} docker://${to.host}/app:1-mirror\n`);
  });

  it("copies one platform of an index, or all, and knows either again", async () => {
    const platforms = ["amd64", "arm64"].map((architecture) => {
      const { digest, bytes, manifest } = from.storage.addImage("app", {
        tag: "tmp",
        layers: [layer(architecture)],
        layerMediaType: GZIP,
        config: { architecture },
      });
      return {
        mediaType: manifest.mediaType,
        digest,
        size: bytes.length,
        platform: { os: "linux", architecture },
      };
    });
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: platforms };
    const whole = from.storage.addManifest("app", Buffer.from(JSON.stringify(index)), INDEX, "1");
    const words = ["--override-arch", "arm64", `${from.host}/app:1`, to.host];
    assert.equal((await sync("docker", "docker", ...words)).status, 0);
    assert.equal(to.storage.manifest("app", "1")?.digest, platforms[1]?.digest);
    assert.match((await sync("docker", "docker", ...words)).err, /1 unchanged/);
    assert.equal((await sync("docker", "docker", "--all", ...words)).status, 0);
    assert.equal(to.storage.manifest("app", "1")?.digest, whole);
    assert.match((await sync("docker", "docker", "--all", ...words)).err, /1 unchanged/);
  });

  it("gives a repository another name by --rename", async () => {
    add("team/app", "1");
    const { status, err } = await sync("docker", "docker", "--rename=a/b", `${from.host}/team/app`, to.host);
    assert.equal(status, 0, err);
    assert.match(err, /Copied docker:\/\/\S+\/team\/app:1 to docker:\/\/\S+\/a\/b:1 /);
    assert.deepEqual(tagsAt(to, "a/b"), ["1"]);
    const wrong = await sync("docker", "docker", "--rename=a:1", `${from.host}/team/app`, to.host);
    assert.match(wrong.err, /without tag or digest/);
  });

  describe("--delete-extra", () => {
    beforeEach(async () => {
      for (const tag of ["1", "2", "3"]) add("app", tag);
      await sync("docker", "docker", `${from.host}/app`, to.host);
      to.storage.addImage("unrelated", { tag: "x" });
      from.storage.repository("app").tags.delete("1");
      from.storage.repository("app").tags.delete("2");
    });

    const run = (...words: readonly string[]): Promise<ImageResult> =>
      sync("docker", "docker", ...words, "--report", cli.path("report.json"), `${from.host}/app`, to.host);

    it("deletes what is gone at the source, in the repositories written to", async () => {
      const { status, err } = await run("--delete-extra", "2");
      assert.equal(status, 0, err);
      assert.deepEqual([tagsAt(to, "app"), tagsAt(to, "unrelated")], [["3"], ["x"]]);
      assert.equal(report().summary["deleted"], 2);
    });

    it("deletes nothing when it would be more than allowed, and ends with 5", async () => {
      const { status, err } = await run("--delete-extra", "1");
      assert.equal(status, 5);
      assert.match(err, /2 tags would be deleted, more than 1: \S+app:1, \S+app:2/);
      assert.deepEqual(tagsAt(to, "app"), ["1", "2", "3"]);
    });

    it("only tells in a dry run", async () => {
      const { status, err } = await run("--delete-extra", "2", "--dry-run");
      assert.equal(status, 0);
      assert.match(err, /Would have deleted docker:\/\/\S+\/app:1\n/);
      assert.deepEqual(tagsAt(to, "app"), ["1", "2", "3"]);
    });

    it("deletes nothing after a failure, when all might be gone for another reason", async () => {
      from.faults.push({ on: /\/manifests\/3$/, times: 99, status: 404 });
      const { status, err } = await run("--delete-extra", "2");
      assert.equal(status, 1);
      assert.match(err, /No extra tags are deleted/);
      assert.deepEqual(tagsAt(to, "app"), ["1", "2", "3"]);
    });

    it("leaves tags without the suffix alone", async () => {
      const { status, err } = await run("--delete-extra", "9", "--append-suffix", "-m");
      assert.equal(status, 0, err);
      assert.deepEqual(tagsAt(to, "app"), ["1", "2", "3", "3-m"]);
    });

    it("is for registries only", async () => {
      const { status } = await sync(
        "docker",
        "oci",
        "--delete-extra",
        "2",
        `${from.host}/app`,
        cli.path("o"),
      );
      assert.equal(status, 1);
    });
  });

  for (const transport of ["dir", "oci"]) {
    it(`goes to ${transport} and back, and only copies what changed`, async () => {
      const digests = ["1", "2"].map((tag) => add("team/app", tag));
      const place = cli.path("usb");
      const there = [`${from.host}/team/app`, place];
      assert.equal((await sync("docker", transport, ...there)).status, 0);
      assert.match((await sync("docker", transport, ...there)).err, /2 unchanged/);
      const moved = add("team/app", "2", "moved");
      assert.match((await sync("docker", transport, ...there)).err, /1 copied.*1 unchanged/);
      const back = await sync(transport, "docker", place, `${to.host}/air/gapped`);
      assert.equal(back.status, 0, back.err);
      assert.deepEqual([...(to.storage.repositories.get("air/gapped/app")?.tags ?? [])].sort(), [
        ["1", digests[0]],
        ["2", moved],
      ]);
      const other = transport === "dir" ? "oci" : "dir";
      const turned = await sync(transport, other, place, cli.path("other"));
      assert.equal(turned.status, 0, turned.err);
    });
  }

  it("refuses names of a layout that would lead out of the folder", async () => {
    add("app", "1");
    await sync("docker", "oci", `${from.host}/app`, cli.path("layout"));
    const index = readFileSync(cli.path("layout/index.json"), "utf8").replace('"app:1"', '"../../evil:1"');
    writeFileSync(cli.path("layout/index.json"), index);
    const { status, err } = await sync("oci", "dir", "--scoped", cli.path("layout"), cli.path("out"));
    assert.equal(status, 1);
    assert.match(err, /\.\./);
    assert.equal(existsSync(cli.path("out")), false);
  });

  it("survives a registry that pleads for fewer requests", async () => {
    for (let tag = 0; tag < 12; tag++) add("app", String(tag));
    to.faults.push({ on: /^PUT .*manifests/, times: 4, status: 429, headers: { "retry-after": "0" } });
    from.faults.push({ on: /^GET .*blobs/, times: 3, status: 503, headers: { "retry-after": "0" } });
    const { status, err } = await sync("docker", "docker", `${from.host}/app`, to.host);
    assert.equal(status, 0, err);
    assert.equal(tagsAt(to, "app").length, 12);
  });

  describe("beside skopeo (skipped where it is not installed)", function () {
    before(function () {
      if (spawnSync("skopeo", ["--version"]).status !== 0) this.skip();
    });

    /** The registries answer in this process: it must not be blocked. */
    const skopeo = (...args: readonly string[]): Promise<number | null> =>
      new Promise((resolve) => {
        const tls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
        spawn("skopeo", ["--insecure-policy", "sync", ...tls, ...args], { stdio: "ignore" }).once(
          "exit",
          resolve,
        );
      });

    it("writes the same repositories and digests by the same file", async () => {
      for (const tag of ["1.0", "1.1", "2.0"]) add("team/app", tag);
      add("tool", "latest");
      const file = writeYaml(
        "REGISTRY:\n  tls-verify: false\n  images:\n    tool:\n      - latest\n  images-by-tag-regex:\n    team/app: ^1\\.\n",
      );
      await using theirs = await startRegistry();
      await using ours = await startRegistry();
      assert.equal(await skopeo("--src", "yaml", "--dest", "docker", file, `${theirs.host}/m`), 0);
      assert.equal((await sync("yaml", "docker", file, `${ours.host}/m`)).status, 0);
      const content = (registry: TestRegistry) =>
        [...registry.storage.repositories]
          .filter(([, { tags }]) => tags.size > 0)
          .map(([name, { tags }]) => [name, [...tags].sort()])
          .sort();
      assert.deepEqual(content(ours), content(theirs));
      assert.equal(content(ours).length, 2);
    });

    it("names folders alike, and each reads the other's", async () => {
      add("team/app", "1");
      const source = `${from.host}/team/app`;
      assert.equal(
        await skopeo("--src", "docker", "--dest", "dir", "--scoped", source, cli.path("theirs")),
        0,
      );
      assert.equal((await sync("docker", "dir", "--scoped", source, cli.path("ours"))).status, 0);
      const folders = (name: string) => readdirSync(cli.path(name), { recursive: true }).map(String).sort();
      assert.deepEqual(folders("ours"), folders("theirs"));
      assert.equal(await skopeo("--src", "dir", "--dest", "docker", cli.path("ours"), `${to.host}/a`), 0);
      assert.match((await sync("dir", "docker", cli.path("theirs"), `${to.host}/a`)).err, /1 unchanged/);
    });
  });
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { RegistryClient } from "@wherry/core/registry";
import { digestOf, startRegistry, type TestRegistry } from "../support/registry.ts";
import { ImageCli, type ImageResult } from "../support/run-image.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
const TLS = "--tls-verify=false";

/** A file of docker's with logins. */
interface Kept {
  readonly auths?: unknown;
}

describe("small verbs of wherry-image", function () {
  this.timeout(20_000);
  let cli: ImageCli;
  let registry: TestRegistry;
  let digest: string;

  beforeEach(async () => {
    cli = new ImageCli();
    registry = await startRegistry();
    ({ digest } = registry.storage.addImage("team/app", { tag: "1.2.3", layers: [Buffer.from("layer")] }));
  });
  afterEach(async () => {
    await registry[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  const name = (rest: string): string => `docker://${registry.host}/${rest}`;

  describe("digest", () => {
    it("asks by HEAD only, which registries do not count as a pull", async () => {
      const result = await cli.run("digest", TLS, name("team/app:1.2.3"));
      assert.deepEqual(result, { status: 0, out: `${digest}\n`, err: "" });
      assert.deepEqual(registry.requestLines(), ["GET /v2/", "HEAD /v2/team/app/manifests/1.2.3"]);
    });

    it("tells that of an index, and of the image for a platform", async () => {
      const child = registry.storage.manifest("team/app", digest);
      const platform = { os: "linux", architecture: "arm64" };
      const manifests = [{ mediaType: child?.mediaType, digest, size: child?.bytes.length, platform }];
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
      registry.storage.addManifest("team/app", bytes, INDEX, "multi");
      const outs: string[] = [];
      for (const words of [[], ["--platform", "linux/arm64"], ["--override-arch=arm64"]])
        outs.push((await cli.run("digest", TLS, ...words, name("team/app:multi"))).out);
      assert.deepEqual(
        outs,
        [digestOf(bytes), digest, digest].map((text) => `${text}\n`),
      );
      assert.equal(
        (await cli.run("digest", TLS, "--platform=linux/s390x", name("team/app:multi"))).status,
        1,
      );
      for (const flag of ["--override-os=lin ux", "--override-arch=../x", "--override-variant="]) {
        const { status, err } = await cli.run("digest", TLS, flag, name("team/app:multi"));
        assert.equal(status, 1, flag);
        assert.match(err, /platform/, flag);
      }
    });

    it("reads other transports too", async () => {
      await cli.run("copy", "--src-tls-verify=false", name("team/app:1.2.3"), `dir:${cli.path("dir")}`);
      assert.equal((await cli.run("digest", `dir:${cli.path("dir")}`)).out, `${digest}\n`);
    });

    it("ends with 2 when there is none", async () => {
      assert.equal((await cli.run("digest", TLS, name("team/app:nosuch"))).status, 2);
    });
  });

  describe("manifest-digest", () => {
    it("gives the digest of the bytes, as skopeo does where it is installed", async () => {
      const file = cli.path("manifest.json");
      writeFileSync(file, (await cli.run("inspect", "--raw", TLS, name("team/app:1.2.3"))).out);
      const { out, status } = await cli.run("manifest-digest", file);
      assert.deepEqual([status, out], [0, `${digest}\n`]);
      const theirs = spawnSync("skopeo", ["manifest-digest", file], { encoding: "utf8" });
      if (theirs.error === undefined) assert.equal(out, theirs.stdout);
    });

    it("names a file that is not there", async () => {
      const { status, err } = await cli.run("manifest-digest", cli.path("nosuch"));
      assert.equal(status, 1);
      assert.match(err, /nosuch: no such file/);
    });
  });

  describe("tag", () => {
    it("writes the same manifest under each tag, and moves no blob", async () => {
      const other = `${registry.host}/team/app:stable`;
      const { status, out, err } = await cli.run("tag", TLS, name("team/app:1.2.3"), "1.2", "latest", other);
      assert.deepEqual([status, out], [0, `${digest}\n`], err);
      const tags = registry.storage.repository("team/app").tags;
      assert.deepEqual(
        ["1.2", "1.2.3", "latest", "stable"].map((tag) => tags.get(tag)),
        [digest, digest, digest, digest],
      );
      assert.deepEqual(
        registry.requestLines().filter((line) => line.includes("/blobs/")),
        [],
      );
    });

    for (const tag of ["other.example.com/team/app:1", "team/app:1", "no tag", "-x"]) {
      it(`refuses ${tag} before anything is written`, async () => {
        const { status } = await cli.run("tag", TLS, name("team/app:1.2.3"), "good", "--", tag);
        assert.equal(status, 1);
        assert.deepEqual(
          registry.requests.filter(({ method }) => method === "PUT"),
          [],
        );
      });
    }

    it("is for registries only", async () => {
      assert.match((await cli.run("tag", "oci:x:1", "2")).err, /only an image in a registry/);
    });
  });

  describe("list-tags", () => {
    for (const [words, expected] of [
      [[], ["1.2.3", "1.3.0-rc1", "2.0.0", "latest"]],
      [
        ["--semver", ">=1.2"],
        ["1.2.3", "2.0.0"],
      ],
      [["--newest=2"], ["1.3.0-rc1", "2.0.0"]],
      [["--include-tag", "0", "--exclude-tag", "rc"], ["2.0.0"]],
      [["--exclude-digest-tags"], ["1.2.3", "1.3.0-rc1", "2.0.0", "latest"]],
    ] as const) {
      it(`lists ${expected.join(" ")} by ${words.length === 0 ? "no filter" : words.join(" ")}`, async () => {
        for (const tag of ["1.3.0-rc1", "2.0.0", "latest"]) registry.storage.addImage("team/app", { tag });
        if (words.some((word) => word.includes("digest")))
          registry.storage.addImage("team/app", { tag: `sha256-${"0".repeat(64)}.sig` });
        const { out } = await cli.run("list-tags", TLS, ...words, name("team/app"));
        assert.deepEqual((JSON.parse(out) as { Tags: string[] }).Tags, [...expected]);
      });
    }
  });

  describe("list-repos", () => {
    it("lists them over all pages", async () => {
      await registry[Symbol.asyncDispose]();
      registry = await startRegistry({ pageSize: 2 });
      for (const repository of ["a", "b/c", "d", "e", "f"]) registry.storage.addImage(repository);
      const { out, status } = await cli.run("list-repos", TLS, registry.host);
      assert.equal(status, 0);
      assert.deepEqual(JSON.parse(out), {
        Registry: registry.host,
        Repositories: ["a", "b/c", "d", "e", "f"],
      });
    });

    it("wants a registry, not a repository", async () => {
      assert.equal((await cli.run("list-repos", `${registry.host}/team`)).status, 1);
    });
  });

  describe("auth explain", () => {
    const SECRET = "a-very-secret-word";

    beforeEach(() => {
      const auth = (user: string): object => ({ auth: Buffer.from(`${user}:${SECRET}`).toString("base64") });
      const auths = { "r.example.com": auth("host"), "r.example.com/team": auth("team") };
      mkdirSync(cli.path("containers"));
      writeFileSync(cli.path("containers/auth.json"), JSON.stringify({ auths }));
    });

    const explain = (...words: readonly string[]): Promise<ImageResult> =>
      cli.run("auth", "explain", ...words);

    it("names user, file and key, the longest that fits, and no secret", async () => {
      const file = cli.path("containers/auth.json");
      const { out, status } = await explain("docker://r.example.com/team/app:1");
      assert.equal(status, 0);
      assert.equal(out, `r.example.com/team/app: user team, from ${file}, key r.example.com/team\n`);
      assert.match(
        (await explain("r.example.com/other")).out,
        /: user host, from \S+, key r\.example\.com\n$/,
      );
    });

    it("says when there is none", async () => {
      assert.match(
        (await explain("q.example.com/app")).out,
        /^q\.example\.com\/app: no login, asked as a guest\n$/,
      );
    });

    it("tells mirrors apart, by what registries.conf says", async () => {
      mkdirSync(cli.path("etc/containers"), { recursive: true });
      writeFileSync(
        cli.path("etc/containers/registries.conf"),
        '[[registry]]\nlocation = "r.example.com"\n[[registry.mirror]]\nlocation = "m.example.com/cache"\n',
      );
      const { out } = await explain("r.example.com/team/app");
      assert.match(
        out,
        /^m\.example\.com\/cache\/team\/app \(mirror\): no login.*\nr\.example\.com\/team\/app: user team/,
      );
      assert.ok(!out.includes(SECRET));
    });
  });

  describe("auth token", () => {
    const token = (...words: readonly string[]): Promise<ImageResult> =>
      cli.run("auth", "token", TLS, ...words);

    it("prints what the registry gives for as much as was asked", async () => {
      const login = { username: "me", password: "a-very-secret-word" };
      await using guarded = await startRegistry({ auth: { kind: "bearer", ...login } });
      const creds = `--creds=${login.username}:${login.password}`;
      const { status, out } = await token("--push", creds, `${guarded.host}/team/app`);
      assert.equal(status, 0);
      const credentials = () => Promise.resolve({ registryToken: out.trim() });
      await using client = new RegistryClient({ host: guarded.host, credentials });
      const content = Buffer.from("pushed");
      const blob = { mediaType: "x/y", digest: digestOf(content), size: content.length };
      await client.putBlob("team/app", blob, Readable.from([content]));
      assert.equal((await token("--delete", creds, `${guarded.host}/team/app`)).status, 0);
      assert.match(guarded.requestLines().at(-1) ?? "", /scope=repository%3Ateam%2Fapp%3Apull%2Cdelete/);
      assert.equal((await token("--creds=me:wrong", `${guarded.host}/team/app`)).status, 3);
    });

    it("says when the registry asks for none", async () => {
      const { status, err } = await token(name("team/app"));
      assert.equal(status, 1);
      assert.match(err, /asks for no token/);
    });
  });

  describe("gc", () => {
    it("removes from a layout what nothing needs and is old enough", async () => {
      const layout = cli.path("layout");
      await cli.run("copy", "-q", "--src-tls-verify=false", name("team/app:1.2.3"), `oci:${layout}:1`);
      const litter = digestOf("litter");
      writeFileSync(cli.path("layout/blobs/sha256", litter.slice(7)), "litter");
      const gc = async (...words: readonly string[]): Promise<string[]> => {
        const { status, out, err } = await cli.run("gc", ...words, layout);
        assert.equal(status, 0, err);
        return [out, err];
      };
      assert.deepEqual(await gc(), ["", "Removed 0 blobs, 0 B\n"]);
      const line = `${litter} ${layout}\n`;
      assert.deepEqual(await gc("--dry-run", "--older", "0s"), [line, "Would remove 1 blob, 6 B\n"]);
      assert.deepEqual(await gc("--older", "0s"), [line, "Removed 1 blob, 6 B\n"]);
      assert.deepEqual(await gc("--older", "0s"), ["", "Removed 0 blobs, 0 B\n"]);
      assert.equal((await cli.run("verify-content", `oci:${layout}:1`)).status, 0);
    });
  });

  it("login and logout keep docker's keys in a file of docker's", async () => {
    await using guarded = await startRegistry({ auth: { kind: "basic", username: "me", password: "word" } });
    const file = ["--compat-auth-file", cli.path("config.json")];
    const login = ["--tls-verify=false", "-u", "me", "-p", "word", ...file, guarded.host];
    const { status, out, err } = await cli.run("login", ...login);
    assert.equal(status, 0, err);
    assert.match(out, /Login Succeeded!/);
    const kept = (): unknown => (JSON.parse(readFileSync(cli.path("config.json"), "utf8")) as Kept).auths;
    assert.deepEqual(kept(), { [guarded.host]: { auth: Buffer.from("me:word").toString("base64") } });
    assert.equal((await cli.run("logout", ...file, guarded.host)).status, 0);
    assert.deepEqual(kept() ?? {}, {});
  });

  describe("exit statuses", () => {
    const inspect = (): Promise<ImageResult> => cli.run("inspect", TLS, name("team/app:1.2.3"));
    for (const { status, fault } of [
      { status: 3, fault: 401 },
      { status: 3, fault: 403 },
      { status: 1, fault: 400 },
    ]) {
      it(`is ${status} for an answer ${fault}`, async () => {
        registry.faults.push({ on: /\/v2\/team/, times: 99, status: fault });
        assert.equal((await inspect()).status, status);
      });
    }

    it("is 4 for a registry that wants us to wait for longer than we do", async () => {
      registry.faults.push({ on: /\/v2\/team/, times: 99, status: 429, headers: { "retry-after": "86400" } });
      const { status, err } = await inspect();
      assert.equal(status, 4);
      assert.match(err, /toomanyrequests/);
    });
  });
});

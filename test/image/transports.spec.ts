import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { TestDaemon } from "../support/docker-daemon.ts";
import { writeLayout } from "../support/layout.ts";
import { ImageCli } from "../support/run-image.ts";

const LAUNCHER = join(import.meta.dirname, "../../packages/image/bin/wherry-image");
const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;
const noPodman = !has("podman")
  ? "podman is not installed"
  : process.getuid?.() === 0
    ? undefined
    : "podman's store of another user namespace can be made by root only";

describe("more transports of wherry-image", function () {
  this.timeout(60_000);
  let cli: ImageCli;
  let digest: string;
  let configDigest: string;

  before(async () => {
    cli = new ImageCli();
    mkdirSync(cli.path("tree", "sub"), { recursive: true });
    writeFileSync(cli.path("tree", "hello"), "hello\n");
    writeFileSync(cli.path("tree", "sub", "empty"), "");
    symlinkSync("../hello", cli.path("tree", "sub", "link"));
    mkdirSync(cli.path("top"));
    writeFileSync(cli.path("top", "more"), Buffer.alloc(700_000, "more\n"));
    ({ digest } = writeLayout(cli.path("layout"), "one", [cli.path("tree"), cli.path("top")]).descriptor);
    ({
      config: { digest: configDigest },
    } = JSON.parse(await ok("inspect", "--raw", oci("layout:one"))) as { config: { digest: string } });
  });
  after(() => cli[Symbol.dispose]());

  const oci = (rest: string): string => `oci:${cli.path(rest)}`;
  async function ok(...words: readonly string[]): Promise<string> {
    const { status, out, err } = await cli.run(...words);
    assert.equal(status, 0, err);
    return out;
  }
  /** The digest of an image's config, which no transport changes. */
  async function configOf(name: string, ...words: readonly string[]): Promise<string> {
    const { config } = JSON.parse(await ok("inspect", "--raw", ...words, name)) as {
      config: { digest: string };
    };
    return config.digest;
  }

  describe("docker-daemon:", () => {
    let daemon: TestDaemon;
    beforeEach(async () => {
      daemon = await TestDaemon.start(cli.path("docker.sock"));
    });
    afterEach(async () => {
      await daemon[Symbol.asyncDispose]();
    });

    it("takes an image as docker load does, and gives it as docker save does", async () => {
      await ok(
        "copy",
        "-q",
        "--dest-daemon-host",
        daemon.host,
        oci("layout:one"),
        "docker-daemon:localhost/app:1",
      );
      const archive = daemon.archives.get("loaded");
      assert.ok(archive);
      writeFileSync(cli.path("loaded.tar"), archive);
      const listed = JSON.parse(await ok("list-tags", `docker-archive:${cli.path("loaded.tar")}`)) as {
        Tags: string[];
      };
      assert.deepEqual(listed.Tags, ["localhost/app:1"]);
      daemon.archives.set("localhost/app:1", archive);
      daemon.archives.set(configDigest, archive);
      for (const name of ["docker-daemon:localhost/app:1", `docker-daemon:${configDigest}`])
        assert.equal(await configOf(name, "--daemon-host", daemon.host), configDigest);
      await ok(
        "copy",
        "-q",
        "--src-daemon-host",
        daemon.host,
        "docker-daemon:localhost/app:1",
        oci("from-daemon:x"),
      );
      assert.equal(await configOf(oci("from-daemon:x")), configDigest);
      assert.equal(
        await ok("cat", "--daemon-host", daemon.host, "docker-daemon:localhost/app:1", "/sub/link"),
        "hello\n",
      );
      assert.deepEqual(new Set(daemon.requests).size, 3);
    });

    it("tells what the daemon says", async () => {
      const missing = await cli.run("inspect", "--daemon-host", daemon.host, "docker-daemon:nosuch:1");
      assert.equal(missing.status, 1);
      assert.match(
        missing.err,
        /daemon at unix:.* answered 404: No such image: docker\.io\/library\/nosuch:1/,
      );
      daemon.loadError = "no space left on device";
      const full = await cli.run(
        "copy",
        "-q",
        "--dest-daemon-host",
        daemon.host,
        oci("layout:one"),
        "docker-daemon:x:1",
      );
      assert.match(full.err, /no space left on device/);
      assert.equal(full.status, 1);
      assert.deepEqual(
        readdirSync(cli.folder).filter((name) => /^(?:load|archive)-/.test(name)),
        [],
      );
    });

    it("tells that there is none", async () => {
      const { status, err } = await cli.run(
        "inspect",
        "--daemon-host=unix:///no/such.sock",
        "docker-daemon:x:1",
      );
      assert.equal(status, 1);
      assert.match(err, /cannot reach the docker daemon at unix:\/\/\/no\/such\.sock: .*ENOENT/);
      assert.match(
        (await cli.run("inspect", "--daemon-host=ssh://x", "docker-daemon:x:1")).err,
        /expected unix:\/\/PATH or tcp/,
      );
    });
  });

  describe("archives through pipes", () => {
    const sh = (script: string): { status: number | null; stdout: string; stderr: string } =>
      spawnSync("sh", ["-c", script], {
        encoding: "utf8",
        cwd: cli.folder,
        env: { ...process.env, W: LAUNCHER, TMPDIR: cli.folder },
        timeout: 30_000,
      });

    for (const transport of ["docker-archive", "oci-archive"]) {
      it(`are written to standard output and read from standard input: ${transport}`, async () => {
        const name = transport === "oci-archive" ? "" : ":localhost/app:1";
        const { status, stderr } = sh(
          `"$W" copy -q oci:layout:one ${transport}:-${name} | "$W" copy -q ${transport}:- oci:piped-${transport}:x`,
        );
        assert.equal(status, 0, stderr);
        assert.equal(await configOf(oci(`piped-${transport}:x`)), configDigest);
        assert.deepEqual(
          readdirSync(cli.folder).filter((file) => file.startsWith("archive-")),
          [],
        );
      });
    }

    it(`go to skopeo and come from it${has("skopeo") ? "" : " (skipped: skopeo is not installed)"}`, async function () {
      if (!has("skopeo")) this.skip();
      const there = sh(
        '"$W" copy -q oci:layout:one docker-archive:-:localhost/app:1 >ours.tar && skopeo --insecure-policy copy -q docker-archive:ours.tar oci:theirs:x',
      );
      assert.equal(there.status, 0, there.stderr);
      const back = sh(
        'skopeo --insecure-policy copy -q oci:theirs:x docker-archive:/dev/stdout | "$W" copy -q docker-archive:- oci:back:x',
      );
      assert.equal(back.status, 0, back.stderr);
      assert.equal(await configOf(oci("back:x")), await configOf(oci("theirs:x")));
    });

    it("hold many images, chosen by name or number", async () => {
      for (const number of ["1", "2"])
        writeLayout(cli.path(`many${number}`), "x", [cli.path("tree")], { Env: [`N=${number}`] });
      const parts = ["1", "2"].map((number) => {
        const file = cli.path(`part${number}.tar`);
        return ok("copy", "-q", oci(`many${number}:x`), `docker-archive:${file}:localhost/n:${number}`).then(
          () => file,
        );
      });
      const files = await Promise.all(parts);
      mkdirSync(cli.path("merged"));
      const manifests = files.flatMap((file) => {
        spawnSync("tar", ["-xf", file, "-C", cli.path("merged")]);
        return JSON.parse(readFileSync(cli.path("merged", "manifest.json"), "utf8")) as object[];
      });
      writeFileSync(cli.path("merged", "manifest.json"), JSON.stringify(manifests));
      spawnSync("tar", ["-cf", cli.path("both.tar"), "-C", cli.path("merged"), "."]);
      const archive = `docker-archive:${cli.path("both.tar")}`;
      const env = async (name: string): Promise<string> => ok("inspect", "--format={{index .Env 0}}", name);
      assert.deepEqual(
        [await env(`${archive}:localhost/n:2`), await env(`${archive}:@0`)],
        ["N=2\n", "N=1\n"],
      );
      assert.match(
        (await cli.run("inspect", archive)).err,
        /more than one image: localhost\/n:1, localhost\/n:2/,
      );
      assert.equal((await cli.run("inspect", `${archive}:@2`)).status, 2);
    });
  });

  describe(`podman's store${noPodman === undefined ? "" : ` (skipped: ${noPodman})`}`, () => {
    let root: string;
    let store: string;
    before(function () {
      if (noPodman !== undefined) return this.skip();
      root = cli.path("podman", "root");
      store = `containers-storage:[overlay@${root}+${cli.path("podman", "run")}]`;
      const words = ["--root", root, "--runroot", cli.path("podman", "run"), "--storage-driver=overlay"];
      const archive = cli.path("for-podman.tar");
      spawnSync(LAUNCHER, ["copy", "-q", oci("layout:one"), `docker-archive:${archive}:localhost/app:1`]);
      const loaded = spawnSync("podman", [...words, "load", "-q", "-i", archive], {
        encoding: "utf8",
        timeout: 30_000,
      });
      assert.equal(loaded.status, 0, loaded.stderr);
    });
    after(() => {
      if (noPodman === undefined) spawnSync("umount", [join(root, "overlay")]);
    });

    it("is read by name, by id, and by both", async () => {
      for (const image of [
        "localhost/app:1",
        `@${configDigest.slice(7)}`,
        `localhost/app:1@${configDigest.slice(7, 19)}`,
      ])
        assert.equal(await configOf(store + image), configDigest);
      assert.equal((await cli.run("inspect", `${store}localhost/nosuch:1`)).status, 2);
      assert.match(
        (await cli.run("copy", oci("layout:one"), `${store}x:1`)).err,
        /podman's store cannot hold/,
      );
    });

    it("gives layers byte for byte as they were unpacked", async () => {
      await ok("copy", "-q", `${store}localhost/app:1`, oci("from-podman:x"));
      await ok("verify-content", "-q", oci("from-podman:x"));
      const layersOf = async (name: string): Promise<Buffer[]> => {
        const { layers } = JSON.parse(await ok("inspect", "--raw", oci(name))) as {
          layers: { digest: string; mediaType: string }[];
        };
        return layers.map(({ digest: layer, mediaType }) => {
          const bytes = readFileSync(cli.path(name.split(":")[0] ?? "", "blobs", "sha256", layer.slice(7)));
          return mediaType.endsWith("gzip") ? gunzipSync(bytes) : bytes;
        });
      };
      assert.deepEqual(await layersOf("from-podman:x"), await layersOf("layout:one"));
      assert.equal(await ok("cat", `${store}localhost/app:1`, "/sub/link"), "hello\n");
    });

    it("gives nothing from outside of a layer, whatever its list of parts says", async () => {
      const folder = join(root, "overlay-layers");
      const [list = ""] = readdirSync(folder).filter((name) => name.endsWith(".tar-split.gz"));
      const before = readFileSync(join(folder, list));
      const entry = { type: 1, name: "../../../../../../../../etc/passwd", size: 10, position: 0 };
      writeFileSync(join(folder, list), gzipSync(JSON.stringify(entry)));
      const { status, out } = await cli.run("export", "-o", cli.path("never.tar"), `${store}localhost/app:1`);
      writeFileSync(join(folder, list), before);
      assert.deepEqual([status, out], [1, ""]);
    });
  });

  it("keep the digest of what they were given", async () => {
    assert.equal(await ok("digest", oci("layout:one")), `${digest}\n`);
    rmSync(cli.path("podman"), { recursive: true, force: true });
  });
});

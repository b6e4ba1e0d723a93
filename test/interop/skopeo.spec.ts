import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { TestDaemon } from "../support/docker-daemon.ts";
import { writeLayout } from "../support/layout.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { ImageCli } from "../support/run-image.ts";

const missing = spawnSync("skopeo", ["--version"]).error !== undefined;

const FORMATS = ["oci", "v2s2"] as const;
const COMPRESSIONS = ["gzip", "zstd", "none"] as const;
type Format = (typeof FORMATS)[number];
type Compression = (typeof COMPRESSIONS)[number];

/** Each place with a blank for a name that is used once. */
const PLACES = [
  { transport: "docker", name: "docker://HOST/NAME:1" },
  { transport: "oci", name: "oci:FOLDER/NAME:1" },
  { transport: "oci-archive", name: "oci-archive:FOLDER/NAME.tar:1" },
  { transport: "docker-archive", name: "docker-archive:FOLDER/NAME.tar:docker.io/x/NAME:1" },
  { transport: "dir", name: "dir:FOLDER/NAME" },
] as const;

const MANIFEST = {
  oci: "application/vnd.oci.image.manifest.v1+json",
  v2s2: "application/vnd.docker.distribution.manifest.v2+json",
} as const;

describe(`images between wherry-image and skopeo${missing ? " (skipped: skopeo is not installed)" : ""}`, function () {
  this.timeout(60_000);
  let cli: ImageCli;
  let registry: TestRegistry;
  let diffIDs: readonly string[];

  before(async function () {
    if (missing) this.skip();
    cli = new ImageCli();
    registry = await startRegistry();
    mkdirSync(cli.path("tree"));
    writeFileSync(cli.path("tree", "motd"), "hello\n");
    writeLayout(cli.path("made"), "1", [cli.path("tree")]);
    for (const compression of COMPRESSIONS) {
      const flags =
        compression === "none" ? ["--dest-decompress"] : [`--dest-compress-format=${compression}`];
      await ours("copy", "-q", ...flags, `oci:${cli.path("made")}:1`, sourceOf(compression));
    }
    diffIDs = imageAt(cli.path("none")).diffIDs;
  });
  after(async () => {
    if (missing) return;
    await registry[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  const sourceOf = (compression: Compression): string => `oci:${cli.path(compression)}:1`;
  const place = (name: string, unique: string): string =>
    name.replace("HOST", registry.host).replace("FOLDER", cli.folder).replaceAll("NAME", unique);

  async function ours(...argv: readonly string[]): Promise<void> {
    const { status, err } = await cli.run("--tls-verify=false", ...argv);
    assert.equal(status, 0, err);
  }
  async function theirs(...words: readonly string[]): Promise<void> {
    const argv = ["--insecure-policy", "--override-arch=amd64", ...words];
    await promisify(execFile)("skopeo", argv, { timeout: 30_000 });
  }

  /** The manifest in a folder of `dir:` or in an OCI layout, and its layers without compression. */
  function imageAt(folder: string): { mediaType: string; diffIDs: string[]; layers: string[] } {
    const isLayout = existsSync(`${folder}/oci-layout`);
    const blob = (digest: string): Buffer =>
      readFileSync(isLayout ? `${folder}/blobs/${digest.replace(":", "/")}` : `${folder}/${digest.slice(7)}`);
    const root = isLayout
      ? blob((JSON.parse(readFileSync(`${folder}/index.json`, "utf8")) as Listing).manifests[0]?.digest ?? "")
      : readFileSync(`${folder}/manifest.json`);
    const { mediaType, config, layers } = JSON.parse(root.toString()) as Listing;
    const tars = layers.map(({ digest }) => plain(blob(digest)));
    const told = JSON.parse(blob(config.digest).toString()) as { rootfs: { diff_ids: string[] } };
    const found = tars.map((tar) => `sha256:${createHash("sha256").update(tar).digest("hex")}`);
    assert.deepEqual(found, told.rootfs.diff_ids);
    return { mediaType, diffIDs: found, layers: layers.map((layer) => layer.mediaType) };
  }

  let count = 0;
  for (const { transport, name } of PLACES) {
    for (const format of FORMATS) {
      for (const compression of COMPRESSIONS) {
        const isArchive = transport === "docker-archive";
        if (isArchive && (format === "oci" || compression === "zstd")) continue; // it has no such form
        if (format === "v2s2" && compression === "zstd") continue; // nor has that manifest
        const unique = `n${count++}`;
        const kind = `${transport}, ${format}, ${compression}`;

        // of an OCI layout skopeo reads OCI's own manifests only, though it writes others
        const isRead = format === "oci" || !transport.startsWith("oci");
        if (isRead)
          it(`skopeo reads ours: ${kind}`, async () => {
            const there = place(name, `${unique}-ours`);
            await ours(
              "copy",
              "-q",
              "--format",
              format,
              ...keeping(transport, compression),
              sourceOf(compression),
              there,
            );
            const folder = cli.path(`${unique}-read`);
            await theirs("copy", "-q", "--src-tls-verify=false", there, `dir:${folder}`);
            const image = imageAt(folder);
            assert.deepEqual(image.diffIDs, diffIDs);
            assert.equal(image.mediaType, MANIFEST[format]);
            if (!isArchive) assert.match(image.layers[0] ?? "", layerType(format, compression));
            rmSync(folder, { recursive: true });
          });

        it(`we read skopeo's: ${kind}`, async () => {
          const there = place(name, `${unique}-theirs`);
          const flags = isArchive ? [] : ["--format", format];
          await theirs("copy", "-q", "--dest-tls-verify=false", ...flags, sourceOf(compression), there);
          const folder = cli.path(`${unique}-read`);
          await ours("copy", "-q", there, `dir:${folder}`);
          const image = imageAt(folder);
          assert.deepEqual(image.diffIDs, diffIDs);
          assert.equal(image.mediaType, MANIFEST[format]);
          rmSync(folder, { recursive: true });
        });
      }
    }
  }

  it("skopeo reads what we give a docker daemon, and we what skopeo gives it", async () => {
    await using daemon = await TestDaemon.start(cli.path("docker.sock"));
    const names = { ours: "docker.io/x/ours:1", theirs: "docker.io/x/theirs:1" };
    const keep = (name: string): void => {
      const archive = daemon.archives.get("loaded");
      assert.ok(archive, name);
      for (const known of [name, name.replace("docker.io/", "")]) daemon.archives.set(known, archive);
    };
    const from = sourceOf("gzip");
    await ours("copy", "-q", "--dest-daemon-host", daemon.host, from, `docker-daemon:${names.ours}`);
    keep(names.ours);
    const [read, kept] = [cli.path("daemon-read"), cli.path("daemon-kept")];
    await theirs(
      "copy",
      "-q",
      "--src-daemon-host",
      daemon.host,
      `docker-daemon:${names.ours}`,
      `dir:${read}`,
    );
    await theirs("copy", "-q", "--dest-daemon-host", daemon.host, from, `docker-daemon:${names.theirs}`);
    keep(names.theirs);
    await ours(
      "copy",
      "-q",
      "--src-daemon-host",
      daemon.host,
      `docker-daemon:${names.theirs}`,
      `dir:${kept}`,
    );
    for (const folder of [read, kept]) assert.deepEqual(imageAt(folder).diffIDs, diffIDs);
  });

  const isRoot = process.getuid?.() === 0;
  it(`we read what skopeo puts into podman's store${isRoot ? "" : " (skipped: skopeo mounts it as root only)"}`, async function () {
    if (!isRoot) this.skip();
    const root = cli.path("storage");
    try {
      for (const format of FORMATS) {
        const there = `containers-storage:[overlay@${root}/root+${root}/run]localhost/${format}:1`;
        await theirs("copy", "-q", "--format", format, sourceOf("gzip"), there);
        const folder = cli.path(`stored-${format}`);
        await ours("copy", "-q", there, `dir:${folder}`);
        const image = imageAt(folder);
        assert.deepEqual([image.diffIDs, image.mediaType], [diffIDs, MANIFEST[format]]);
      }
    } finally {
      spawnSync("umount", [`${root}/root/overlay`]); // containers/storage leaves it mounted on itself
    }
  });
});

interface Listing {
  readonly mediaType: string;
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
  readonly manifests: readonly { readonly digest: string }[];
}

/** What keeps layers as they are: in an archive of docker they are never compressed. */
function keeping(transport: string, compression: Compression): string[] {
  if (transport === "docker-archive") return [];
  return compression === "none" ? ["--dest-decompress"] : [`--dest-compress-format=${compression}`];
}

function layerType(format: Format, compression: Compression): RegExp {
  if (format === "oci")
    return compression === "none" ? /layer\.v1\.tar$/ : new RegExp(`\\.tar\\+${compression}$`);
  return compression === "none" ? /diff\.tar$/ : /diff\.tar\.gzip$/;
}

function plain(layer: Buffer): Buffer {
  if (layer.readUInt16BE() === 0x1f8b) return gunzipSync(layer);
  return layer.readUInt32LE() === 0xfd2fb528 ? zstdDecompressSync(layer) : layer;
}

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { ImageCli, type ImageResult } from "../support/run-image.ts";
import { digestOf, startRegistry, type TestRegistry } from "../support/registry.ts";

const TAR = "application/vnd.oci.image.layer.v1.tar";
const GZIP = `${TAR}+gzip`;
const INDEX = "application/vnd.oci.image.index.v1+json";

interface Described {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly variant?: string };
}
interface Stored {
  readonly mediaType: string;
  readonly layers: readonly Described[];
  readonly manifests: readonly Described[];
}

describe("wherry-image copy", function () {
  this.timeout(20_000);
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

  const add = (
    tag: string,
    seed = tag,
    layers = [gzipSync(`layer ${seed}`)],
    layerMediaType = GZIP,
  ): string => from.storage.addImage("app", { tag, layers, layerMediaType, config: { seed } }).digest;

  /** An index over images of these platforms, each `arch` or `arch/variant`, with an attestation for each. */
  function addIndex(
    tag: string,
    ...platforms: readonly string[]
  ): { index: string; images: Map<string, string> } {
    const images = new Map<string, string>();
    const manifests = platforms.flatMap((name) => {
      const [architecture = "", variant] = name.split("/");
      const described = (seed: string): Described => {
        const { digest, bytes, manifest } = from.storage.addImage("app", {
          tag: "tmp",
          layers: [gzipSync(seed)],
          layerMediaType: GZIP,
          config: { architecture, seed },
        });
        return { mediaType: manifest.mediaType, digest, size: bytes.length };
      };
      const image = described(name);
      images.set(name, image.digest);
      return [
        { ...image, platform: { os: "linux", architecture, ...(variant === undefined ? {} : { variant }) } },
        {
          ...described(`attestation of ${name}`),
          platform: { os: "unknown", architecture: "unknown" },
          annotations: { "vnd.docker.reference.digest": image.digest },
        },
      ];
    });
    from.storage.repository("app").tags.delete("tmp");
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    return { index: from.storage.addManifest("app", bytes, INDEX, tag), images };
  }

  const source = (tag: string): string => `docker://${from.host}/app:${tag}`;
  const target = (name: string): string => `docker://${to.host}/${name}`;

  const copy = (...words: readonly string[]): Promise<ImageResult> =>
    cli.run("copy", "-q", "--tls-verify=false", ...words);

  const copied = async (...words: readonly string[]): Promise<void> => {
    const { status, err } = await copy(...words);
    assert.equal(status, 0, err);
  };

  const stored = (reference: string, registry = to, repository = "app"): Stored | undefined => {
    const manifest = registry.storage.manifest(repository, reference);
    return manifest === undefined ? undefined : (JSON.parse(manifest.bytes.toString()) as Stored);
  };

  const layerOf = (reference: string): { described: Described; bytes: Buffer } => {
    const described = stored(reference)?.layers[0];
    assert.ok(described);
    const bytes = to.storage.blob("app", described.digest);
    assert.ok(bytes);
    return { described, bytes };
  };

  it("tells programs what happens as JSON, on standard error alone", async () => {
    const run = (...words: readonly string[]) => cli.run("copy", "--tls-verify=false", ...words);
    const digest = add("1");
    add("2");
    const lines = ({ out, err }: ImageResult): Record<string, unknown>[] => {
      assert.equal(out, "");
      return err
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const first = lines(await run("--progress", "json", source("1"), target("app:1")));
    assert.deepEqual(
      first.map(({ event }) => event).filter((event) => event !== "progress"),
      ["start", "copied", "copied", "manifests"],
    );
    assert.equal(first[0]?.["blobs"], 2);
    const layer = first.find(({ event, mediaType }) => event === "copied" && mediaType === GZIP);
    assert.match(String(layer?.["digest"]), /^sha256:[0-9a-f]{64}$/);
    const all = lines(await run("--progress=json", "--all-tags", source("").slice(0, -1), target("app")));
    const images = all.filter(({ event }) => event === "image");
    assert.deepEqual(images.map(({ outcome }) => outcome).sort(), ["copied", "unchanged"]);
    assert.ok(images.some((image) => image["digest"] === digest));
    from.faults.push({ on: /manifests/, status: 403, times: 9 });
    const failed = await run("--progress=json", "--all-tags", source("").slice(0, -1), target("app"));
    assert.ok(failed.status !== 0);
    const [image] = lines(failed).filter(({ event }) => event === "image");
    assert.equal((image?.["error"] as { code: string }).code, "ERR_WHERRY_DENIED");
    from.faults.clear();
    const plain = await run("--progress", "plain", source("2"), target("new:1"));
    assert.match(plain.err, /^Copying blob [0-9a-f]{12}$/m);
    assert.equal((await run("--progress", "loud", source("1"), target("app:1"))).status, 1);
  });

  it("tells programs what was done as JSON, on standard output", async () => {
    const digest = add("1");
    const told = async () =>
      JSON.parse((await copy("--json", source("1"), target("app:1"))).out) as Record<string, unknown>;
    const first = await told();
    assert.deepEqual(first["blobs"], { copied: 2, mounted: 0, present: 0 });
    assert.equal(first["bytes"], from.blobBytesSent);
    assert.deepEqual([first["digest"], first["destination"]], [digest, target("app:1")]);
    const again = await told();
    assert.deepEqual([again["digest"], again["bytes"]], [digest, 0]);
  });

  it("leaves foreign layers where they are: their description is copied, their addresses are never asked", async () => {
    const config = from.storage.addBlob("app", Buffer.from("{}"));
    const layers = [
      {
        mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        digest: digestOf(Buffer.from("elsewhere")),
        size: 9,
        urls: [`http://${from.host}/stolen?by=${to.host}`],
      },
    ];
    const mediaType = "application/vnd.docker.distribution.manifest.v2+json";
    const type = "application/vnd.docker.container.image.v1+json";
    const manifest = { schemaVersion: 2, mediaType, config: { mediaType: type, ...config }, layers };
    from.storage.addManifest("app", Buffer.from(JSON.stringify(manifest)), mediaType, "foreign");
    await copied(source("foreign"), `dir:${cli.path("out")}`);
    assert.deepEqual(JSON.parse(readFileSync(cli.path("out", "manifest.json"), "utf8")), manifest);
    assert.ok(!readdirSync(cli.path("out")).includes(digestOf(Buffer.from("elsewhere")).slice(7)));
    assert.ok(!from.requestLines().some((line) => line.includes("stolen")));
  });

  it("brings foreign layers when it is told to, without a word of who asks", async () => {
    from = await reopened(from, { auth: { kind: "basic", username: "john", password: "secret" } });
    const bytes = gzipSync("a layer that may not be distributed");
    const elsewhere = to.storage.addBlob("elsewhere", bytes);
    const mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    const urls = ["http://10.0.0.1/private", `http://${to.host}/v2/elsewhere/blobs/${elsewhere.digest}`];
    const config = {
      ...from.storage.addBlob("app", Buffer.from("{}")),
      mediaType: "application/vnd.oci.image.config.v1+json",
    };
    const manifest = { schemaVersion: 2, config, layers: [{ ...elsewhere, mediaType, urls }] };
    const media = "application/vnd.oci.image.manifest.v1+json";
    const digest = from.storage.addManifest("app", Buffer.from(JSON.stringify(manifest)), media, "1");
    const login = ["--src-creds", "john:secret", "--allow-nondistributable-artifacts"];
    const regctls = ["--src-creds", "john:secret", "--include-external"];
    await copied(...regctls, source("1"), `oci:${cli.path("out")}:1`);
    assert.deepEqual(readFileSync(cli.path("out/blobs/sha256", elsewhere.digest.slice(7))), bytes);
    const { blobs } = to.storage.repository("app");
    for (const state of ["new", "there, but for its layer"]) {
      blobs.delete(elsewhere.digest);
      await copied(...login, source("1"), target("app:1"));
      assert.ok(blobs.has(elsewhere.digest), state);
    }
    assert.equal(to.storage.manifest("app", "1")?.digest, digest);
    assert.ok(!to.requests.some(({ headers }) => headers.authorization !== undefined));
  });

  it("publishes what an index leads to first, and the tag last", async () => {
    const { index, images } = addIndex("1", "amd64", "arm64");
    await copied("--all", source("1"), target("app:1"));
    const puts = to.requestLines().filter((line) => /^PUT .*\/manifests\//.test(line));
    assert.equal(puts.length, images.size * 2 + 1);
    assert.match(puts.at(-1) ?? "", /\/manifests\/1$/);
    assert.equal(to.storage.manifest("app", "1")?.digest, index);
    const lastBlob = to.requestLines().findLastIndex((line) => /^PUT .*\/uploads\//.test(line));
    assert.ok(lastBlob < to.requestLines().indexOf(puts[0] ?? ""));
  });

  it("keeps every byte between registries, uncompressed layers too", async () => {
    const digest = add("1", "1", [Buffer.from("a plain tar")], TAR);
    await copied(source("1"), target("app:1"));
    assert.equal(to.storage.manifest("app", "1")?.digest, digest);
  });

  describe("of an index", () => {
    it("copies the image for this system, all, or the index alone", async () => {
      to = await reopened(to, { takesSparseIndexes: true });
      const { index, images } = addIndex("1", "amd64", "arm64");
      await copied("--override-arch=arm64", "--multi-arch=system", source("1"), target("app:system"));
      assert.equal(to.storage.manifest("app", "system")?.digest, images.get("arm64"));
      await copied("--multi-arch=index-only", source("1"), target("app:alone"));
      assert.equal(to.storage.manifest("app", "alone")?.digest, index);
      assert.equal(stored(images.get("amd64") ?? ""), undefined);
      // the index is there, but not its images: they come all the same
      await copied("--multi-arch=all", source("1"), target("app:alone"));
      assert.ok(stored(images.get("amd64") ?? ""));
      const asked = to.requests.length;
      await copied("--all", source("1"), target("app:alone"));
      const later = to.requests.slice(asked).map(({ method }) => method);
      assert.deepEqual(new Set(later), new Set(["GET", "HEAD"]), "ping, then nothing is written");
    });

    it("copies the platforms of a list, by variant, with what is attested of them", async () => {
      const { index, images } = addIndex("1", "amd64", "arm/v6", "arm/v7", "s390x");
      const layout = `oci:${cli.path("layout")}:1`;
      await copied("--multi-arch=linux/amd64,linux/arm/v6", source("1"), layout);
      assert.equal((await cli.run("digest", layout)).out.trim(), index);
      const blobs = readdirSync(cli.path("layout", "blobs", "sha256"));
      const has = (name: string): boolean => blobs.includes((images.get(name) ?? "").slice("sha256:".length));
      assert.deepEqual(["amd64", "arm/v6", "arm/v7", "s390x"].map(has), [true, true, false, false]);
      assert.equal(
        blobs.length,
        1 + 4 * 3,
        "the index; two images and two attestations with config and layer",
      );
    });

    it("takes the others out of the list, which changes its digest", async () => {
      const { index } = addIndex("1", "amd64", "arm64", "s390x");
      await copied(
        "--multi-arch=linux/amd64,linux/s390x",
        "--strip-removed-platforms",
        source("1"),
        target("app:1"),
      );
      assert.notEqual(to.storage.manifest("app", "1")?.digest, index);
      const names = stored("1")?.manifests.map(({ platform }) => platform?.architecture);
      assert.deepEqual(names, ["amd64", "unknown", "s390x", "unknown"]);
    });

    it("tells which platforms there are when one of a list is not", async () => {
      addIndex("1", "amd64", "arm/v7");
      const { status, err } = await copy(
        "--multi-arch=linux/amd64,linux/arm64",
        source("1"),
        target("app:1"),
      );
      assert.equal(status, 1);
      assert.match(err, /linux\/arm64.*linux\/amd64.*linux\/arm\/v7/s);
    });

    it("refuses the index alone where there is none", async () => {
      add("1");
      const { status, err } = await copy("--multi-arch=index-only", source("1"), target("app:1"));
      assert.deepEqual([status, /not an index/.test(err)], [1, true]);
    });
  });

  describe("changing layers", () => {
    for (const [words, type, unpack] of [
      [["--dest-compress-format=zstd", "--dest-compress-level=19"], `${TAR}+zstd`, zstdDecompressSync],
      [["--dest-compress-format=gzip", "--dest-compress-level=1"], GZIP, gunzipSync],
      [["--dest-decompress"], TAR, (bytes: Buffer) => bytes],
    ] as const) {
      it(`by ${words.join(" ")}`, async () => {
        const plain = Buffer.from("tar ".repeat(5000));
        const wasZstd = type === GZIP;
        const layer = wasZstd ? zstdCompressSync(plain) : gzipSync(plain);
        add("1", "1", [layer], wasZstd ? `${TAR}+zstd` : GZIP);
        await copied(...words, source("1"), target("app:1"));
        const { described, bytes } = layerOf("1");
        assert.equal(described.mediaType, type);
        assert.ok(unpack(bytes).equals(plain));
        assert.equal(described.size, bytes.length);
      });
    }

    it("by --dest-compress, only those that are not compressed", async () => {
      const [plain, zstd] = [Buffer.from("plain tar"), zstdCompressSync("other")];
      add("plain", "1", [plain], TAR);
      const kept = add("zstd", "2", [zstd], `${TAR}+zstd`);
      await copied("--dest-compress", source("plain"), target("app:plain"));
      assert.equal(layerOf("plain").described.mediaType, GZIP);
      await copied("--dest-compress", source("zstd"), target("app:zstd"));
      assert.equal(to.storage.manifest("app", "zstd")?.digest, kept);
    });

    it("makes OCI manifests of docker's for zstd", async () => {
      add("oci");
      await copied("--format=v2s2", source("oci"), target("app:docker"));
      assert.match(stored("docker")?.mediaType ?? "", /docker/);
      const again = ["--dest-compress-format=zstd", target("app:docker"), target("app:zstd")];
      await copied(...again);
      assert.match(stored("zstd")?.mediaType ?? "", /oci/);
      assert.equal(layerOf("zstd").described.mediaType, `${TAR}+zstd`);
    });

    for (const words of [
      ["--preserve-digests", "--format=oci"],
      ["--preserve-digests", "--dest-compress"],
      ["--preserve-digests", "--dest-compress-format=gzip"],
      ["--preserve-digests", "--dest-compress-level=3"],
      ["--preserve-digests", "--dest-decompress"],
      ["--preserve-digests", "--multi-arch=linux/amd64", "--strip-removed-platforms"],
      ["--dest-decompress", "--dest-compress-format=gzip"],
      ["--dest-compress-format=zstd", "--format=v2s2"],
      ["--dest-compress-format=gzip", "--dest-compress-level=10"],
      ["--dest-compress-format=lz4"],
      ["--strip-removed-platforms"],
      ["--multi-arch=all", "--strip-removed-platforms"],
      ["--multi-arch=all", "--platform=linux/amd64"],
      ["--multi-arch=all", "--all"],
      ["--multi-arch=linux/a_m_d!"],
      ["--bandwidth=fast"],
      ["--retry-delay=soon"],
    ]) {
      it(`refuses ${words.join(" ")} before any request`, async () => {
        add("1");
        const { status } = await copy(...words, source("1"), target("app:1"));
        assert.equal(status, 1);
        assert.deepEqual([from.requests.length, to.requests.length], [0, 0]);
      });
    }
  });

  describe("--additional-tag", () => {
    it("gives the image more tags in its repository, written as tag or name", async () => {
      const digest = add("1");
      const more = ["--additional-tag=2", `--additional-tag=${to.host}/app:3`];
      await copied(...more, source("1"), target("app:1"));
      assert.deepEqual([...(to.storage.repositories.get("app")?.tags ?? [])].sort(), [
        ["1", digest],
        ["2", digest],
        ["3", digest],
      ]);
      to.storage.repository("app").tags.delete("2");
      await copied(...more, source("1"), target("app:1"));
      assert.equal(to.storage.manifest("app", "2")?.digest, digest);
    });

    it("names it in a layout and in docker's archive", async () => {
      add("1");
      await copied("--additional-tag=2", source("1"), `oci:${cli.path("layout")}:1`);
      const { out } = await cli.run("list-tags", `oci:${cli.path("layout")}`);
      assert.deepEqual((JSON.parse(out) as { Tags: string[] }).Tags.sort(), ["1", "2"]);
      for (const tag of ["1", "2"])
        assert.equal((await cli.run("digest", `oci:${cli.path("layout")}:${tag}`)).status, 0);
      await copied("--additional-tag=b:2", source("1"), `docker-archive:${cli.path("a.tar")}:a:1`);
      const names = await cli.run("list-tags", `docker-archive:${cli.path("a.tar")}`);
      assert.match(names.out, /a:1[\s\S]*b:2/);
    });

    for (const [name, place] of [
      ["elsewhere.example.com/app:2", ""],
      ["2", "dir:"],
    ] as const) {
      it(`refuses ${name} for ${place === "" ? "a repository" : place}`, async () => {
        add("1");
        const destination = place === "" ? target("app:1") : `dir:${cli.path("dir")}`;
        const { status } = await copy(`--additional-tag=${name}`, source("1"), destination);
        assert.equal(status, 1);
        assert.equal(existsSync(cli.path("dir")), false);
        assert.equal(to.storage.repositories.has("app"), false);
      });
    }
  });

  describe("--no-clobber", () => {
    it("refuses to replace another image, and is content with the same", async () => {
      add("1");
      await copied("--no-clobber", source("1"), target("app:1"));
      await copied("--no-clobber", source("1"), target("app:1"));
      const before = to.storage.manifest("app", "1")?.digest;
      add("1", "moved");
      const { status, err } = await copy("--no-clobber", source("1"), target("app:1"));
      assert.equal(status, 1);
      assert.match(err, /is there already/);
      assert.equal(to.storage.manifest("app", "1")?.digest, before);
    });
  });

  describe("--all-tags", () => {
    it("copies a whole repository, without the tags that are there if they shall stay", async () => {
      const digests = ["1", "2", "3"].map((tag) => add(tag));
      to.storage.addImage("mirror", { tag: "2" });
      const kept = to.storage.manifest("mirror", "2")?.digest;
      const repositories = [`docker://${from.host}/app`, target("mirror")];
      await copied("--all-tags", "--no-clobber", "--digestfile", cli.path("digests"), ...repositories);
      const tags = (): unknown => [...(to.storage.repositories.get("mirror")?.tags ?? [])].sort();
      assert.deepEqual(tags(), [
        ["1", digests[0]],
        ["2", kept],
        ["3", digests[2]],
      ]);
      assert.match(
        readFileSync(cli.path("digests"), "utf8"),
        new RegExp(`^${digests[0] ?? ""} docker://\\S+:1\n`),
      );
      await copied("--all-tags", ...repositories);
      assert.deepEqual(tags(), [
        ["1", digests[0]],
        ["2", digests[1]],
        ["3", digests[2]],
      ]);
    });

    it("fills a layout", async () => {
      for (const tag of ["1", "2"]) add(tag);
      await copied("--all-tags", `docker://${from.host}/app`, `oci:${cli.path("layout")}`);
      for (const tag of ["1", "2"])
        assert.equal((await cli.run("digest", `oci:${cli.path("layout")}:${tag}`)).status, 0);
    });

    it("refuses names with a tag, and other transports", async () => {
      add("1");
      for (const places of [
        [source("1"), target("app")],
        [`docker://${from.host}/app`, target("app:1")],
        [`docker://${from.host}/app`, `dir:${cli.path("d")}`],
        [`docker://${from.host}/app`, `oci:${cli.path("d")}:1`],
      ])
        assert.equal((await copy("--all-tags", ...places)).status, 1, places.join(" "));
    });

    it("ends with 5 when one of them fails, and copies the others", async () => {
      for (const tag of ["1", "2"]) add(tag);
      from.faults.push({ on: /manifests\/1$/, times: 99, status: 404 });
      const { status, err } = await copy("--all-tags", `docker://${from.host}/app`, target("app"));
      assert.equal(status, 5);
      assert.match(err, /app:1: manifest unknown/);
      assert.ok(stored("2"));
    });
  });

  describe("what goes with an image", () => {
    const EMPTY = "application/vnd.oci.empty.v1+json";
    const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

    function refer(subject: string, artifactType: string, tag?: string): string {
      const config = { mediaType: EMPTY, ...from.storage.addBlob("app", Buffer.from("{}")) };
      const layer = from.storage.addBlob("app", Buffer.from(`${artifactType} of ${subject}`));
      const layers = [{ mediaType: "text/plain", ...layer }];
      const size = from.storage.manifest("app", subject)?.bytes.length;
      const about = { mediaType: MANIFEST, digest: subject, size };
      const content = { schemaVersion: 2, mediaType: MANIFEST, artifactType, config, layers, subject: about };
      return from.storage.addManifest("app", Buffer.from(JSON.stringify(content)), MANIFEST, tag);
    }

    for (const api of ["the API", "the fallback tag"]) {
      it(`copies referrers of the index and its images, and theirs, to a registry with ${api}`, async () => {
        if (api !== "the API") to = await reopened(to, { referrers: "fallback" });
        const { index, images } = addIndex("1", "amd64", "arm64");
        const arm = images.get("arm64") ?? "";
        const bill = refer(index, "bill/of-materials");
        const signed = [bill, refer(bill, "a/signature"), refer(arm, "a/signature")];
        await copied("--all", "--referrers", source("1"), target("app:1"));
        for (const digest of signed) assert.ok(stored(digest), digest);
        const listed = await cli.run("referrers", "--tls-verify=false", target("app:1"));
        assert.match(listed.out, /bill\/of-materials/);
      });
    }

    it("chooses referrers by type, and leaves signatures out", async () => {
      const image = add("1");
      const [bill, signature] = [refer(image, "bill/of-materials"), refer(image, "a/signature")];
      await copied("--referrers=bill/of-materials", source("1"), target("one:1"));
      await copied("--referrers", "--remove-signatures", source("1"), target("two:1"));
      for (const repository of ["one", "two"])
        assert.deepEqual(
          [bill, signature].map((digest) => stored(digest, to, repository) !== undefined),
          [true, false],
        );
    });

    it("copies the tags named for a digest", async () => {
      const image = add("1");
      const tag = image.replace(":", "-");
      for (const kind of ["sig", "att"]) add(`${tag}.${kind}`);
      add(`sha256-${"0".repeat(64)}.sig`);
      await copied("--digest-tags", "--remove-signatures", source("1"), target("app:1"));
      const tags = (): string[] => [...(to.storage.repositories.get("app")?.tags.keys() ?? [])].sort();
      assert.deepEqual(tags(), ["1", `${tag}.att`]);
      await copied("--digest-tags", source("1"), target("app:1"));
      assert.deepEqual(tags(), ["1", `${tag}.att`, `${tag}.sig`]);
      const { out } = await cli.run(
        "copy",
        "--dry-run",
        "--tls-verify=false",
        "--digest-tags",
        source("1"),
        target("new:1"),
      );
      assert.match(out, /3 images to copy/);
    });

    for (const words of [
      ["--referrers", "--format=oci"],
      ["--digest-tags", "--dest-compress-format=zstd"],
      ["--referrers", "--all-tags"],
    ])
      it(`is refused with ${words.join(" ")}`, async () => {
        assert.equal((await copy(...words, source("1"), target("app:1"))).status, 1);
        assert.equal(from.requests.length, 0);
      });

    it("is for registries only", async () => {
      assert.equal((await copy("--referrers", source("1"), `oci:${cli.path("o")}:1`)).status, 1);
      assert.deepEqual([from.requests.length, existsSync(cli.path("o"))], [0, false]);
    });
  });

  it("shares blobs between layouts, in a folder of their own", async () => {
    const digest = add("1");
    mkdirSync(cli.path("shared"));
    const place = `oci:${cli.path("layout")}:1`;
    await copied(`--dest-shared-blob-dir=${cli.path("shared")}`, source("1"), place);
    assert.equal(existsSync(cli.path("layout", "blobs")), false);
    assert.ok(existsSync(cli.path("shared", "sha256", digest.slice("sha256:".length))));
    assert.deepEqual(readdirSync(cli.path("shared")), ["sha256"]);
    from.requests.length = 0;
    const other = `oci:${cli.path("other")}:1`;
    await copied(`--dest-shared-blob-dir=${cli.path("shared")}`, source("1"), other);
    assert.deepEqual(
      from.requestLines().filter((line) => line.includes("/blobs/")),
      [],
    );
    await copied(`--src-shared-blob-dir=${cli.path("shared")}`, place, target("app:back"));
    assert.equal(to.storage.manifest("app", "back")?.digest, digest);
  });

  it("takes the time that --bandwidth allows", async () => {
    const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, at) => (at * 7919) % 251));
    add("1", "1", [bytes], TAR);
    const started = Date.now();
    await copied("--bandwidth=100kB", source("1"), target("app:1"));
    assert.ok(Date.now() - started > 400, "60 kB at 100 kB a second, less the burst");
  });

  it("tries as often as told, with the pause told", async () => {
    add("1");
    from.faults.push({ on: /manifests\/1$/, times: 3, status: 500 });
    const two = ["--retry-times=2", "--retry-delay=1ms"];
    assert.equal((await copy(...two, source("1"), target("app:1"))).status, 1);
    from.faults.clear();
    from.faults.push({ on: /manifests\/1$/, times: 2, status: 500 });
    await copied(...two, source("1"), target("app:1"));
  });

  it("takes skopeo's other flags", async () => {
    const digest = add("1");
    const words = ["--dest-precompute-digests", "--remove-signatures", `--digestfile=${cli.path("digest")}`];
    await copied(...words, source("1"), target("app:1"));
    assert.equal(readFileSync(cli.path("digest"), "utf8"), digest);
    assert.equal(digest, digestOf(from.storage.manifest("app", "1")?.bytes ?? ""));
  });
});

async function reopened(
  registry: TestRegistry,
  options: Parameters<typeof startRegistry>[0],
): Promise<TestRegistry> {
  await registry[Symbol.asyncDispose]();
  return await startRegistry(options);
}

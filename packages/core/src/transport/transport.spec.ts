import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { digestOf, encodedOf, MEDIA_TYPE, type ImageIndex, type Manifest } from "../oci/index.ts";
import { parseReference } from "../reference/index.ts";
import {
  DockerArchiveWriter,
  listImages,
  openDestination,
  openSource,
  parseTransportName,
  spoolArchive,
  type ImageSource,
} from "./index.ts";
import { startRegistry } from "../../../../test/support/registry.ts";
import { TestContext } from "./testdata/test-context.ts";
import { addImage, bytesOf, MemorySource, tarOf, writeImage } from "./testdata/tar-image.ts";

let context: TestContext;
let image: MemorySource;
let tars: Buffer[];

/** A fresh place for each test of a suite. */
function useFreshPlace(): void {
  beforeEach(async () => {
    context = new TestContext();
    image = new MemorySource();
    tars = [await tarOf({ "etc/motd": "hello" }), await tarOf({ "bin/sh": "x".repeat(5000) })];
    addImage(image, tars);
  });
  afterEach(async () => {
    await context[Symbol.asyncDispose]();
  });
}

const source = (text: string): ImageSource => openSource(parseTransportName(text), context);

async function write(text: string, from: ImageSource = image): Promise<Manifest> {
  await using destination = openDestination(parseTransportName(text), context);
  return await writeImage(from, destination);
}

async function contentOf(from: ImageSource): Promise<string[]> {
  const manifest = await from.readManifest();
  if (manifest.kind !== "image") throw new Error("an image was expected");
  const contents: string[] = [];
  for (const blob of [manifest.content.config, ...manifest.content.layers])
    contents.push(digestOf(await bytesOf(await from.readBlob(blob))));
  return contents;
}

describe("what is written to a transport", () => {
  useFreshPlace();
  const places = ["oci:PATH", "oci:PATH:v1", "oci-archive:PATH:v1", "docker-archive:PATH:a/b:1", "dir:PATH"];
  for (const place of places) {
    it(`can be read from ${place.replace("PATH", "x")}, blob for blob`, async () => {
      const text = place.replace("PATH", context.path("x"));
      const manifest = await write(text);
      await using written = source(text);
      assert.deepEqual(await contentOf(written), await contentOf(image));
      if (!place.startsWith("docker-archive"))
        assert.equal((await written.readManifest()).descriptor.digest, manifest.descriptor.digest);
      assert.deepEqual(
        readdirSync(context.folder).filter((name) => name.endsWith(".tmp")),
        [],
      );
    });
  }

  it("can be read from the store", async () => {
    const manifest = await write("containers-storage:a/b");
    await using written = source("containers-storage:a/b");
    assert.equal((await written.readManifest()).descriptor.digest, manifest.descriptor.digest);
    assert.deepEqual(await contentOf(written), await contentOf(image));
    assert.equal(context.store().images.get("a/b").names[0], "docker.io/a/b:latest");
  });

  it("can be read from a registry", async () => {
    await using registry = await startRegistry();
    const text = `docker://${registry.host}/a/b:1`;
    const manifest = await write(text);
    await using written = source(text);
    assert.equal((await written.readManifest()).descriptor.digest, manifest.descriptor.digest);
    assert.deepEqual(await contentOf(written), await contentOf(image));
    const puts = registry.requestLines().filter((line) => /PUT .*manifests/.test(line));
    assert.deepEqual(puts, ["PUT /v2/a/b/manifests/1"]);
  });

  it("replaces what was there only when it is whole", async () => {
    for (const place of ["oci-archive", "docker-archive", "dir", "oci"]) {
      const text = `${place}:${context.path(place)}`;
      await write(text);
      const before = await contentOf(source(text));
      const other = new MemorySource();
      addImage(other, [await tarOf({ other: "file" })]);
      const root = await other.readManifest();
      {
        await using destination = openDestination(parseTransportName(text), context);
        if (root.kind === "image")
          await destination.writeBlob(root.content.config, await other.readBlob(root.content.config));
        await destination.writeManifest(root);
      }
      assert.deepEqual(await contentOf(source(text)), before, place);
      if (place === "oci") continue;
      await write(text, other);
      assert.deepEqual(await contentOf(source(text)), await contentOf(other), place);
    }
  });
});

describe("oci", () => {
  useFreshPlace();
  it("adds images to a layout, and gives a name to the last one that wants it", async () => {
    const other = new MemorySource();
    addImage(other, [await tarOf({ other: "file" })]);
    const path = context.path("x");
    const first = await write(`oci:${path}:a`);
    await write(`oci:${path}:b`);
    const second = await write(`oci:${path}:b`, other);
    const index = JSON.parse(readFileSync(join(path, "index.json"), "utf8")) as ImageIndex;
    assert.deepEqual(
      index.manifests.map(({ digest, annotations }) => [digest, Object.values(annotations ?? {})]),
      [
        [first.descriptor.digest, ["a"]],
        [second.descriptor.digest, ["b"]],
      ],
    );
    await assert.rejects(source(`oci:${path}`).readManifest(), { code: "ERR_WHERRY_CHOOSE_IMAGE" });
    await assert.rejects(source(`oci:${path}:c`).readManifest(), { code: "ERR_WHERRY_NO_SUCH_IMAGE" });
    for (const text of ["b", "@1", `@${second.descriptor.digest}`])
      assert.deepEqual((await source(`oci:${path}:${text}`).readManifest()).descriptor, second.descriptor);
  });

  it("keeps all images of writers at the same time", async () => {
    const path = context.path("x");
    const names = Array.from({ length: 8 }, (_, index) => `v${index}`);
    await Promise.all(names.map((name) => write(`oci:${path}:${name}`)));
    const index = JSON.parse(readFileSync(join(path, "index.json"), "utf8")) as ImageIndex;
    assert.deepEqual(
      index.manifests.flatMap(({ annotations }) => Object.values(annotations ?? {})).sort(),
      names,
    );
  });

  it("reads the local store as the layout it is", async () => {
    await write("containers-storage:a/b:1");
    const from = source(`oci:${context.store().root}:docker.io/a/b:1`);
    assert.deepEqual(await contentOf(from), await contentOf(image));
  });

  it("does not write into a folder that holds something else", () => {
    writeFileSync(context.path("letter"), "dear");
    assert.throws(() => openDestination(parseTransportName(`oci:${context.folder}`), context), {
      code: "ERR_WHERRY_REFUSING_TO_OVERWRITE",
    });
    assert.throws(() => openDestination(parseTransportName(`dir:${context.folder}`), context), {
      code: "ERR_WHERRY_REFUSING_TO_OVERWRITE",
    });
  });

  const damages = [
    {
      what: "a blob that was altered",
      code: "ERR_WHERRY_DIGEST_MISMATCH",
      damage: Buffer.from("{}        "),
    },
    { what: "a blob that was cut", code: "ERR_WHERRY_SIZE_MISMATCH", damage: Buffer.alloc(0) },
  ];
  for (const { what, code, damage } of damages) {
    it(`refuses ${what}`, async () => {
      const path = context.path("x");
      const manifest = await write(`oci:${path}`);
      if (manifest.kind !== "image") throw new Error("unreachable");
      const { config } = manifest.content;
      const bytes = Buffer.concat([damage, Buffer.alloc(config.size)]).subarray(
        0,
        damage.length && config.size,
      );
      writeFileSync(join(path, "blobs/sha256", encodedOf(config.digest)), bytes);
      await assert.rejects(contentOf(source(`oci:${path}`)), { code });
    });
  }

  it("refuses a manifest that was altered", async () => {
    const path = context.path("x");
    const { descriptor, bytes } = await write(`oci:${path}`);
    writeFileSync(
      join(path, "blobs/sha256", encodedOf(descriptor.digest)),
      `${Buffer.from(bytes).toString()} `,
    );
    await assert.rejects(source(`oci:${path}`).readManifest(descriptor.digest), {
      code: "ERR_WHERRY_DIGEST_MISMATCH",
    });
    await assert.rejects(source(`oci:${path}`).readManifest(), { code: "ERR_WHERRY_SIZE_MISMATCH" });
  });

  it("says what is missing", async () => {
    await assert.rejects(source(`oci:${context.path("nowhere")}`).readManifest(), {
      code: "ERR_WHERRY_PLACE_MISSING",
    });
    await write(`oci:${context.path("x")}`);
    await assert.rejects(
      source(`oci:${context.path("x")}`).readBlob({
        mediaType: "x",
        digest: digestOf("nothing"),
        size: 1,
      }),
      { code: "ERR_WHERRY_INVALID_LAYOUT" },
    );
  });
});

describe("docker-archive", () => {
  useFreshPlace();
  it("holds many images, each blob once, and reads them by name and number", async () => {
    const path = context.path("many.tar");
    const other = new MemorySource();
    addImage(other, [tars[0] ?? Buffer.alloc(0)]);
    {
      await using writer = new DockerArchiveWriter(path);
      for (const [from, name] of [
        [image, "a/b:1"],
        [other, "quay.io/c/d"],
        [image, "a/b:2"],
      ] as const) {
        await using destination = writer.destination([parseReference(name)]);
        await writeImage(from, destination);
      }
      await writer.finish();
    }
    assert.deepEqual(await contentOf(source(`docker-archive:${path}:quay.io/c/d`)), await contentOf(other));
    assert.deepEqual(await contentOf(source(`docker-archive:${path}:a/b:2`)), await contentOf(image));
    assert.deepEqual(await contentOf(source(`docker-archive:${path}:@1`)), await contentOf(other));
    await assert.rejects(source(`docker-archive:${path}`).readManifest(), {
      code: "ERR_WHERRY_CHOOSE_IMAGE",
    });
    await assert.rejects(source(`docker-archive:${path}:x`).readManifest(), {
      code: "ERR_WHERRY_NO_SUCH_IMAGE",
    });
    const found = await listImages(path, context.temporaryDirectory);
    assert.deepEqual(
      found.map(({ names }) => names.map(({ repository, tag }) => `${repository}:${tag ?? ""}`)),
      [["a/b:1", "a/b:2"], ["c/d:latest"]],
    );
  });

  it("is read when compressed, and through a pipe", async () => {
    const path = context.path("x.tar");
    await write(`docker-archive:${path}:a`);
    writeFileSync(context.path("x.tar.gz"), gzipSync(readFileSync(path)));
    assert.deepEqual(
      await contentOf(source(`docker-archive:${context.path("x.tar.gz")}`)),
      await contentOf(image),
    );
    using spooled = await spoolArchive(Readable.from([readFileSync(path)]), context.temporaryDirectory);
    assert.deepEqual(await contentOf(source(`docker-archive:${spooled.path}`)), await contentOf(image));
    spooled[Symbol.dispose]();
    assert.deepEqual(readdirSync(context.temporaryDirectory), []);
  });

  it("follows the links of docker's older archives", async () => {
    const [tar] = tars;
    if (tar === undefined) throw new Error("unreachable");
    const config = JSON.stringify({
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: [digestOf(tar), digestOf(tar)] },
    });
    const { pack } = await import("tar-stream");
    const archive = pack();
    archive.entry({ name: "a/layer.tar" }, tar);
    archive.entry({ name: "b/layer.tar", type: "symlink", linkname: "../a/layer.tar" });
    archive.entry({ name: "config.json" }, config);
    archive.entry(
      { name: "manifest.json" },
      JSON.stringify([{ Config: "config.json", RepoTags: null, Layers: ["a/layer.tar", "b/layer.tar"] }]),
    );
    archive.finalize();
    writeFileSync(context.path("old.tar"), await bytesOf(Readable.from(archive)));
    assert.deepEqual(await contentOf(source(`docker-archive:${context.path("old.tar")}`)), [
      digestOf(config),
      digestOf(tar),
      digestOf(tar),
    ]);
  });

  describe("of a hostile maker", () => {
    const layer = Buffer.from("not a tar, but nobody looks");
    const configOf = (diffIds: readonly string[]): string =>
      JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: diffIds } });
    const manifestOf = (...Layers: string[]): string =>
      JSON.stringify([{ Config: "c", RepoTags: [], Layers }]);
    const cases = [
      { what: "no manifest.json", files: { other: "x" }, code: "ERR_WHERRY_INVALID_LAYOUT" },
      {
        what: "a manifest.json that is no JSON",
        files: { "manifest.json": "{" },
        code: "ERR_WHERRY_INVALID_LAYOUT",
      },
      {
        what: "a manifest.json of another shape",
        files: { "manifest.json": '[{"Config":1}]' },
        code: "ERR_WHERRY_INVALID_LAYOUT",
      },
      {
        what: "names that lead out of the archive",
        files: { c: configOf([digestOf("x")]), "manifest.json": manifestOf("../../../etc/passwd") },
        code: "ERR_WHERRY_INVALID_LAYOUT",
      },
      {
        what: "an absolute name",
        files: { c: configOf([digestOf("x")]), "manifest.json": manifestOf("/etc/passwd") },
        code: "ERR_WHERRY_INVALID_LAYOUT",
      },
      {
        what: "fewer layers than the config says",
        files: { c: configOf([digestOf("x"), digestOf("y")]), l: layer, "manifest.json": manifestOf("l") },
        code: "ERR_WHERRY_INVALID_LAYOUT",
      },
      {
        what: "a layer that is not what the config says",
        files: { c: configOf([digestOf("x")]), l: layer, "manifest.json": manifestOf("l") },
        code: "ERR_WHERRY_DIGEST_MISMATCH",
      },
      {
        what: "a diffID that is no digest",
        files: { c: configOf(["../../x"]), l: layer, "manifest.json": manifestOf("l") },
        code: "ERR_WHERRY_INVALID_DOCUMENT",
      },
      {
        what: "a manifest.json of 5 MB",
        files: { "manifest.json": `[${" ".repeat(5_000_000)}]` },
        code: "ERR_WHERRY_TOO_LARGE",
      },
    ];
    for (const { what, files, code } of cases) {
      it(`is refused for ${what}`, async () => {
        writeFileSync(context.path("bad.tar"), await tarOf(files));
        await assert.rejects(contentOf(source(`docker-archive:${context.path("bad.tar")}`)), { code });
      });
    }

    it("is refused for being no tar, or only a part of one", async () => {
      writeFileSync(context.path("text"), "some text that is no tar".repeat(100));
      await assert.rejects(source(`docker-archive:${context.path("text")}`).readManifest(), {
        code: "ERR_WHERRY_INVALID_TAR",
      });
      await write(`docker-archive:${context.path("whole.tar")}`);
      const whole = readFileSync(context.path("whole.tar"));
      writeFileSync(context.path("part.tar"), whole.subarray(0, whole.length / 2));
      await assert.rejects(source(`docker-archive:${context.path("part.tar")}`).readManifest());
      await assert.rejects(source(`docker-archive:${context.path("none.tar")}`).readManifest(), {
        code: "ERR_WHERRY_FILE_SYSTEM",
      });
    });

    it("is refused for links in a circle", async () => {
      const { pack } = await import("tar-stream");
      const archive = pack();
      archive.entry({ name: "manifest.json", type: "symlink", linkname: "a" });
      archive.entry({ name: "a", type: "symlink", linkname: "manifest.json" });
      archive.finalize();
      writeFileSync(context.path("circle.tar"), await bytesOf(Readable.from(archive)));
      await assert.rejects(source(`docker-archive:${context.path("circle.tar")}`).readManifest(), {
        code: "ERR_WHERRY_INVALID_LAYOUT",
      });
    });
  });

  it("leaves no file when a layer breaks off", async () => {
    const path = context.path("x.tar");
    const manifest = await image.readManifest();
    if (manifest.kind !== "image") throw new Error("unreachable");
    const { config, layers } = manifest.content;
    {
      await using destination = openDestination(parseTransportName(`docker-archive:${path}`), context);
      const [layer] = layers;
      assert.ok(layer);
      await assert.rejects(destination.writeBlob(layer, Readable.from([Buffer.from("short")])));
      await assert.rejects(destination.writeBlob(config, await image.readBlob(config)), {
        code: "ERR_WHERRY_ARCHIVE_BROKEN",
      });
    }
    assert.equal(existsSync(path), false);
    assert.deepEqual(readdirSync(context.folder), []);
  });
});

describe("docker", () => {
  useFreshPlace();
  it("reads from a mirror, and what it lacks from the registry", async () => {
    await using registry = await startRegistry();
    await using mirror = await startRegistry();
    const name = `docker://${registry.host}/a/b:1`;
    const manifest = await write(name);
    const bytes = Buffer.from(manifest.bytes);
    mirror.storage.addManifest("copies/a/b", bytes, MEDIA_TYPE.ociManifest, "1");
    context.conf = {
      ...context.conf,
      registries: [
        {
          prefix: registry.host,
          location: "",
          insecure: true,
          blocked: false,
          mirrors: [{ location: `${mirror.host}/copies`, insecure: true, pullFromMirror: "all" }],
        },
      ],
    };
    registry.requests.length = 0;
    assert.deepEqual(await contentOf(source(name)), await contentOf(image));
    assert.equal(registry.requestLines().filter((line) => line.includes("manifests")).length, 0);
    assert.equal(mirror.requestLines().filter((line) => line.includes("/manifests/1")).length, 1);
  });

  it("refuses a blocked registry", async () => {
    const entry = { prefix: "quay.io", location: "", insecure: false, blocked: true, mirrors: [] };
    context.conf = { ...context.conf, registries: [entry] };
    await assert.rejects(source("docker://quay.io/a/b").readManifest(), {
      code: "ERR_WHERRY_BLOCKED_REGISTRY",
    });
    await assert.rejects(write("docker://quay.io/a/b"), { code: "ERR_WHERRY_BLOCKED_REGISTRY" });
  });

  it("does not publish another image under a digest", async () => {
    await using registry = await startRegistry();
    await assert.rejects(write(`docker://${registry.host}/a@${digestOf("other")}`), {
      code: "ERR_WHERRY_DIGEST_MISMATCH",
    });
  });
});

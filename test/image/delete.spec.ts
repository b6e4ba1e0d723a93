import assert from "node:assert/strict";
import { createManifest, MEDIA_TYPE, type Descriptor, type Digest } from "@wherry/core/oci";
import { startRegistry, type RegistryOptions, type TestRegistry } from "../support/registry.ts";
import { ImageCli } from "../support/run-image.ts";

const TLS = "--tls-verify=false";

describe("wherry-image delete", function () {
  this.timeout(20_000);
  let cli: ImageCli;
  let registry: TestRegistry;
  const name = (rest: string): string => `docker://${registry.host}/${rest}`;
  const tags = (): string[] => [...registry.storage.repository("app").tags.keys()].sort();
  const manifests = () => registry.storage.repository("app").manifests;

  async function start(options: RegistryOptions = {}): Promise<void> {
    registry = await startRegistry(options);
    const { digest } = registry.storage.addImage("app", { tag: "1", layers: [Buffer.from("one")] });
    registry.storage.repository("app").tags.set("stable", digest);
  }
  beforeEach(async () => {
    cli = new ImageCli();
    await start();
  });
  afterEach(async () => {
    await registry[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  /** An index of two images, of which tag `b` is one too, signed. */
  function addIndex(): { root: Digest; a: Digest; b: Digest; signature: Digest } {
    const image = (tag: string): Descriptor => {
      const { digest, bytes } = registry.storage.addImage("app", { tag, layers: [Buffer.from(tag)] });
      return { mediaType: MEDIA_TYPE.ociManifest, digest, size: bytes.length };
    };
    const [a, b] = [image("a"), image("b")];
    registry.storage.repository("app").tags.delete("a");
    const index = createManifest({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [a, b] });
    registry.storage.addManifest("app", index.bytes, MEDIA_TYPE.ociIndex, "multi");
    const empty = registry.storage.addBlob("app", Buffer.from("{}"));
    const signature = createManifest({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      artifactType: "a/signature",
      config: { mediaType: MEDIA_TYPE.ociEmpty, ...empty },
      layers: [],
      subject: index.descriptor,
    });
    registry.storage.addManifest("app", signature.bytes, MEDIA_TYPE.ociManifest);
    return {
      root: index.descriptor.digest,
      a: a.digest,
      b: b.digest,
      signature: signature.descriptor.digest,
    };
  }

  it("takes one tag and leaves the others", async () => {
    assert.deepEqual(await cli.run("delete", TLS, name("app:1")), { status: 0, out: "", err: "" });
    assert.deepEqual(tags(), ["stable"]);
  });

  for (const status of [400, 405]) {
    it(`names the other tags where the registry answers ${status} for a tag`, async () => {
      registry.faults.push({ on: /DELETE .*manifests\/1$/, status });
      const result = await cli.run("delete", TLS, name("app:1"));
      assert.equal(result.status, 1);
      assert.match(result.err, /cannot delete a tag alone.*stable\n.*--manifest/);
      assert.deepEqual(tags(), ["1", "stable"]);
    });
  }

  it("deletes the manifest where the registry cannot untag, when no other tag names it", async () => {
    registry.storage.repository("app").tags.delete("stable");
    registry.faults.push({ on: /DELETE .*manifests\/1$/, status: 405 });
    assert.equal((await cli.run("delete", TLS, name("app:1"))).status, 0);
    assert.equal(manifests().size, 0);
  });

  it("explains a registry that deletes nothing at all", async () => {
    registry.faults.push({ on: /DELETE/, status: 405, times: 9 });
    const { status, err } = await cli.run("delete", TLS, "--manifest", name("app:1"));
    assert.equal(status, 1);
    assert.match(err, /answered 405.*\n.*does not allow this kind of deletion/);
  });

  it("says so where the registry does not tell which other tags go with a manifest", async () => {
    registry.faults.push({ on: /tags\/list/, status: 403, times: 9 });
    const [digest = ""] = manifests().keys();
    const { status, err } = await cli.run("delete", TLS, name(`app@${digest}`));
    assert.equal(status, 0, err);
    assert.match(err, /Cannot tell which other tags go: denied/);
    assert.equal(manifests().size, 0);
  });

  it("takes all tags with the manifest when told to", async () => {
    const { status, err } = await cli.run("delete", TLS, "--manifest", name("app:1"));
    assert.equal(status, 0);
    assert.match(err, /^Deleting docker:.*\nDeleting its other tags: stable\n$/);
    assert.deepEqual([tags(), manifests().size], [[], 0]);
  });

  for (const [words, expected] of [
    [[], [/^Would delete the tag 1 of docker:/, /^The manifest stays for other tags: stable$/]],
    [["--manifest"], [/^Would delete docker:/, /^Would delete its other tags: stable$/]],
    [
      ["--recursive"],
      [/^Would delete docker:/, /^Other tags name it, so that --manifest is needed too: stable$/],
    ],
  ] as const) {
    it(`tells what it would do, and does nothing: --dry-run ${words.join(" ")}`, async () => {
      const { status, out } = await cli.run("delete", TLS, "--dry-run", ...words, name("app:1"));
      assert.equal(status, 0);
      const lines = out.trimEnd().split("\n");
      assert.equal(lines.length, expected.length);
      for (const [index, pattern] of expected.entries()) assert.match(lines[index] ?? "", pattern);
      assert.deepEqual(tags(), ["1", "stable"]);
      assert.deepEqual(
        registry.requests.filter(({ method }) => method === "DELETE"),
        [],
      );
    });
  }

  for (const referrers of [undefined, "fallback"] as const) {
    it(`takes referrers and images of an index along, but none that another tag needs${referrers === undefined ? "" : ", without a list of referrers"}`, async () => {
      await registry[Symbol.asyncDispose]();
      await start(referrers === undefined ? {} : { referrers });
      const { root, a, b, signature } = addIndex();
      if (referrers === "fallback") {
        const entry = { mediaType: MEDIA_TYPE.ociManifest, digest: signature, size: 1 };
        const list = createManifest({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [entry] });
        registry.storage.addManifest("app", list.bytes, MEDIA_TYPE.ociIndex, root.replace(":", "-"));
      }
      const { status, err } = await cli.run("delete", TLS, "--recursive", name("app:multi"));
      assert.equal(status, 0, err);
      for (const gone of [root, a, signature]) assert.ok(!manifests().has(gone), gone);
      assert.ok(manifests().has(b));
      assert.match(
        err,
        new RegExp(`Deleting referrer ${signature}\nDeleting image ${a}\nOther tags need image ${b}`),
      );
    });
  }
});

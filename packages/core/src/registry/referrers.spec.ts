import assert from "node:assert/strict";
import { createManifest, MEDIA_TYPE, type Descriptor, type Digest, type Manifest } from "../oci/index.ts";
import { startRegistry, type RegistryOptions } from "../../../../test/support/registry.ts";
import { Exchange } from "./exchange.ts";
import { RegistryClient, type Clock } from "./index.ts";
import { fallbackTag, updateFallback } from "./referrers.ts";

/** No waiting. */
const clock: Clock = { now: () => Date.now(), sleep: () => Promise.resolve(), random: () => 0.5 };

const EMPTY = Buffer.from("{}");

/** An artifact that says something about `subject`. */
function artifact(subject: Descriptor, artifactType: string, note: string): Manifest {
  return createManifest({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    artifactType,
    config: {
      mediaType: MEDIA_TYPE.ociEmpty,
      digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      size: EMPTY.length,
    },
    layers: [],
    subject,
    annotations: { note },
  });
}

async function digests(items: AsyncIterable<Descriptor>): Promise<Digest[]> {
  const found: Digest[] = [];
  for await (const { digest } of items) found.push(digest);
  return found.sort();
}

describe("referrers", () => {
  const kinds: { title: string; options: RegistryOptions }[] = [
    { title: "of a registry that lists them", options: {} },
    { title: "of a registry that lists them page by page", options: { pageSize: 2 } },
    { title: "of a registry that filters nothing", options: { referrers: "unfiltered" } },
    { title: "of a registry that has no list of them", options: { referrers: "fallback" } },
  ];
  for (const { title, options } of kinds) {
    it(`are found, all or of a type, and forgotten: ${title}`, async () => {
      await using registry = await startRegistry(options);
      const image = registry.storage.addImage("app", { tag: "1" });
      registry.storage.addBlob("app", EMPTY);
      await using client = new RegistryClient({ host: registry.host });
      const subject: Descriptor = {
        mediaType: MEDIA_TYPE.ociManifest,
        digest: image.digest,
        size: image.bytes.length,
      };
      assert.deepEqual(await digests(client.listReferrers("app", subject.digest)), []);
      const artifacts = ["a/sig", "a/sig", "a/sbom", "a/sbom", "a/sbom"].map((type, number) =>
        artifact(subject, type, `number ${number}`),
      );
      await Promise.all(artifacts.map((each) => client.putManifest("app", each.descriptor.digest, each)));
      const expected = artifacts.map(({ descriptor }) => descriptor.digest).sort();
      assert.deepEqual(await digests(client.listReferrers("app", subject.digest)), expected);
      const ofType = artifacts.slice(0, 2).map(({ descriptor }) => descriptor.digest);
      assert.deepEqual(await digests(client.listReferrers("app", subject.digest, "a/sig")), ofType.sort());
      const [first] = artifacts;
      assert.ok(first);
      await client.deleteManifest("app", first.descriptor.digest);
      await client.forgetReferrer("app", first);
      const left = expected.filter((digest) => digest !== first.descriptor.digest);
      assert.deepEqual(await digests(client.listReferrers("app", subject.digest)), left);
      const tags = [...registry.storage.repository("app").tags.keys()];
      assert.equal(tags.includes(fallbackTag(subject.digest)), options.referrers === "fallback");
    });
  }

  it("keep the annotations and the type of an artifact in the fallback tag", async () => {
    await using registry = await startRegistry({ referrers: "fallback" });
    const { digest, bytes } = registry.storage.addImage("app", { tag: "1" });
    registry.storage.addBlob("app", EMPTY);
    await using client = new RegistryClient({ host: registry.host });
    const each = artifact({ mediaType: MEDIA_TYPE.ociManifest, digest, size: bytes.length }, "a/b", "x");
    await client.putManifest("app", each.descriptor.digest, each);
    for await (const { artifactType, annotations } of client.listReferrers("app", digest))
      assert.deepEqual([artifactType, annotations], ["a/b", { note: "x" }]);
  });

  it("name what they were merged into by If-Match, and are merged again when it has moved", async () => {
    await using registry = await startRegistry({ referrers: "fallback" });
    const { digest, bytes } = registry.storage.addImage("app", { tag: "1" });
    registry.storage.addBlob("app", EMPTY);
    await using client = new RegistryClient({ host: registry.host, clock });
    const subject = { mediaType: MEDIA_TYPE.ociManifest, digest, size: bytes.length };
    const [first, second] = [artifact(subject, "a/b", "first"), artifact(subject, "a/b", "second")];
    await client.putManifest("app", first.descriptor.digest, first);
    const tag = fallbackTag(digest);
    registry.faults.push(
      { on: new RegExp(`GET .*/manifests/${tag}`), addHeaders: { etag: '"one"' } },
      { on: new RegExp(`PUT .*/manifests/${tag}`), status: 412 },
      { on: new RegExp(`GET .*/manifests/${tag}`), addHeaders: { etag: '"two"' } },
    );
    await client.putManifest("app", second.descriptor.digest, second);
    const conditions = registry.requests
      .filter(({ method, path }) => method === "PUT" && path.includes(tag))
      .map(({ headers }) => headers["if-match"]);
    assert.deepEqual(conditions, [undefined, '"one"', '"two"']);
    const expected = [first, second].map(({ descriptor }) => descriptor.digest).sort();
    assert.deepEqual(await digests(client.listReferrers("app", digest)), expected);
  });

  it("are entered again where another writer has overwritten them, and given up where that has no end", async () => {
    await using registry = await startRegistry({ referrers: "fallback" });
    const { digest, bytes } = registry.storage.addImage("app", { tag: "1" });
    const subject = { mediaType: MEDIA_TYPE.ociManifest, digest, size: bytes.length };
    const [ours, theirs] = [artifact(subject, "a/b", "ours"), artifact(subject, "a/b", "theirs")];
    const listOf = ({ descriptor }: Manifest): Manifest =>
      createManifest({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [descriptor] });
    await using exchange = new Exchange({ host: registry.host, clock });
    let overwritten = 0;
    const change = (times: number): Promise<void> =>
      updateFallback(
        exchange,
        "app",
        { subject: digest, entry: ours.descriptor, isGone: false },
        (tag, index) => {
          const written = overwritten++ < times ? listOf(theirs) : index;
          registry.storage.addManifest("app", written.bytes, MEDIA_TYPE.ociIndex, tag);
          return Promise.resolve();
        },
      );
    await change(2);
    assert.equal(overwritten, 3);
    await using client = new RegistryClient({ host: registry.host, clock });
    const both = [ours, theirs].map(({ descriptor }) => descriptor.digest).sort();
    assert.deepEqual(await digests(client.listReferrers("app", digest)), both);
    registry.storage.repository("app").tags.delete(fallbackTag(digest));
    await assert.rejects(change(Infinity), /does not keep the list of referrers/);
  });

  it("do not lead to another host", async () => {
    const link = '<http://example.com/v2/app/referrers/x>; rel="next"';
    await using registry = await startRegistry({
      faults: [{ on: /referrers/, addHeaders: { link }, times: 9 }],
    });
    const { digest } = registry.storage.addImage("app");
    await using client = new RegistryClient({ host: registry.host });
    await assert.rejects(digests(client.listReferrers("app", digest)), {
      code: "ERR_WHERRY_REGISTRY_PROTOCOL",
    });
  });

  it("listed in circles end", async () => {
    await using registry = await startRegistry();
    const { digest } = registry.storage.addImage("app");
    registry.faults.push({
      on: /referrers/,
      times: 9,
      addHeaders: { link: `</v2/app/referrers/${digest}?again>; rel="next"` },
    });
    await using client = new RegistryClient({ host: registry.host });
    assert.deepEqual(await digests(client.listReferrers("app", digest)), []);
    assert.equal(registry.requestLines().filter((line) => line.includes("referrers")).length, 2);
  });

  for (const [what, body] of [
    ["a manifest instead of an index", '{"schemaVersion":2,"config":{},"layers":[]}'],
    ["no JSON", "<html>"],
  ] as const) {
    it(`are refused as ${what}`, async () => {
      const fault = { on: /referrers/, status: 200, body };
      await using registry = await startRegistry({ faults: [fault] });
      const { digest } = registry.storage.addImage("app");
      await using client = new RegistryClient({ host: registry.host });
      await assert.rejects(digests(client.listReferrers("app", digest)), {
        code: "ERR_WHERRY_INVALID_DOCUMENT",
      });
    });
  }

  for (const [digest, tag] of [
    [`sha256:${"a".repeat(64)}`, `sha256-${"a".repeat(64)}`],
    [`sha512:${"b".repeat(128)}`, `sha512-${"b".repeat(64)}`],
  ] as const) {
    it(`of ${digest.slice(0, 9)}… have the tag ${tag.slice(0, 9)}…`, () => {
      assert.equal(fallbackTag(digest), tag);
    });
  }
});

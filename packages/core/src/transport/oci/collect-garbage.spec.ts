import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createManifest, digestOf, MEDIA_TYPE, type Descriptor } from "../../oci/index.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { blobName } from "./oci-source.ts";

describe("collectGarbage", () => {
  let layout: string;
  const put = (text: string, mediaType: string = MEDIA_TYPE.ociLayerGzip): Descriptor => {
    const descriptor = { mediaType, digest: digestOf(Buffer.from(text)), size: Buffer.byteLength(text) };
    const path = join(layout, blobName(descriptor.digest));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return descriptor;
  };
  const image = (name: string): Descriptor => {
    const { bytes, descriptor } = createManifest({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: put(`{"name":"${name}"}`, MEDIA_TYPE.ociConfig),
      layers: [put(name)],
    });
    put(bytes.toString());
    return descriptor;
  };
  const publish = (...manifests: readonly Descriptor[]): void =>
    writeFileSync(
      join(layout, "index.json"),
      JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }),
    );
  const isThere = ({ digest }: Descriptor): boolean => existsSync(join(layout, blobName(digest)));
  beforeEach(() => {
    layout = mkdtempSync(join(tmpdir(), "wherry-gc-"));
    writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  });
  afterEach(() => rmSync(layout, { recursive: true }));

  it("keeps what indexes, manifests and configs lead to, and removes the rest with its bytes counted", () => {
    const [kept, gone] = [image("kept"), image("gone")];
    const { bytes, descriptor: index } = createManifest({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociIndex,
      manifests: [kept, { ...kept, digest: digestOf(Buffer.from("another platform, not here")) }],
    });
    put(bytes.toString());
    publish(index);
    const stray = put("stray");
    const foreign = join(layout, "blobs/sha256/README");
    writeFileSync(foreign, "not a blob");
    const options = { minimumAgeMs: 0, now: Date.now() + 1000 };
    const told = collectGarbage(layout, { ...options, dryRun: true });
    assert.equal(told.digests.length, 4); // manifest, config and layer of `gone`, and the stray
    assert.ok(isThere(stray));
    const { digests, size } = collectGarbage(layout, options);
    assert.deepEqual(digests, told.digests);
    assert.ok(size > stray.size && size === told.size);
    for (const part of [stray, gone]) assert.ok(!isThere(part));
    for (const part of [kept, index]) assert.ok(isThere(part));
    assert.ok(existsSync(foreign));
    assert.deepEqual(collectGarbage(layout, options), { digests: [], size: 0 });
  });

  it("keeps young blobs, whose manifest may be on its way", () => {
    publish();
    const young = put("young");
    assert.deepEqual(collectGarbage(layout, { minimumAgeMs: 60_000, now: Date.now() }).digests, []);
    assert.ok(isThere(young));
  });

  it("removes nothing where a manifest that is needed cannot be read", () => {
    const broken = put("{", MEDIA_TYPE.ociManifest);
    const stray = put("stray");
    publish(broken);
    assert.throws(() => collectGarbage(layout, { minimumAgeMs: 0, now: Date.now() + 1000 }));
    assert.ok(isThere(stray));
  });
});

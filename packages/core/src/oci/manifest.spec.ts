import assert from "node:assert/strict";
import fc from "fast-check";
import {
  childrenOf,
  digestOf,
  MANIFEST_SIZE_LIMIT,
  MEDIA_TYPE,
  parseImageConfig,
  parseManifest,
} from "./index.ts";

const config = { mediaType: MEDIA_TYPE.ociConfig, digest: digestOf("config"), size: 6 };
const layer = { mediaType: MEDIA_TYPE.ociLayerGzip, digest: digestOf("layer"), size: 5 };
const image = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config, layers: [layer] };
const index = { schemaVersion: 2, manifests: [{ ...config, mediaType: MEDIA_TYPE.ociManifest }] };
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("parseManifest", () => {
  it("keeps the bytes and names them by their digest", () => {
    const bytes = Buffer.from(JSON.stringify(image, undefined, 3));
    const manifest = parseManifest(bytes);
    assert.equal(manifest.bytes, bytes);
    assert.deepEqual(manifest.descriptor, {
      mediaType: MEDIA_TYPE.ociManifest,
      digest: digestOf(bytes),
      size: bytes.length,
    });
    assert.deepEqual(childrenOf(manifest), { manifests: [], blobs: [config, layer] });
  });

  const kinds = [
    {
      what: "an index by its field",
      json: { ...index, mediaType: MEDIA_TYPE.dockerIndex },
      carrier: undefined,
      type: MEDIA_TYPE.dockerIndex,
    },
    { what: "an index by its shape", json: index, carrier: "application/json", type: MEDIA_TYPE.ociIndex },
    {
      what: "an image by its carrier",
      json: { schemaVersion: 2, config, layers: null },
      carrier: `${MEDIA_TYPE.dockerManifest}; charset=utf-8`,
      type: MEDIA_TYPE.dockerManifest,
    },
    {
      what: "an image whose carrier says otherwise",
      json: image,
      carrier: MEDIA_TYPE.ociIndex,
      type: MEDIA_TYPE.ociManifest,
    },
  ];
  for (const { what, json, carrier, type } of kinds) {
    it(`knows ${what}`, () => {
      assert.equal(parseManifest(bytesOf(json), carrier).descriptor.mediaType, type);
    });
  }

  const hostile = [
    { what: "no JSON", bytes: Buffer.from("{"), code: "ERR_WHERRY_INVALID_DOCUMENT", message: /not JSON/ },
    {
      what: "broken UTF-8",
      bytes: Buffer.from([0x7b, 0xff, 0x7d]),
      code: "ERR_WHERRY_INVALID_DOCUMENT",
      message: /not JSON/,
    },
    {
      what: "schema 1",
      bytes: bytesOf({ schemaVersion: 1, fsLayers: [] }),
      code: "ERR_WHERRY_INVALID_DOCUMENT",
      message: /schema 1/,
    },
    {
      what: "both kinds at once",
      bytes: bytesOf({ schemaVersion: 2, config, layers: [], manifests: [] }),
      code: "ERR_WHERRY_INVALID_DOCUMENT",
      message: /image and index at once/,
    },
    {
      what: "a digest that is a path",
      bytes: bytesOf({ ...image, config: { ...config, digest: "sha256:../../x" } }),
      code: "ERR_WHERRY_INVALID_DOCUMENT",
      message: /config\.digest/,
    },
    {
      what: "a negative size",
      bytes: bytesOf({ ...image, layers: [{ ...layer, size: -1 }] }),
      code: "ERR_WHERRY_INVALID_DOCUMENT",
      message: /layers\.0\.size/,
    },
    {
      what: "a size beyond exact numbers",
      bytes: bytesOf({ ...image, layers: [{ ...layer, size: 2 ** 60 }] }),
      code: "ERR_WHERRY_INVALID_DOCUMENT",
      message: /size/,
    },
    {
      what: "10 MB",
      bytes: Buffer.alloc(10_000_000, 0x20),
      code: "ERR_WHERRY_DOCUMENT_TOO_LARGE",
      message: new RegExp(String(MANIFEST_SIZE_LIMIT)),
    },
  ];
  for (const { what, bytes, code, message } of hostile) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseManifest(bytes, MEDIA_TYPE.ociManifest), { code, message });
    });
  }

  it("never fails with anything but its own errors", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        try {
          parseManifest(bytesOf(json));
        } catch (error) {
          assert.match(String((error as { code?: string }).code), /^ERR_WHERRY_/);
        }
      }),
    );
  });
});

describe("parseImageConfig", () => {
  const valid = {
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [digestOf("tar")] },
  };

  it("drops the nulls that Go writes and keeps what it does not know", () => {
    const bytes = bytesOf({ ...valid, config: { Cmd: null, Env: ["A=1"], Custom: 1 }, history: null });
    assert.deepEqual(parseImageConfig(bytes), { ...valid, config: { Env: ["A=1"], Custom: 1 } });
  });

  const hostile = [
    { what: "a command that is no list", json: { ...valid, config: { Cmd: "sh" } }, message: /config\.Cmd/ },
    {
      what: "a diffID that is no digest",
      json: { ...valid, rootfs: { type: "layers", diff_ids: ["x"] } },
      message: /diff_ids\.0/,
    },
    { what: "no rootfs", json: { architecture: "amd64", os: "linux" }, message: /rootfs/ },
    {
      what: "labels that are no strings",
      json: { ...valid, config: { Labels: { a: 1 } } },
      message: /Labels\.a/,
    },
  ];
  for (const { what, json, message } of hostile) {
    it(`refuses ${what}, naming the field`, () => {
      assert.throws(() => parseImageConfig(bytesOf(json)), { code: "ERR_WHERRY_INVALID_DOCUMENT", message });
    });
  }
});

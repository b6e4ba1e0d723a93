import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManifest, digestOf, encodedOf, MEDIA_TYPE, type Descriptor } from "../oci/index.ts";
import { openSource, type TransportContext } from "../transport/index.ts";
import { isWholeFolder } from "./whole-folder.ts";

describe("isWholeFolder", () => {
  let path: string;
  beforeEach(() => (path = mkdtempSync(join(tmpdir(), "wherry-dir-"))));
  afterEach(() => rmSync(path, { recursive: true }));

  const fileOf = ({ digest }: Descriptor): string => join(path, encodedOf(digest));
  function put(mediaType: string, text: string): Descriptor {
    const bytes = Buffer.from(text);
    const blob = { mediaType, digest: digestOf(bytes), size: bytes.length };
    writeFileSync(fileOf(blob), bytes);
    return blob;
  }
  /** An image whose blobs are in the folder. */
  function image(name: string) {
    const blobs = [
      put(MEDIA_TYPE.ociConfig, `{"of":"${name}"}`),
      put(MEDIA_TYPE.ociLayer, `layer of ${name}`),
    ];
    const [config, ...layers] = blobs as [Descriptor, Descriptor];
    const mediaType = MEDIA_TYPE.ociManifest;
    return { blobs, manifest: createManifest({ schemaVersion: 2, mediaType, config, layers }) };
  }
  const root = (bytes: Uint8Array): void => writeFileSync(join(path, "manifest.json"), bytes);
  async function isWhole(): Promise<boolean> {
    await using source = openSource({ transport: "dir", path }, {} as TransportContext);
    return await isWholeFolder(path, source);
  }

  const damages: { what: string; harm: (blob: string) => void; whole: boolean }[] = [
    { what: "all is there", harm: () => undefined, whole: true },
    { what: "a blob is missing", harm: (blob) => rmSync(blob), whole: false },
    { what: "a blob is short", harm: (blob) => truncateSync(blob, 3), whole: false },
    { what: "a blob is empty", harm: (blob) => truncateSync(blob), whole: false },
    { what: "a blob is too long", harm: (blob) => truncateSync(blob, 1000), whole: false },
  ];
  for (const { what, harm, whole } of damages)
    for (const [index, part] of ["the config", "a layer"].entries())
      it(`is ${String(whole)} when ${what}: ${part}`, async () => {
        const { blobs, manifest } = image("one");
        root(manifest.bytes);
        harm(fileOf(blobs[index] as Descriptor));
        assert.equal(await isWhole(), whole);
      });

  it("asks of an index only for the images that are in the folder", async () => {
    const [here, elsewhere] = [image("here"), image("elsewhere")];
    writeFileSync(`${fileOf(here.manifest.descriptor)}.manifest.json`, here.manifest.bytes);
    for (const blob of elsewhere.blobs) rmSync(fileOf(blob));
    const manifests = [here, elsewhere].map(({ manifest }) => manifest.descriptor);
    root(createManifest({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }).bytes);
    assert.equal(await isWhole(), true);
    truncateSync(fileOf(here.blobs[1] as Descriptor), 1);
    assert.equal(await isWhole(), false);
  });
});

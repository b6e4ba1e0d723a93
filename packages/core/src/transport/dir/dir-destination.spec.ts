import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createManifest, digestOf, MEDIA_TYPE } from "../../oci/index.ts";
import { DirDestination } from "./dir-destination.ts";
import { DirSource } from "./dir-source.ts";

const bytes = Buffer.from("{}");
const config = { mediaType: MEDIA_TYPE.ociConfig, digest: digestOf(bytes), size: bytes.length };
const image = createManifest({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config, layers: [] });

describe("DirDestination", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "wherry-dir-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("takes its folder away when it fails, but not what somebody else has written there meanwhile", async () => {
    const path = join(folder, "image");
    {
      await using alone = new DirDestination(path);
      await alone.writeBlob(config, Readable.from([bytes]));
    }
    assert.ok(!existsSync(path));
    {
      await using failing = new DirDestination(path);
      await using other = new DirDestination(path);
      await failing.writeBlob(config, Readable.from([bytes]));
      await other.writeBlob(config, Readable.from([bytes]));
      await other.writeManifest(image);
      await other.commit(image.descriptor);
    }
    const { descriptor } = await new DirSource(path).readManifest();
    assert.equal(descriptor.digest, image.descriptor.digest);
    assert.ok(existsSync(join(path, config.digest.slice("sha256:".length))));
  });
});

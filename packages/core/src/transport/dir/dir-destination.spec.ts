import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  createManifest,
  digestOf,
  encodedOf,
  MEDIA_TYPE,
  type Descriptor,
  type Manifest,
} from "../../oci/index.ts";
import { isStaging } from "../staging.ts";
import { DirDestination } from "./dir-destination.ts";
import { DirSource } from "./dir-source.ts";

const { bytes, config, image } = tiny("one");

interface Tiny {
  readonly bytes: Buffer;
  readonly config: Descriptor;
  readonly image: Manifest;
}

function tiny(text: string): Tiny {
  const bytes = Buffer.from(JSON.stringify({ text }));
  const config = { mediaType: MEDIA_TYPE.ociConfig, digest: digestOf(bytes), size: bytes.length };
  const image = createManifest({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config, layers: [] });
  return { bytes, config, image };
}

async function publish(destination: DirDestination, { image }: Tiny): Promise<void> {
  await destination.writeManifest(image);
  await destination.commit(image.descriptor);
}

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

  it("holds one whole image after several were written at a time, the one that came last", async () => {
    const path = join(folder, "image");
    const [first, second, third] = [tiny("first"), tiny("second"), tiny("third")];
    {
      await using alone = new DirDestination(path);
      await alone.writeBlob(first.config, Readable.from([first.bytes]));
      await publish(alone, first);
    }
    {
      await using again = new DirDestination(path);
      await using other = new DirDestination(path);
      await using last = new DirDestination(path);
      assert.ok(await again.hasBlob(first.config)); // of the image that was there, which the others take for old
      await other.writeBlob(second.config, Readable.from([second.bytes]));
      await last.writeBlob(third.config, Readable.from([third.bytes]));
      for (const [destination, each] of [
        [last, third],
        [other, second],
        [again, first],
      ] as const) {
        await publish(destination, each);
        const names = readdirSync(path).filter((name) => !isStaging(name));
        assert.deepEqual(names.sort(), [encodedOf(each.config.digest), "manifest.json", "version"].sort());
      }
    }
    assert.equal((await new DirSource(path).readManifest()).descriptor.digest, first.image.descriptor.digest);
    assert.equal(readdirSync(path).length, 3);
  });
});

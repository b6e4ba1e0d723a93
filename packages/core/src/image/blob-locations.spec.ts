import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistry } from "../../../../test/support/registry.ts";
import { openDestination, parseTransportName } from "../transport/index.ts";
import { addImage, MemorySource, tarOf } from "../transport/testdata/tar-image.ts";
import { TestContext } from "../transport/testdata/test-context.ts";
import { BlobLocations } from "./blob-locations.ts";
import { copyImage } from "./copy-image.ts";

const [ONE, TWO] = [`sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`] as const;
const at = (repository: string, registry = "r:5000") => ({ registry, repository });

describe("BlobLocations", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-locations-"));
    path = join(folder, "cache", "blobs.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What another process knows, after `learn`. */
  const after = (learn: (locations: BlobLocations) => void, repository = "new"): string[] => {
    {
      using locations = new BlobLocations(path);
      learn(locations);
    }
    using locations = new BlobLocations(path);
    return locations
      .from(at(repository))
      .elsewhere(ONE)
      .map((place) => `${place.registry}/${place.repository}`);
  };

  it("knows in a later run in which repositories of that registry a blob was, and forgets what it missed", () => {
    assert.deepEqual(
      after((locations) => {
        locations.from(at("app")).saw(ONE);
        locations.from(at("app", "s:5000")).saw(ONE);
        locations.from(at("app")).saw(TWO);
        locations.from(at("tool")).saw(ONE, at("source"));
      }).sort(),
      ["r:5000/app", "r:5000/source"],
    );
    assert.deepEqual(
      after((locations) => locations.from(at("new")).missed(ONE, at("app"))),
      ["r:5000/source"],
    );
    assert.deepEqual(
      after(() => undefined, "source"),
      [],
      "not itself",
    );
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("keeps the latest of them, and offers two", () => {
    let time = 0;
    {
      using locations = new BlobLocations(path, { limit: 10, now: () => ++time });
      for (let app = 10; app < 40; app++) locations.from(at(`app${app}`)).saw(ONE);
    }
    assert.deepEqual(
      after(() => undefined),
      ["r:5000/app39", "r:5000/app38"],
    );
    const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
    const database = new Database(path, { readOnly: true });
    assert.equal(database.prepare("SELECT count(*) AS n FROM location").get()?.["n"], 10);
    database.close();
  });

  it("is made anew when the file is damaged, and done without where there can be none", () => {
    after((locations) => locations.from(at("app")).saw(ONE));
    const whole = readFileSync(path);
    for (const bytes of [Buffer.from("no database"), whole.subarray(0, 5000), Buffer.alloc(0)]) {
      writeFileSync(path, bytes);
      assert.deepEqual(
        after((locations) => {
          locations.from(at("new")).elsewhere(TWO);
          locations.from(at("app")).saw(ONE);
        }),
        ["r:5000/app"],
        `${bytes.length} bytes`,
      );
    }
    rmSync(join(folder, "cache"), { recursive: true });
    writeFileSync(join(folder, "cache"), "a file");
    chmodSync(join(folder, "cache"), 0o400);
    assert.deepEqual(
      after((locations) => locations.from(at("app")).saw(ONE)),
      [],
    );
  });

  it("lets a copy in another process mount from it; what is not there any more is uploaded, and forgotten", async () => {
    await using registry = await startRegistry();
    await using context = new TestContext();
    const image = new MemorySource();
    addImage(image, [await tarOf({ a: "a".repeat(5000) })]);
    const copyTo = async (repository: string): Promise<string[]> => {
      registry.requests.length = 0;
      await using destination = openDestination(
        parseTransportName(`docker://${registry.host}/${repository}:1`),
        context,
      );
      using locations = new BlobLocations(path);
      await copyImage(image, destination, { known: locations.from(at(repository, registry.host)) });
      return registry.requestLines().filter((line) => /^(?:POST|PUT|DELETE) .*\/uploads\//.test(line));
    };
    assert.equal((await copyTo("one")).length, 4, "two uploads");
    const mounts = await copyTo("two");
    assert.equal(mounts.filter((line) => /mount=\S+from=one/.test(line)).length, 2, mounts.join("\n"));
    assert.equal(mounts.length, 2);
    for (const gone of ["one", "two"]) registry.storage.repositories.delete(gone);
    const refused = await copyTo("three");
    assert.equal(refused.filter((line) => line.startsWith("PUT ")).length, 2, refused.join("\n"));
    assert.equal(refused.filter((line) => line.includes("mount=")).length, 4);
    assert.equal(
      refused.filter((line) => line.startsWith("DELETE ")).length,
      2,
      "of two open uploads one is given up",
    );
    assert.equal((await copyTo("four")).filter((line) => /from=(?:one|two)/.test(line)).length, 0);
  });
});

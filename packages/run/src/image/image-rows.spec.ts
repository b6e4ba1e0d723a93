import assert from "node:assert/strict";
import { imageFilter } from "@wherry/core/cli";
import { digestOf } from "@wherry/core/oci";
import { Store, type StoredImage } from "@wherry/core/store";
import { imageRows, repositoryDigests } from "./image-rows.ts";

const image = (names: readonly string[], labels: Readonly<Record<string, string>> = {}): StoredImage => ({
  id: digestOf(names.join()),
  manifest: {
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: digestOf("manifest"),
    size: 1,
  },
  names,
  created: "2026-01-01T00:00:00Z",
  size: 1_340_000,
  platform: { os: "linux", architecture: "amd64" },
  labels,
  diffIds: [digestOf("never unpacked")],
});
const options = { now: new Date("2026-01-03T00:00:00Z"), fullIds: false };

describe("imageRows", () => {
  const store = Store.open("/nonexistent");
  const images = [image(["localhost/a:1", "localhost:5000/team/b:2"], { tier: "web" }), image([])];
  const names = (filters: string[]) =>
    imageRows(store, images.filter(imageFilter(filters, { ...options, store, images })), options).map(
      ({ Repository, Tag }) => `${Repository} ${Tag}`,
    );

  it("has a row for each name, and one for an image without", () => {
    assert.deepEqual(names([]), ["localhost/a 1", "localhost:5000/team/b 2", "<none> <none>"]);
  });

  const filters = [
    { filter: "dangling=true", expected: ["<none> <none>"] },
    { filter: "dangling=false", expected: ["localhost/a 1", "localhost:5000/team/b 2"] },
    { filter: "label=tier", expected: ["localhost/a 1", "localhost:5000/team/b 2"] },
    { filter: "label=tier=db", expected: [] },
    { filter: "reference=localhost/a", expected: ["localhost/a 1", "localhost:5000/team/b 2"] },
  ];
  for (const { filter, expected } of filters) {
    it(`filters by ${filter}`, () => {
      assert.deepEqual(names([filter]), expected);
    });
  }

  const sorted = [
    { sort: "repository", expected: "1 2 3" },
    { sort: "tag", expected: "3 1 2" },
    { sort: "created", expected: "2 1 3" },
    { sort: "size", expected: "1 3 2" },
  ] as const;
  for (const { sort, expected } of sorted) {
    it(`sorts by ${sort}`, () => {
      const unsorted = [
        { ...image(["localhost/b:2"]), created: "2026-01-02T00:00:00Z", size: 9_000_000 },
        { ...image(["localhost/c:0"]), created: "2025-12-31T00:00:00Z", size: 2_000_000 },
        image(["localhost/a:1"]),
      ];
      const numbers = { a: 1, b: 2, c: 3 };
      const rows = imageRows(store, unsorted, { ...options, sort });
      const order = rows.map(({ Repository }) => numbers[Repository.slice(-1) as keyof typeof numbers]);
      assert.equal(order.join(" "), expected);
    });
  }

  it("refuses a filter it does not know", () => {
    assert.throws(() => names(["colour=red"]), /colour=red/);
  });

  it("shows short IDs, ages and sizes as podman does", () => {
    const [row] = imageRows(store, images, options);
    assert.equal(row?.ID.length, 12);
    assert.equal(row["CreatedSince"], "2 days ago");
    assert.equal(row["Size"], "1.34 MB");
  });

  it("names the manifest under each repository once", () => {
    const twice = image(["localhost/a:1", "localhost/a:2"]);
    assert.deepEqual(repositoryDigests(twice), [`localhost/a@${twice.manifest.digest}`]);
  });
});

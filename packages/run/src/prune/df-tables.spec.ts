import assert from "node:assert/strict";
import type { ListedContainer } from "@wherry/core/container";
import { digestOf } from "@wherry/core/oci";
import type { StoredImage } from "@wherry/core/store";
import { dfTables } from "./df-tables.ts";

describe("dfTables", () => {
  it("prints podman's tables, a line for each name of an image", () => {
    const now = new Date("2026-01-03T00:00:00Z");
    const created = "2026-01-01T00:00:00Z";
    const image = {
      ...{ id: digestOf("image"), created, names: ["localhost/boat:1", "quay.io/boat:2"] },
    } as unknown as StoredImage;
    const id = "c".repeat(64);
    const config = { args: ["sleep", "1"], mounts: [{ type: "volume" }, { type: "bind" }] };
    const listed = {
      state: { status: "created" },
      container: { id, name: "web", created, imageId: image.id, config },
    } as unknown as ListedContainer;
    const text = dfTables(
      {
        images: [{ image, name: "boat", size: 3123, unique: 1000, isActive: true, containers: 1 }],
        containers: [{ listed, name: "web", size: 10, unique: 10, isActive: false, containers: 0 }],
        volumes: [{ name: "data", size: 5, unique: 5, isActive: true, containers: 2 }],
        imagesSize: 3000,
        total: 4000,
      },
      now,
    );
    const short = image.id.slice("sha256:".length).slice(0, 12);
    const cells = text.split("\n").map((line) => line.split(/ {2,}/));
    assert.deepEqual(cells, [
      ["Images space usage:"],
      [""],
      ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS"],
      ["localhost/boat", "1", short, "2 days", "3.123kB", "2.123kB", "1kB", "1"],
      ["quay.io/boat", "2", short, "2 days", "3.123kB", "2.123kB", "1kB", "1"],
      [""],
      ["Containers space usage:"],
      [""],
      ["CONTAINER ID", "IMAGE", "COMMAND", "LOCAL VOLUMES", "SIZE", "CREATED", "STATUS", "NAMES"],
      ["cccccccccccc", short, "sleep 1", "2", "10B", "2 days", "created", "web"],
      [""],
      ["Local Volumes space usage:"],
      [""],
      ["VOLUME NAME", "LINKS", "SIZE"],
      ["data", "2", "5B"],
      [""],
    ]);
  });
});

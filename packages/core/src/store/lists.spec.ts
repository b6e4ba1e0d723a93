import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MEDIA_TYPE, type ImageIndex } from "../oci/index.ts";
import { parseReference } from "../reference/index.ts";
import { MIGRATIONS } from "./schema.ts";
import { Store } from "./store.ts";

const EMPTY: ImageIndex = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };

describe("working containers and lists in the store", () => {
  let root: string;
  let store: Store;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "store-"));
    store = Store.open(root);
  });
  afterEach(() => {
    store[Symbol.dispose]();
    rmSync(root, { recursive: true });
  });

  it("finds lists by name, short name and ID, and keeps the ID when one changes", () => {
    const { id } = store.lists.create(parseReference("localhost/multi"), EMPTY);
    for (const text of ["multi", "localhost/multi:latest", id, id.slice(0, 12)])
      assert.equal(store.lists.find(text)?.id, id, text);
    assert.equal(store.lists.find("other"), undefined);
    store.lists.tag(id, parseReference("quay.io/x/multi:1"));
    store.lists.update(id, { ...EMPTY, annotations: { a: "b" } }, []);
    assert.deepEqual(store.lists.find("quay.io/x/multi:1")?.index.annotations, { a: "b" });
    assert.throws(() => store.lists.create(parseReference("localhost/multi"), EMPTY), {
      code: "ERR_WHERRY_LIST_EXISTS",
    });
    store.lists.remove(id);
    assert.deepEqual(store.lists.list(), []);
  });

  it("keeps what working containers and lists refer to, and nothing after", async () => {
    const { digest } = await store.blobs.writeBytes(Buffer.from("a layer"));
    store.working.insert({ id: "a".repeat(64), name: "w", created: "2026-01-01T00:00:00Z", state: {} }, [
      digest,
    ]);
    const list = store.lists.create(parseReference("localhost/multi"), EMPTY, [digest]);
    assert.deepEqual(
      (await store.check()).map(({ kind }) => kind),
      [],
    );
    await store.working.remove("a".repeat(64));
    assert.ok(existsSync(store.blobs.path(digest)));
    store.lists.remove(list.id);
    assert.deepEqual(
      (await store.check()).map(({ kind }) => kind),
      ["blob-unused"],
    );
  });

  it("finds and removes the folder of a working container that a killed process left", async () => {
    store.working.insert({ id: "b".repeat(64), name: "w", created: "2026-01-01T00:00:00Z", state: {} }, []);
    store.database.write(() => store.database.run("DELETE FROM working_containers"));
    const { found, remaining } = await store.repair();
    assert.deepEqual([found.map(({ kind }) => kind), remaining], [["folder-without-container"], []]);
    assert.equal(existsSync(store.working.directory("b".repeat(64))), false);
  });

  it("reads a store of an older version after bringing it up to date", () => {
    store.lists.create(parseReference("localhost/multi"), EMPTY);
    store[Symbol.dispose]();
    rmSync(join(root, "state.sqlite"));
    for (const suffix of ["-wal", "-shm"]) rmSync(join(root, `state.sqlite${suffix}`), { force: true });
    const old = new DatabaseSync(join(root, "state.sqlite"));
    old.exec("PRAGMA journal_mode = WAL");
    old.exec(`${MIGRATIONS[0] ?? ""}; PRAGMA user_version = 1`);
    old.exec("INSERT INTO layers VALUES ('sha256:x', 1, 1)");
    old.close();
    store = Store.open(root);
    assert.equal(store.database.get("SELECT count(*) AS n FROM layers")?.["n"], 1);
    assert.deepEqual(store.lists.list(), []);
  });
});

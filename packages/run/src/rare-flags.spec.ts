import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "@wherry/core/engine";
import type { Store } from "@wherry/core/store";
import { hostIn, runInProcess } from "../../../test/support/in-process.ts";
import { program } from "./program.ts";
import { putContainer, putPlainImage } from "./testdata/plain-image.ts";

const isRoot = process.getuid?.() === 0;

describe("flags that few scripts pass", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "wherry-rare-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const wherry = (...argv: readonly string[]) => runInProcess(argv, hostIn(folder), { program });
  const inStore = async <T>(use: (store: Store) => T | Promise<T>): Promise<T> => {
    await using engine = Engine.open(hostIn(folder));
    return await use(engine.store);
  };

  it("secret inspect --showsecret shows what it is, and nothing else does", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "of-the-spec");
    await wherry("secret", "create", "key", file);
    const { out } = await wherry("secret", "inspect", "--showsecret", "key");
    assert.match(out, /"SecretData": "of-the-spec"/);
    assert.match(
      (await wherry("secret", "inspect", "--showsecret", "--pretty", "key")).out,
      /: +of-the-spec\n$/,
    );
    const template = ["--showsecret", "--format", "{{.SecretData}}"];
    assert.equal((await wherry("secret", "inspect", ...template, "key")).out, "of-the-spec\n");
    for (const flags of [[], ["--pretty"]])
      assert.doesNotMatch((await wherry("secret", "inspect", ...flags, "key")).out, /of-the-spec|SecretData/);
  });

  it("volume reload and system renumber succeed, for there is nothing to do", async () => {
    for (const words of [
      ["volume", "reload"],
      ["system", "renumber"],
    ])
      assert.deepEqual(await wherry(...words), { status: 0, out: "", err: "" });
  });

  it("container exists --external finds working containers of wherry-build", async () => {
    const created = "2026-01-01T00:00:00Z";
    await inStore((store) =>
      store.working.insert({ id: "ab".repeat(32), name: "w", created, state: {} }, []),
    );
    assert.equal((await wherry("container", "exists", "w")).status, 1);
    for (const name of ["w", "abab"])
      assert.equal((await wherry("container", "exists", "--external", name)).status, 0);
    assert.equal((await wherry("container", "exists", "--external", "x")).status, 1);
  });

  it("container cleanup --stopped-only refuses what has not ended", async () => {
    await inStore((store) => putContainer(store, "new"));
    const { status, err } = await wherry("container", "cleanup", "--stopped-only", "new");
    assert.deepEqual([status, /new: it is created: container state improper/.test(err)], [125, true]);
    assert.equal((await wherry("container", "cleanup", "new")).out, "new\n");
  });

  it(`info --debug tells what the program runs on${isRoot ? "" : " (skipped: this host gives an ordinary user no ids)"}`, async function () {
    if (!isRoot) this.skip();
    const { out } = await wherry("info", "-D", "--format", "{{.Debug.Node}}");
    assert.equal(out, `${process.versions.node}\n`);
    assert.doesNotMatch((await wherry("info")).out, /^debug:/m);
  });

  it("mount --notruncate is --no-trunc", async () => {
    assert.deepEqual(await wherry("mount", "--notruncate"), { status: 0, out: "", err: "" });
  });

  it("system check --repair --force removes containers of damaged images too", async () => {
    const id = await inStore(async (store) => {
      const image = await putPlainImage(store, "damaged");
      rmSync(store.blobs.path(image.id));
      putContainer(store, "well");
      return putContainer(store, "lost", image.id);
    });
    const kept = await wherry("system", "check", "--repair");
    assert.equal(kept.status, 1);
    assert.match(kept.out, /^damaged: blob .* is missing$/m);
    const forced = await wherry("system", "check", "--repair", "--force");
    assert.deepEqual([forced.status, forced.err], [0, ""]);
    assert.match(forced.out, new RegExp(`^removed: container ${id}$`, "m"));
    await inStore((store) => {
      assert.deepEqual(
        store.containers.list().map(({ name }) => name),
        ["well"],
      );
      assert.deepEqual(store.images.list(), []);
    });
    assert.match((await wherry("system", "check", "--force")).err, /repair/);
  });
});

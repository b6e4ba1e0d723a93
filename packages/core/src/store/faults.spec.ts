import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { encodedOf } from "../oci/index.ts";
import { run, start } from "../process/index.ts";
import { parseReference } from "../reference/index.ts";
import { isDamage, Store } from "./index.ts";
import { TextWorker, tinyImage, writeBlobs } from "./testdata/tiny-image.ts";

const FOLDER = join(import.meta.dirname, "testdata");
const NODE = ["--conditions=wherry-source", "--disable-warning=ExperimentalWarning"];

let folder: string;
let root: string;
const worker = new TextWorker();

/** A fresh place for each test of a suite. */
function useFreshPlace(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-faults-"));
    root = join(folder, "store");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Starts the busy process; `kill` ends it as hard as possible and waits for its end. */
async function startBusy(seed: number): Promise<{ kill(): Promise<void> }> {
  const child = start(process.execPath, [...NODE, join(FOLDER, "busy-process.ts"), root, String(seed)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  return {
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function fill(store: Store, ...texts: string[]) {
  const image = tinyImage(...texts);
  await writeBlobs(store, image);
  store.images.put(image.manifest.descriptor, [parseReference("quay.io/filled")]);
  return image;
}

describe("a store whose process is killed", function () {
  useFreshPlace();
  this.timeout(60_000);
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`is whole and goes on (seed ${seed})`, async () => {
      const busy = await startBusy(seed);
      await sleep((seed * 37) % 150);
      await busy.kill();
      using store = Store.open(root);
      const problems = await store.check({ digests: true });
      assert.deepEqual(problems.filter(isDamage), []);
      const image = await fill(store, "base", `top ${seed}`);
      await store.layers.ensure(image.manifest, image.config, worker);
      const { remaining } = await store.repair({ digests: true, worker });
      assert.deepEqual(remaining, []);
      assert.deepEqual(await store.check({ digests: true }), []);
      assert.equal(store.images.get("quay.io/filled").id, image.id);
      assert.deepEqual(readdirSync(store.paths.staging), []);
    });
  }
});

describe("processes that use one store at the same time", function () {
  useFreshPlace();
  this.timeout(60_000);
  it("pull the same images without harm", async () => {
    const script = join(FOLDER, "busy-process.ts");
    const outcomes = await Promise.all(
      [1, 1, 2].map((seed) => run(process.execPath, [...NODE, script, root, String(seed), "12"])),
    );
    for (const { stdout } of outcomes) assert.match(stdout.toString(), /done/);
    using store = Store.open(root);
    assert.deepEqual(await store.check({ digests: true }), []);
    assert.ok(store.images.list().length > 0);
  });
});

/** Runs a script with the store's folder mounted in a private mount namespace; undefined where the system does not let us. */
async function runMounted(mount: string, script: string): Promise<string | undefined> {
  const program = join(folder, "script.ts");
  writeFileSync(program, script);
  const command = `${mount} && exec "$0" "$@"`;
  const args = ["-r", "-m", "sh", "-c", command, process.execPath, ...NODE, program];
  const probe = await run("unshare", ["-r", "-m", "sh", "-c", mount], { okStatus: [0, 1, 32] });
  if (probe.status !== 0) return undefined;
  return (await run("unshare", args)).stdout.toString();
}

const INDEX = JSON.stringify(join(import.meta.dirname, "index.ts"));
const TINY = JSON.stringify(join(FOLDER, "tiny-image.ts"));

describe("a store on a read-only file system (skipped where mounts in a user namespace are not allowed)", () => {
  useFreshPlace();
  const script = (folderOfStore: string): string => `
    import { Store } from ${INDEX};
    import { tinyImage, writeBlobs } from ${TINY};
    using store = Store.open(${JSON.stringify(folderOfStore)});
    console.log(store.images.list().length, store.containers.list().length, (await store.check()).length);
    try { await writeBlobs(store, tinyImage("new")); } catch (error) { console.log(error.message); }
  `;

  for (const { what, forget } of [
    { what: "", forget: [] },
    { what: ", closed by another program", forget: ["state.sqlite-wal", "state.sqlite-shm"] },
  ]) {
    it(`is read, and says why it cannot be written${what}`, async function () {
      {
        using store = Store.open(root);
        await fill(store, "base");
        if (forget.length > 0) store.database.write(() => undefined);
      }
      if (forget.length > 0) closeProperly(join(root, "state.sqlite"));
      for (const name of forget) assert.equal(existsSync(join(root, name)), false);
      const output = await runMounted(
        `mount --bind ${root} ${root} && mount -o remount,bind,ro ${root}`,
        script(root),
      );
      if (output === undefined) {
        this.skip();
        return;
      }
      assert.match(output, /^1 0 0\n/);
      assert.match(output, /cannot .* read-only file system\n$/);
    });
  }

  it("reads as empty when there is none", async function () {
    mkdirSync(root);
    const absent = join(root, "absent");
    const output = await runMounted(
      `mount --bind ${root} ${root} && mount -o remount,bind,ro ${root}`,
      script(absent),
    );
    if (output === undefined) {
      this.skip();
      return;
    }
    assert.match(output, /^0 0 0\ncannot create directory .*: read-only file system\n$/);
  });
});

describe("a store on a full disk (skipped where mounts in a user namespace are not allowed)", function () {
  useFreshPlace();
  this.timeout(60_000);
  it("says so in one sentence, stays whole, and lets images be removed", async function () {
    mkdirSync(root);
    const output = await runMounted(
      `mount -t tmpfs -o size=3m none ${root}`,
      `
      import { writeFileSync, rmSync, readdirSync } from "node:fs";
      import { randomBytes } from "node:crypto";
      import { Readable } from "node:stream";
      import { digestOf } from ${JSON.stringify(join(import.meta.dirname, "../oci/index.ts"))};
      import { parseReference } from ${JSON.stringify(join(import.meta.dirname, "../reference/index.ts"))};
      import { Store } from ${INDEX};
      import { tinyImage, writeBlobs } from ${TINY};
      const store = Store.open(${JSON.stringify(root)});
      const image = tinyImage("base", randomBytes(300000).toString("hex"));
      await writeBlobs(store, image);
      store.images.put(image.manifest.descriptor, [parseReference("a")]);
      const bytes = randomBytes(4000000);
      try {
        await store.blobs.write({ digest: digestOf(bytes), size: bytes.length }, Readable.from([bytes]));
      } catch (error) {
        console.log(error.code, error.message);
      }
      console.log(readdirSync(store.paths.staging).length);
      try {
        for (let i = 0; ; i++) writeFileSync(${JSON.stringify(join(root, "filler"))} + i, Buffer.alloc(4096));
      } catch {}
      console.log(JSON.stringify(await store.check({ digests: true })).slice(0, 300));
      const { freed } = await store.images.remove(image.id);
      console.log(freed > 300000, store.images.list().length, store.blobs.list().length);
      store[Symbol.dispose]();
      `,
    );
    if (output === undefined) {
      this.skip();
      return;
    }
    const [written, staged, checked, removed] = output.split("\n");
    assert.match(written ?? "", /^ERR_WHERRY_FILE_SYSTEM cannot write .*: no space left on device$/);
    assert.equal(staged, "0");
    assert.match(checked ?? "", /^\[/);
    assert.equal(removed, "true 0 0");
  });
});

describe("check and repair", () => {
  useFreshPlace();
  let store: Store;
  beforeEach(async () => {
    store = Store.open(root);
    const image = await fill(store, "base", "top");
    await store.layers.ensure(image.manifest, image.config, worker);
    store.pins.release();
  });
  afterEach(() => {
    store[Symbol.dispose]();
  });
  const kinds = async (options = {}): Promise<string[]> =>
    (await store.check(options)).map(({ kind }) => kind);
  const layerBlob = (): string => {
    const [layer] = store.images.readManifest(store.images.get("quay.io/filled")).content.layers;
    if (layer === undefined) throw new Error("unreachable");
    return store.blobs.path(layer.digest);
  };

  const damages: { what: string; damage: () => void; expected: string; names: number }[] = [
    { what: "a blob that is gone", damage: () => rmSync(layerBlob()), expected: "blob-missing", names: 0 },
    {
      what: "a blob that was cut",
      damage: () => writeFileSync(layerBlob(), "x"),
      expected: "blob-damaged",
      names: 0,
    },
    {
      what: "an index.json of another time",
      damage: () => writeFileSync(store.paths.index, '{"schemaVersion":2,"manifests":[]}'),
      expected: "index-outdated",
      names: 1,
    },
    {
      what: "a blob nobody uses",
      damage: () => writeFileSync(store.blobs.path(tinyImage("x").id), "x"),
      expected: "blob-unused",
      names: 1,
    },
    {
      what: "a layer nobody uses",
      damage: () =>
        mkdirSync(join(store.paths.layers, encodedOf(tinyImage("x").id), "fs"), { recursive: true }),
      expected: "layer-unused",
      names: 1,
    },
    {
      what: "files of a process that has ended",
      damage: () => {
        mkdirSync(join(store.paths.staging, "layer-1-1-abc", "fs"), { recursive: true });
        writeFileSync(join(store.paths.staging, "layer-1-1-abc", "fs", "x"), "x");
      },
      expected: "staging-orphan",
      names: 1,
    },
    {
      what: "a folder of no container",
      damage: () => mkdirSync(store.containers.directory("ab".repeat(32))),
      expected: "folder-without-container",
      names: 1,
    },
  ];
  for (const { what, damage, expected, names } of damages) {
    it(`finds ${what}, and puts it in order`, async () => {
      assert.deepEqual(await kinds(), []);
      damage();
      assert.deepEqual(await kinds(), [expected]);
      const { found, remaining } = await store.repair({ worker });
      assert.deepEqual([found.length, remaining], [1, []]);
      assert.deepEqual(await kinds({ digests: true }), []);
      assert.equal(store.images.list().length, names);
    });
  }

  it("leaves alone what nobody uses and is younger than told", async () => {
    const digest = tinyImage("x").id;
    const folder = join(store.paths.layers, encodedOf(digest));
    writeFileSync(store.blobs.path(digest), "x");
    mkdirSync(join(folder, "fs"), { recursive: true });
    const young = { unusedForMs: 3_600_000 };
    assert.deepEqual(await kinds(young), []);
    await store.repair({ worker, ...young });
    assert.deepEqual(await kinds(), ["blob-unused", "layer-unused"]);
    const then = new Date(Date.now() - 3_700_000);
    for (const path of [folder, store.blobs.path(digest)]) utimesSync(path, then, then);
    assert.deepEqual(await kinds(young), ["blob-unused", "layer-unused"]);
    await store.repair({ worker, ...young });
    assert.deepEqual(await kinds(), []);
  });

  it("finds an altered blob of the right size only when it reads all", async () => {
    const path = layerBlob();
    const size = store.blobs.sizeOf(store.blobs.list()[0] ?? tinyImage("x").id) ?? 0;
    assert.ok(size > 0);
    const { readFileSync } = await import("node:fs");
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(path, bytes);
    assert.deepEqual(await kinds(), []);
    assert.deepEqual(await kinds({ digests: true }), ["blob-damaged"]);
  });

  it("keeps an image that a container is made of, and says so", async () => {
    const { id: imageId } = store.images.get("quay.io/filled");
    const created = "2026-01-01T00:00:00Z";
    store.containers.insert({
      id: "ab".repeat(32),
      name: "c",
      created,
      imageId,
      imageName: "filled",
      config: {},
    });
    rmSync(layerBlob());
    const { remaining } = await store.repair({ worker });
    assert.deepEqual(
      remaining.map(({ kind }) => kind),
      ["blob-missing"],
    );
    assert.equal(store.containers.get("c").imageId, imageId);
  });

  for (const { what, loss } of [
    {
      what: "lost",
      loss: (path: string) => {
        for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
      },
    },
    {
      what: "damaged",
      loss: (path: string) => {
        for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
        writeFileSync(path, "this is no database".repeat(1000));
      },
    },
  ]) {
    it(`rebuilds the names when the database is ${what}`, async () => {
      const before = store.images.list().map(({ id, names }) => ({ id, names }));
      store[Symbol.dispose]();
      loss(store.paths.database);
      store = Store.open(root);
      assert.deepEqual(await kinds(), [`database-${what}`, ...(what === "lost" ? unusedOf(before) : [])]);
      const { remaining } = await store.repair({ worker });
      assert.deepEqual(remaining, []);
      assert.deepEqual(
        store.images.list().map(({ id, names }) => ({ id, names })),
        before,
      );
      assert.deepEqual(await kinds(), []);
    });
  }
});

/** Without a database nothing is known to use the blobs and layers. */
function unusedOf(images: readonly object[]): string[] {
  return images.length === 0
    ? []
    : [...Array<string>(4).fill("blob-unused"), ...Array<string>(2).fill("layer-unused")];
}

/** Moves the write-ahead log into the file, as the last program that closes a database does. */
function closeProperly(path: string): void {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(path);
  database.exec("SELECT count(*) FROM images");
  database.close();
}

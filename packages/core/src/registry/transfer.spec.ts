import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { verified } from "../io/index.ts";
import type { Descriptor } from "../oci/index.ts";
import { RegistryClient, type Clock, type RegistryAccess } from "./index.ts";
import {
  digestOf,
  startRegistry,
  type Fault,
  type RegistryAuth,
  type TestRegistry,
} from "../../../../test/support/registry.ts";

const user = { username: "u", password: "p" };
const bearer: RegistryAuth = { kind: "bearer", ...user };

/** No waiting. */
const clock: Clock = { now: () => Date.now(), sleep: () => Promise.resolve(), random: () => 0.5 };

function connect(registry: TestRegistry, access: Partial<RegistryAccess> = {}): RegistryClient {
  return new RegistryClient({ host: registry.host, clock, ...access });
}

/** Bytes that look random, the same for the same seed. */
function bytesOf(size: number, seed = "x"): Buffer {
  const blocks: Buffer[] = [];
  for (let index = 0; index * 64 < size; index++)
    blocks.push(createHash("sha512").update(`${seed}${index}`).digest());
  return Buffer.concat(blocks).subarray(0, size);
}

function describeBlob(bytes: Uint8Array): Descriptor {
  return { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.length };
}

/** A small generator of numbers below 1, the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function read(client: RegistryClient, blob: Descriptor): Promise<Buffer> {
  return Buffer.concat((await (await client.getBlob("a", blob)).toArray()) as Buffer[]);
}

/** Pieces of a size that fits nothing else. */
function* pieces(bytes: Buffer, size = 50_001): Generator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

const streamOf = (bytes: Buffer) => Readable.from(pieces(bytes), { objectMode: false });

describe("RegistryClient.getBlob", () => {
  const content = bytesOf(600_000);
  const blob = describeBlob(content);

  it("gives the content", async () => {
    await using registry = await startRegistry();
    registry.storage.addBlob("a", content);
    await using client = connect(registry);
    assert.deepEqual(await read(client, blob), content);
    assert.equal(registry.requests.at(-1)?.headers["accept-encoding"], "identity");
  });

  it("gives an empty blob", async () => {
    await using registry = await startRegistry();
    registry.storage.addBlob("a", Buffer.alloc(0));
    await using client = connect(registry);
    assert.equal((await read(client, describeBlob(Buffer.alloc(0)))).length, 0);
  });

  it("reads digests of sha512", async () => {
    const digest = `sha512:${createHash("sha512").update(content).digest("hex")}` as const;
    await using registry = await startRegistry({
      faults: [{ on: /blobs/, status: 200, body: content, times: 2 }],
    });
    await using client = connect(registry);
    assert.deepEqual(await read(client, { ...blob, digest }), content);
    const other = `sha512:${"0".repeat(128)}` as const;
    await assert.rejects(read(client, { ...blob, digest: other }), { code: "ERR_WHERRY_DIGEST_MISMATCH" });
  });

  it("says that a blob is unknown", async () => {
    await using registry = await startRegistry();
    await using client = connect(registry);
    await assert.rejects(read(client, blob), {
      code: "ERR_WHERRY_BLOB_UNKNOWN",
      message: /blob unknown to registry/,
    });
  });

  const resumed: { what: string; faults: Fault[]; sent: number }[] = [
    { what: "a cut", faults: [{ cutAt: 200_000 }], sent: 600_000 },
    { what: "a cut before the first byte", faults: [{ cutAt: 0 }], sent: 600_000 },
    { what: "a cut before the last byte", faults: [{ cutAt: 599_999 }], sent: 600_000 },
    { what: "three cuts", faults: [{ cutAt: 100_000 }, { cutAt: 100_000 }, { cutAt: 1 }], sent: 600_000 },
    {
      what: "a cut of an answer without length",
      faults: [{ cutAt: 200_000, noLength: true }],
      sent: 600_000,
    },
    { what: "503 in between", faults: [{ cutAt: 200_000 }, { status: 503 }], sent: 600_000 },
    {
      what: "a registry that ignores Range",
      faults: [{ cutAt: 200_000 }, { ignoreRange: true }],
      sent: 800_000,
    },
    { what: "slow pieces", faults: [{ slowMs: 5 }], sent: 600_000 },
  ];
  for (const { what, faults, sent } of resumed) {
    it(`goes on after ${what}`, async () => {
      await using registry = await startRegistry();
      registry.storage.addBlob("a", content);
      registry.faults.push(...faults.map((fault) => ({ on: /blobs/, ...fault })));
      await using client = connect(registry);
      assert.deepEqual(await read(client, blob), content);
      assert.equal(registry.blobBytesSent, sent);
    });
  }

  it("goes on after silence", async () => {
    await using registry = await startRegistry({ faults: [{ on: /blobs/, slowMs: 60_000 }] });
    registry.storage.addBlob("a", content);
    await using client = connect(registry, { limits: { bodyTimeoutMs: 100 } });
    assert.deepEqual(await read(client, blob), content);
  });

  it("goes on with a new token when the old one ended", async () => {
    await using registry = await startRegistry({ auth: bearer, faults: [{ on: /blobs/, cutAt: 1000 }] });
    registry.storage.addBlob("a", content);
    await using client = connect(registry, { credentials: () => Promise.resolve(user) });
    const stream = await client.getBlob("a", blob);
    registry.tokens.clear();
    assert.equal(Buffer.concat((await stream.toArray()) as Buffer[]).length, content.length);
  });

  const failing: { what: string; faults: Fault[]; code: string }[] = [
    { what: "damaged content", faults: [{ damage: true }], code: "ERR_WHERRY_DIGEST_MISMATCH" },
    { what: "a byte too many", faults: [{ lengthBy: 1 }], code: "ERR_WHERRY_SIZE_MISMATCH" },
    {
      what: "a byte too many, without length",
      faults: [{ lengthBy: 1, noLength: true }],
      code: "ERR_WHERRY_SIZE_MISMATCH",
    },
    { what: "a byte too few", faults: [{ lengthBy: -1 }], code: "ERR_WHERRY_SIZE_MISMATCH" },
    {
      what: "the wrong part",
      faults: [{ cutAt: 1000 }, { rangeOff: 1 }],
      code: "ERR_WHERRY_REGISTRY_PROTOCOL",
    },
    {
      what: "the wrong part under the right name",
      faults: [
        { cutAt: 1000 },
        { rangeOff: -1, lengthBy: -1, addHeaders: { "content-range": `bytes 1000-599999/600000` } },
      ],
      code: "ERR_WHERRY_DIGEST_MISMATCH",
    },
    {
      what: "a content encoding",
      faults: [{ addHeaders: { "content-encoding": "gzip" } }],
      code: "ERR_WHERRY_REGISTRY_PROTOCOL",
    },
    {
      what: "cuts without progress",
      faults: [{ cutAt: 1, times: 99 }],
      code: "ERR_WHERRY_REGISTRY_UNREACHABLE",
    },
    { what: "403 half way", faults: [{ cutAt: 1000 }, { status: 403 }], code: "ERR_WHERRY_DENIED" },
  ];
  for (const { what, faults, code } of failing) {
    it(`fails with ${what}`, async () => {
      await using registry = await startRegistry();
      registry.storage.addBlob("a", content);
      registry.faults.push(...faults.map((fault) => ({ on: /blobs/, ...fault })));
      await using client = connect(registry);
      await assert.rejects(read(client, blob), { code });
    });
  }

  it("ends with its reader, and with the signal", async () => {
    await using registry = await startRegistry({ faults: [{ on: /blobs/, slowMs: 60_000, times: 2 }] });
    registry.storage.addBlob("a", content);
    const abort = new AbortController();
    await using client = connect(registry, { signal: abort.signal });
    const given = await client.getBlob("a", blob);
    given.destroy();
    const reading = read(client, blob);
    setTimeout(() => abort.abort(new Error("enough")), 50);
    await assert.rejects(reading, { message: "enough" });
  });

  it("survives 100 downloads cut at random, moving at most 5 % more than the payload", async function () {
    this.timeout(60_000);
    await using registry = await startRegistry();
    registry.storage.addBlob("a", content);
    await using client = connect(registry);
    for (let seed = 0; seed < 100; seed++) {
      const random = numbers(seed);
      const before = registry.blobBytesSent;
      registry.faults.clear();
      const cuts = 1 + Math.floor(random() * 3);
      for (let cut = 0; cut < cuts; cut++) {
        const noLength = random() < 0.3;
        registry.faults.push({
          on: /blobs/,
          cutAt: Math.floor((random() * content.length) / cuts),
          noLength,
        });
      }
      assert.equal(digestOf(await read(client, blob)), blob.digest, `seed ${seed}`);
      const moved = registry.blobBytesSent - before;
      assert.ok(moved <= content.length * 1.05, `seed ${seed} moved ${moved} bytes`);
    }
  });
});

describe("RegistryClient.getForeignBlob", () => {
  const content = bytesOf(200_000);
  const blob = describeBlob(content);
  const path = `/v2/a/blobs/${blob.digest}`;
  let registry: TestRegistry;
  let other: TestRegistry;
  beforeEach(async () => {
    registry = await startRegistry({ auth: { kind: "basic", ...user } });
    other = await startRegistry();
    other.storage.addBlob("a", content);
  });
  afterEach(async () => {
    for (const one of [registry, other]) await one[Symbol.asyncDispose]();
  });

  const fetched = async (...urls: string[]): Promise<Buffer> => {
    await using client = connect(registry, { credentials: () => Promise.resolve(user) });
    await client.checkLogin();
    return Buffer.concat((await (await client.getForeignBlob({ ...blob, urls })).toArray()) as Buffer[]);
  };

  it("takes the first address that gives it, going on after a cut, and tells none of them who asks", async () => {
    registry.storage.addBlob("a", content);
    const asked = registry.requests.length;
    other.faults.push({ on: /blobs/, cutAt: 100_000, after: 1 });
    const refusing = [`${registry.url}${path}`, "http://10.0.0.1/x", `${other.url}/v2/a/blobs/none`];
    assert.deepEqual(await fetched(...refusing, `${other.url}${path}`), content);
    const theirs = [...registry.requests.slice(asked), ...other.requests].filter(({ path: asked_ }) =>
      asked_.includes("/blobs/"),
    );
    assert.equal(theirs.length, 4, "a refusal, a 404, two parts");
    for (const { headers } of theirs) assert.equal(headers.authorization, undefined);
  });

  for (const [what, address, code] of [
    ["a private address", "http://169.254.169.254/x", "ERR_WHERRY_REGISTRY_PROTOCOL"],
    ["another protocol", "file:///etc/passwd", "ERR_WHERRY_REGISTRY_PROTOCOL"],
    ["a login in it", "http://u:p@127.0.0.1/x", "ERR_WHERRY_REGISTRY_PROTOCOL"],
    ["a redirect to a private address", "REDIRECT", "ERR_WHERRY_REGISTRY_PROTOCOL"],
    ["other bytes", "DAMAGED", "ERR_WHERRY_DIGEST_MISMATCH"],
    ["too many bytes", "LONGER", "ERR_WHERRY_SIZE_MISMATCH"],
    ["nothing", "", "ERR_WHERRY_BLOB_UNKNOWN"],
  ] as const) {
    it(`fails with ${what}`, async () => {
      if (address === "REDIRECT")
        other.faults.push({ on: /blobs/, status: 307, headers: { location: "http://10.0.0.1/x" } });
      if (address === "DAMAGED") other.faults.push({ on: /blobs/, damage: true });
      if (address === "LONGER") {
        const longer = other.storage.addBlob("a", Buffer.concat([content, content]));
        await assert.rejects(fetched(`${other.url}/v2/a/blobs/${longer.digest}`), { code });
        return;
      }
      const urls = address === "" ? [] : [/^[A-Z]/.test(address) ? `${other.url}${path}` : address];
      await assert.rejects(fetched(...urls), { code });
    });
  }
});

describe("RegistryClient.putBlob", () => {
  const content = bytesOf(900_000);
  const blob = describeBlob(content);
  const stored = (registry: TestRegistry) => registry.storage.blob("a", blob.digest);
  const lines = (registry: TestRegistry, method: string) =>
    registry.requests.filter((request) => request.method === method);

  it("sends all in one piece with its length, and keeps the location's query", async () => {
    await using registry = await startRegistry();
    await using client = connect(registry);
    await client.putBlob("a", blob, streamOf(content));
    assert.deepEqual(stored(registry), content);
    const [put, ...more] = lines(registry, "PUT");
    assert.equal(more.length, 0);
    assert.equal(put?.headers["content-length"], "900000");
    assert.equal(put.headers["transfer-encoding"], undefined);
    assert.match(put.path, /\?_state=a%2Fb%3D&x=1&digest=sha256%3A[a-f0-9]{64}$/);
    assert.equal(lines(registry, "PATCH").length, 0);
  });

  it("opens an upload only when the source has begun to give", async () => {
    await using registry = await startRegistry();
    await using client = connect(registry);
    const stalled = new PassThrough();
    const putting = client.putBlob("a", blob, stalled);
    await sleep(60);
    assert.deepEqual(registry.requestLines(), []);
    stalled.write(content.subarray(0, 10));
    while (!registry.requestLines().some((line) => line.startsWith("POST"))) await sleep(5);
    stalled.end(content.subarray(10));
    await putting;
    assert.deepEqual(registry.storage.blob("a", blob.digest), content);
    const broken = new PassThrough();
    const failing = client.putBlob("a", blob, broken);
    registry.requests.length = 0;
    broken.destroy(new Error("the source is gone"));
    await assert.rejects(failing, /the source is gone/);
    assert.deepEqual(registry.requestLines(), []);
  });

  it("stores an empty blob", async () => {
    await using registry = await startRegistry();
    await using client = connect(registry);
    const empty = describeBlob(Buffer.alloc(0));
    await client.putBlob("a", empty, Readable.from([]));
    assert.equal(await client.hasBlob("a", empty.digest), true);
  });

  it("logs in to push, and to every try", async () => {
    await using registry = await startRegistry({ auth: bearer });
    await using client = connect(registry, { credentials: () => Promise.resolve(user) });
    assert.equal(await client.hasBlob("a", blob.digest), false);
    await client.putBlob("a", blob, streamOf(content));
    assert.deepEqual(stored(registry), content);
  });

  it("gets a new token when the old one ends before the upload", async () => {
    await using registry = await startRegistry({ auth: bearer });
    await using client = connect(registry, { credentials: () => Promise.resolve(user) });
    registry.faults.push({
      on: /^PUT/,
      status: 401,
      headers: { "www-authenticate": `Bearer realm="${registry.url}/token",service="test"` },
    });
    await client.putBlob("a", blob, streamOf(content));
    assert.deepEqual(stored(registry), content);
    const [refused, taken] = registry.requests.filter(({ method }) => method === "PUT" || method === "PATCH");
    assert.notEqual(taken?.headers.authorization, refused?.headers.authorization);
  });

  const recovered: { what: string; fault: Fault }[] = [
    { what: "a cut at the start", fault: { on: /^PUT/, cutUploadAt: 0 } },
    { what: "a cut half way", fault: { on: /^PUT/, cutUploadAt: 450_000 } },
    { what: "a cut before the end", fault: { on: /^PUT/, cutUploadAt: 899_999 } },
    { what: "a lost answer", fault: { on: /^PUT/, cutUploadAt: 900_000 } },
    { what: "500", fault: { on: /^PUT/, status: 500 } },
    { what: "429", fault: { on: /^PUT/, status: 429, headers: { "retry-after": "1" } } },
    { what: "a forgotten session", fault: { on: /^PUT/, status: 404 } },
    { what: "503 to the first request", fault: { on: /^POST/, status: 503 } },
  ];
  for (const { what, fault } of recovered) {
    it(`goes on after ${what}`, async () => {
      await using registry = await startRegistry({ faults: [fault] });
      await using client = connect(registry);
      await client.putBlob("a", blob, streamOf(content));
      assert.deepEqual(stored(registry), content);
    });
  }

  it("goes on where the registry is, not from the start", async () => {
    await using registry = await startRegistry({ faults: [{ on: /^PUT/, cutUploadAt: 600_000 }] });
    await using client = connect(registry);
    await client.putBlob("a", blob, streamOf(content));
    const [patch] = lines(registry, "PATCH");
    assert.equal(patch?.headers["content-range"], "600000-899999");
    assert.equal(lines(registry, "POST").length, 1);
  });

  it("starts again where the registry forgot, when the content can be opened again", async () => {
    await using registry = await startRegistry();
    registry.faults.push({ on: /^PUT/, cutUploadAt: 600_000 }, { on: /^GET .*uploads/, status: 404 });
    await using client = connect(registry, { limits: { replaySize: 1000, chunkSize: 1000 } });
    let opened = 0;
    await client.putBlob("a", blob, () => {
      opened += 1;
      return Promise.resolve(streamOf(content));
    });
    assert.deepEqual(stored(registry), content);
    assert.equal(opened, 2);
  });

  it("says so when it can neither go on nor start again", async () => {
    await using registry = await startRegistry();
    registry.faults.push({ on: /^PUT/, cutUploadAt: 600_000 }, { on: /^GET .*uploads/, status: 404 });
    await using client = connect(registry, { limits: { replaySize: 1000, chunkSize: 1000 } });
    await assert.rejects(client.putBlob("a", blob, streamOf(content)), {
      code: "ERR_WHERRY_UPLOAD_INTERRUPTED",
      message: /cannot be resumed/,
    });
  });

  it("does not try for ever", async () => {
    await using registry = await startRegistry({ faults: [{ on: /^PUT/, times: 99, cutUploadAt: 0 }] });
    await using client = connect(registry);
    await assert.rejects(client.putBlob("a", blob, streamOf(content)), {
      code: "ERR_WHERRY_REGISTRY_UNREACHABLE",
    });
    assert.equal(lines(registry, "PUT").length, 5);
  });

  it("sends chunks after a 413, smaller ones when these are refused too, and remembers that", async () => {
    await using registry = await startRegistry({ bodyLimit: 300_000 });
    await using client = connect(registry, { limits: { chunkSize: 1_000_000 } });
    await client.putBlob("a", blob, streamOf(content));
    assert.deepEqual(stored(registry), content);
    const ranges = lines(registry, "PATCH").map(({ headers }) => headers["content-range"]);
    assert.deepEqual(ranges, ["0-262143", "262144-524287", "524288-786431", "786432-899999"]);
    assert.equal(lines(registry, "PUT").at(-1)?.headers["content-length"], "0");
    const before = registry.requests.length;
    const other = bytesOf(500_000, "other");
    await client.putBlob("a", describeBlob(other), streamOf(other));
    const methods = registry.requests.slice(before).map(({ method }) => method);
    assert.deepEqual(methods, ["POST", "PATCH", "PATCH", "PUT"]);
  });

  const chunked: { what: string; faults: Fault[]; ranges: string[] }[] = [
    {
      what: "takes part of a chunk only",
      faults: [{ on: /^PATCH/, takeOnly: 1000 }],
      ranges: ["0-299999", "1000-300999"],
    },
    {
      what: "wants larger chunks",
      faults: [{ on: /^POST/, after: 1, times: 9, addHeaders: { "oci-chunk-min-length": "400000" } }],
      ranges: ["0-399999", "400000-799999"],
    },
    {
      what: "says Range with a unit",
      faults: [{ on: /^PATCH/, times: 9, addHeaders: { range: "" } }],
      ranges: ["0-299999", "300000-599999"],
    },
    {
      what: "says a range that cannot be",
      faults: [{ on: /^PATCH/, addHeaders: { range: "0-99999999" } }],
      ranges: ["0-299999", "300000-599999"],
    },
    {
      what: "loses the connection in a chunk",
      faults: [{ on: /^PATCH/, after: 1, cutUploadAt: 100_000 }],
      ranges: ["0-299999", "300000-599999", "400000-699999"],
    },
  ];
  for (const { what, faults, ranges } of chunked) {
    it(`sends chunks to a registry that ${what}`, async () => {
      await using registry = await startRegistry({ faults: [{ on: /^PUT/, status: 413 }, ...faults] });
      await using client = connect(registry, { limits: { chunkSize: 300_000 } });
      await client.putBlob("a", blob, streamOf(content));
      assert.deepEqual(stored(registry), content);
      const sent = lines(registry, "PATCH").map(({ headers }) => headers["content-range"]);
      assert.deepEqual(sent.slice(0, ranges.length), ranges);
    });
  }

  it("follows a redirect in the midst of an upload in chunks to another port, without the login", async () => {
    await using other = await startRegistry();
    await using registry = await startRegistry({ auth: { kind: "basic", ...user }, bodyLimit: 400_000 });
    const limits = { chunkSize: 400_000 };
    await using client = connect(registry, { credentials: () => Promise.resolve(user), limits });
    const half = content.subarray(0, 400_000);
    other.storage.uploads.set("moved", { repository: "a", chunks: [half], size: half.length });
    const location = `${other.url}/v2/a/blobs/uploads/moved`;
    registry.faults.push({ on: /^PATCH/, after: 1, status: 307, headers: { location } });
    await client.putBlob("a", blob, streamOf(content));
    assert.deepEqual(other.storage.blob("a", blob.digest), content);
    const ranges = lines(other, "PATCH").map(({ headers }) => headers["content-range"]);
    assert.deepEqual(ranges, ["400000-799999", "800000-899999"]);
    for (const { headers } of other.requests) assert.equal(headers.authorization, undefined);
  });

  it("asks to be allowed to delete when it gives an upload up", async () => {
    await using registry = await startRegistry({ auth: bearer, faults: [{ on: /^PUT/, status: 403 }] });
    await using client = connect(registry, { credentials: () => Promise.resolve(user) });
    await assert.rejects(client.putBlob("a", blob, streamOf(content)), { code: "ERR_WHERRY_DENIED" });
    const scopes = registry.requests
      .filter(({ path }) => path.startsWith("/token"))
      .map(({ path }) => new URLSearchParams(path.split("?")[1]).get("scope"));
    assert.equal(scopes.at(-1), "repository:a:pull,push,delete");
    assert.deepEqual([lines(registry, "DELETE")[0]?.status, registry.storage.uploads.size], [204, 0]);
  });

  it("gives up an upload that failed", async () => {
    await using registry = await startRegistry({ faults: [{ on: /^PUT/, status: 403 }] });
    await using client = connect(registry);
    await assert.rejects(client.putBlob("a", blob, streamOf(content)), { code: "ERR_WHERRY_DENIED" });
    assert.equal(lines(registry, "DELETE").length, 1);
    assert.equal(registry.storage.uploads.size, 0);
  });

  it("fails with the source, and stores nothing", async () => {
    await using registry = await startRegistry();
    await using client = connect(registry);
    const broken = Readable.from(
      (function* () {
        yield content.subarray(0, 100_000);
        throw new Error("the source broke");
      })(),
      { objectMode: false },
    );
    await assert.rejects(client.putBlob("a", blob, broken), /the source broke/);
    assert.equal(stored(registry), undefined);
    assert.equal(registry.storage.uploads.size, 0);
  });

  const wrong = [
    { what: "too short", bytes: content.subarray(0, 899_999), code: "ERR_WHERRY_SIZE_MISMATCH" },
    { what: "too long", bytes: bytesOf(900_001), code: "ERR_WHERRY_SIZE_MISMATCH" },
    { what: "damaged", bytes: bytesOf(900_000, "y"), code: "ERR_WHERRY_DIGEST_MISMATCH" },
  ];
  for (const { what, bytes, code } of wrong) {
    it(`does not finish an upload of content that is ${what}`, async () => {
      await using registry = await startRegistry();
      await using client = connect(registry);
      const source = verified(streamOf(bytes), blob);
      await assert.rejects(client.putBlob("a", blob, source), { code });
      assert.equal(stored(registry), undefined);
    });
  }

  it("sends no login to another host that takes the upload", async () => {
    await using other = await startRegistry();
    other.storage.uploads.set("session", { repository: "a", chunks: [], size: 0 });
    await using registry = await startRegistry({ auth: { kind: "basic", ...user } });
    await using client = connect(registry, { credentials: () => Promise.resolve(user) });
    await client.checkLogin();
    registry.faults.push({
      on: /^POST/,
      status: 202,
      headers: { location: `${other.url}/v2/a/blobs/uploads/session` },
    });
    await client.putBlob("a", blob, streamOf(content));
    assert.deepEqual(other.storage.blob("a", blob.digest), content);
    for (const { headers } of other.requests) assert.equal(headers.authorization, undefined);
  });

  const locations = [
    "http://10.0.0.1/x",
    "http://169.254.169.254/x",
    "ftp://r.io/x",
    "http://u:p@127.0.0.1/",
  ];
  for (const location of locations) {
    it(`does not upload to ${location}`, async () => {
      await using registry = await startRegistry({
        faults: [{ on: /^POST/, status: 202, headers: { location } }],
      });
      await using client = connect(registry);
      await assert.rejects(client.putBlob("a", blob, streamOf(content)), {
        code: "ERR_WHERRY_REGISTRY_PROTOCOL",
      });
    });
  }

  it("does not upload to nowhere", async () => {
    await using registry = await startRegistry({ faults: [{ on: /^POST/, status: 202 }] });
    await using client = connect(registry);
    await assert.rejects(client.putBlob("a", blob, streamOf(content)), /without a Location/);
  });

  it("follows a redirect of the upload itself", async () => {
    await using registry = await startRegistry();
    registry.storage.uploads.set("moved", { repository: "a", chunks: [], size: 0 });
    registry.faults.push({ on: /^PUT/, status: 307, headers: { location: "/v2/a/blobs/uploads/moved" } });
    await using client = connect(registry);
    await client.putBlob("a", blob, streamOf(content));
    assert.deepEqual(stored(registry), content);
  });

  it("takes a repository that may not be looked at for one without the blob", async () => {
    for (const status of [401, 403]) {
      await using registry = await startRegistry({ faults: [{ on: /^HEAD/, status, times: 9 }] });
      await using client = connect(registry);
      assert.equal(await client.hasBlob("a", blob.digest), false);
    }
  });

  it("survives 100 uploads cut at random, moving at most 5 % more than the payload", async function () {
    this.timeout(60_000);
    const content = bytesOf(250_000);
    const blob = describeBlob(content);
    await using registry = await startRegistry();
    await using client = connect(registry);
    for (let seed = 0; seed < 100; seed++) {
      const random = numbers(seed);
      registry.storage.repositories.clear();
      registry.faults.clear();
      registry.requests.length = 0;
      const cuts = 1 + Math.floor(random() * 3);
      for (let cut = 0; cut < cuts; cut++) {
        registry.faults.push({
          on: /^P(?:UT|ATCH)/,
          cutUploadAt: Math.floor((random() * content.length) / cuts),
        });
      }
      await client.putBlob("a", blob, streamOf(content));
      assert.deepEqual(registry.storage.blob("a", blob.digest), content, `seed ${seed}`);
      const moved = registry.requests.reduce((sum, { received }) => sum + received, 0);
      assert.ok(moved <= content.length * 1.05, `seed ${seed} moved ${moved} bytes`);
    }
  });
});

describe("RegistryClient.mountBlob", () => {
  const content = bytesOf(1000);
  const blob = describeBlob(content);

  it("takes a blob over from another repository", async () => {
    await using registry = await startRegistry({ auth: bearer });
    registry.storage.addBlob("from/here", content);
    await using client = connect(registry, { credentials: () => Promise.resolve(user) });
    assert.equal(await client.mountBlob("to/there", blob.digest, "from/here"), true);
    assert.deepEqual(registry.storage.blob("to/there", blob.digest), content);
    const token = registry.requestLines().find((line) => line.includes("/token")) ?? "";
    assert.deepEqual(new URLSearchParams(token.split("?")[1]).getAll("scope"), [
      "repository:to/there:pull,push",
      "repository:from/here:pull",
    ]);
  });

  it("goes on with the session of a refused mount", async () => {
    await using registry = await startRegistry({ faults: [{ on: /mount=/, refuseMount: true }] });
    registry.storage.addBlob("b", content);
    await using client = connect(registry);
    assert.equal(await client.mountBlob("a", blob.digest, "b"), false);
    await client.putBlob("a", blob, Readable.from([content]));
    assert.equal(registry.requests.filter(({ method }) => method === "POST").length, 1);
    assert.deepEqual(registry.storage.blob("a", blob.digest), content);
  });

  it("gives up sessions nobody went on with", async () => {
    await using registry = await startRegistry();
    {
      await using client = connect(registry);
      assert.equal(await client.mountBlob("a", blob.digest, "b"), false);
      assert.equal(registry.storage.uploads.size, 1);
    }
    assert.equal(registry.storage.uploads.size, 0);
  });

  for (const status of [400, 403, 404, 405]) {
    it(`takes ${status} for a refusal`, async () => {
      await using registry = await startRegistry({ faults: [{ on: /mount=/, status }] });
      await using client = connect(registry);
      assert.equal(await client.mountBlob("a", blob.digest, "b"), false);
      await client.putBlob("a", blob, Readable.from([content]));
    });
  }
});

import assert from "node:assert/strict";
import { startRegistry } from "../../../../test/support/registry.ts";
import { openDestination, openSource, parseTransportName } from "../transport/index.ts";
import { addImage, MemorySource, tarOf } from "../transport/testdata/tar-image.ts";
import { TestContext } from "../transport/testdata/test-context.ts";
import { BlobLedger } from "./blob-ledger.ts";
import { Budget } from "./budget.ts";
import { copyImage } from "./copy-image.ts";
import { budgetedManifests, shareCopy } from "./share-copy.ts";

const DIGEST = `sha256:${"a".repeat(64)}` as const;
const patience = new AbortController().signal;

describe("BlobLedger", () => {
  const place = { registry: "r", repository: "one" };

  it("lets one bring a blob, and tells the others that it is there", async () => {
    const ledger = new BlobLedger();
    const first = await ledger.claim(place, DIGEST, patience);
    assert.ok(first);
    const second = ledger.claim(place, DIGEST, patience);
    const elsewhere = ledger.claim({ registry: "r", repository: "two" }, DIGEST, patience);
    const otherRegistry = await ledger.claim({ registry: "s", repository: "one" }, DIGEST, patience);
    assert.equal(otherRegistry?.elsewhere, undefined);
    first.settle(true);
    assert.equal(await second, undefined);
    assert.deepEqual((await elsewhere)?.elsewhere, place);
  });

  it("passes the task on when who had it failed", async () => {
    const ledger = new BlobLedger();
    const first = await ledger.claim(place, DIGEST, patience);
    const second = ledger.claim(place, DIGEST, patience);
    first?.settle(false);
    assert.ok(await second);
  });

  it("lets go of who has lost patience", async () => {
    const ledger = new BlobLedger();
    await ledger.claim(place, DIGEST, patience);
    const impatient = new AbortController();
    const second = ledger.claim(place, DIGEST, impatient.signal);
    impatient.abort();
    assert.ok(await second);
  });
});

describe("shareCopy", () => {
  let context: TestContext;
  beforeEach(() => {
    context = new TestContext();
  });
  afterEach(() => context[Symbol.asyncDispose]());

  it("copies images with the same blobs side by side, also when each fails over another of them", async () => {
    await using registry = await startRegistry();
    const tars = await Promise.all(["a", "b", "c", "d"].map((name) => tarOf({ [name]: name.repeat(5000) })));
    const image = new MemorySource();
    addImage(image, tars);
    registry.faults.push({ on: /^PUT .*uploads/, times: 6, status: 400 });
    const [ledger, budget] = [new BlobLedger(), new Budget({ initial: 2, maximum: 4 })];
    const copies = Array.from({ length: 8 }, async (_, number) => {
      const name = parseTransportName(`docker://${registry.host}/app:${number}`);
      const run = {
        ledger,
        place: { registry: registry.host, repository: "app" },
        sourceBudgets: [],
        destinationBudgets: [budget],
      };
      const ends = shareCopy({ source: image, destination: openDestination(name, context) }, run);
      await using destination = ends.destination;
      await copyImage(ends.source, destination, { attempts: 1, pauseMs: 1 });
    });
    const ended = await Promise.allSettled(copies);
    assert.ok(ended.some(({ status }) => status === "rejected"));
    assert.ok(ended.some(({ status }) => status === "fulfilled"));
    await Promise.all([budget.take(), budget.take()]); // all of it was given back
  });

  it("reads each manifest once, also after it was looked at", async () => {
    await using registry = await startRegistry();
    registry.storage.addImage("app", { tag: "1" });
    const name = parseTransportName(`docker://${registry.host}/app:1`);
    await using source = budgetedManifests(openSource(name, context), [new Budget()]);
    await Promise.all([source.readManifest(), source.readManifest()]);
    await source.readManifest();
    assert.equal(registry.requestLines().filter((line) => line.includes("/manifests/")).length, 1);
  });
});

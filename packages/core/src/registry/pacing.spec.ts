import assert from "node:assert/strict";
import { startRegistry } from "../../../../test/support/registry.ts";
import { RegistryClient } from "./index.ts";

describe("RegistryAccess.onThrottled", () => {
  for (const { status, told } of [
    { status: 429, told: 2 },
    { status: 503, told: 2 },
    { status: 500, told: 0 },
  ]) {
    it(`is told ${told} times of two answers ${status} before one that is good`, async () => {
      await using registry = await startRegistry();
      registry.storage.addImage("app");
      registry.faults.push({ on: /manifests/, times: 2, status });
      let count = 0;
      await using client = new RegistryClient({
        host: registry.host,
        insecure: true,
        limits: { firstPauseMs: 1, maximumPauseMs: 2 },
        onThrottled: () => (count += 1),
      });
      assert.ok(await client.headManifest("app", "latest"));
      assert.equal(count, told);
    });
  }

  for (const { maximum, pauses, ok } of [
    { maximum: 2000, pauses: [1000], ok: true },
    { maximum: 500, pauses: [undefined], ok: false },
  ]) {
    it(`${ok ? "makes a pause of 1 s and tells it" : "makes no pause that is too long"}, at ${maximum} ms most`, async () => {
      await using registry = await startRegistry();
      registry.storage.addImage("app");
      registry.faults.push({ on: /manifests/, status: 429, addHeaders: { "retry-after": "1" } });
      const told: (number | undefined)[] = [];
      await using client = new RegistryClient({
        host: registry.host,
        insecure: true,
        limits: { maximumRetryAfterMs: maximum },
        onThrottled: (ms) => told.push(ms),
      });
      const asked = client.getManifest("app", "latest");
      if (ok) await asked;
      else
        await assert.rejects(asked, { code: "ERR_WHERRY_RATE_LIMITED", host: registry.host, retryAfter: 1 });
      assert.deepEqual(told, pauses);
    });
  }
});

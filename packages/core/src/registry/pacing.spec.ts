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
});

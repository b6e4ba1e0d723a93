import assert from "node:assert/strict";
import type { CopyEvent } from "../image/index.ts";
import type { Descriptor } from "../oci/index.ts";
import { Phases } from "./phases.ts";

describe("Phases", () => {
  it("gives each phase the time since the one before it, and the sum", () => {
    let now = 40;
    const phases = new Phases(() => now);
    phases.end("start-up");
    now = 52.4;
    phases.end("image");
    now = 2052.4;
    phases.end("program");
    assert.equal(
      phases.report(),
      "start-up       40ms\nimage          12ms\nprogram          2s\ntotal        2.052s\n",
    );
  });

  it("takes the phases of a copy, with the bytes that were moved, and passes all events on", () => {
    let now = 100;
    const phases = new Phases(() => now, 100);
    const blob = (size: number): Descriptor => ({
      mediaType: "application/octet-stream",
      digest: `sha256:${"a".repeat(64)}`,
      size,
    });
    const events: readonly CopyEvent[] = [
      { kind: "start", blobs: [blob(1000), blob(2_000_000)] },
      { kind: "present", blob: blob(1000) },
      { kind: "progress", blob: blob(2_000_000), copied: 5 },
      { kind: "copied", blob: blob(2_000_000) },
      { kind: "manifests" },
    ];
    const passed: CopyEvent[] = [];
    const onEvent = phases.ofCopy((event) => passed.push(event));
    for (const event of events) {
      now += 10;
      onEvent(event);
    }
    assert.deepEqual(passed, events);
    assert.equal(phases.report(), "manifests      10ms\nblobs          40ms  2 MB\ntotal          50ms\n");
  });

  it("has nothing to tell of a copy that was not needed", () => {
    const phases = new Phases(() => 5, 5);
    phases.ofCopy(() => undefined)({ kind: "unchanged" });
    assert.equal(phases.report(), "total            0s\n");
  });
});

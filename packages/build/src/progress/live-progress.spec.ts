import assert from "node:assert/strict";
import type { StepName } from "../builder/index.ts";
import { LiveProgress } from "./live-progress.ts";

describe("LiveProgress", () => {
  const name = (step: number, text: string): StepName => ({
    ...{ stage: 1, stages: 1, step, steps: 3, text, line: step },
  });

  it("draws what is being done below what is done", () => {
    let shown = "";
    let time = 0;
    using live = new LiveProgress({
      write: (text) => (shown += text),
      columns: 40,
      now: () => time,
      warn: (text) => (shown += `${text}\n`),
    });
    live.event({ type: "step", name: name(1, "FROM scratch") });
    const make = name(2, "RUN make");
    live.event({ type: "step", name: make });
    time = 1500;
    live.event({ type: "output", name: make, stream: "stdout", text: "one\ntw" });
    live.event({ type: "output", name: make, stream: "stdout", text: "o" });
    live.event({ type: "done", name: make, cached: false, size: 2048, milliseconds: 1500 });
    const copy = name(3, "COPY a /");
    live.event({ type: "step", name: copy });
    live.event({ type: "done", name: copy, cached: true, size: 5 });
    live.event({ type: "commit", title: "app" });
    const erased = "\x1b[1A\r\x1b[J";
    assert.equal(
      shown,
      [
        "STEP 1/3: FROM scratch\n",
        "  one\nSTEP 2/3: RUN make 1.5s\n",
        `${erased}  two\n`,
        "STEP 2/3: RUN make  1.5s 2.05 kB\n",
        "STEP 3/3: COPY a /  CACHED\n",
        "COMMIT app\n",
      ].join(""),
    );
  });
});

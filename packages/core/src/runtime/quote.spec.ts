import assert from "node:assert/strict";
import fc from "fast-check";
import { run } from "../process/index.ts";
import { quote } from "./quote.ts";

describe("quote", () => {
  it("gives sh back the very same words", async () => {
    const word = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 5 }), async (words) => {
        const { stdout } = await run("sh", ["-c", `printf '%s\\0' ${words.map(quote).join(" ")}`]);
        assert.deepEqual(stdout, Buffer.from(words.map((text) => `${text}\0`).join("")));
      }),
      { numRuns: 30 },
    );
  });
});

import assert from "node:assert/strict";
import { program as build } from "../../packages/build/src/program.ts";
import { program as image } from "../../packages/image/src/program.ts";
import { program as run } from "../../packages/run/src/program.ts";

describe("the help of every command", () => {
  for (const { name, commands } of [run, build, image]) {
    it(`${name}: says what it is for, and has an example that begins with the command`, async () => {
      for (const [id, load] of Object.entries(commands)) {
        const { summary = "", examples } = (await load()).default;
        assert.ok(summary.length > 0, id);
        const lines = examples.map((example) => (typeof example === "string" ? example : example.command));
        assert.ok(
          lines.some((line) => line.includes("<%= command.id %>") || line.includes(` ${id}`)),
          `${name} ${id} has no example`,
        );
      }
    });
  }
});

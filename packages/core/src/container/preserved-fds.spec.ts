import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { start } from "../process/index.ts";
import { preservedFds } from "./preserved-fds.ts";

describe("preservedFds", () => {
  it("is nothing where nothing is asked for", () => {
    assert.deepEqual(preservedFds({}), []);
  });

  it("takes none that is not open", () => {
    assert.throws(() => preservedFds({ numbers: [4000] }), { code: "ERR_WHERRY_DESCRIPTOR_MISSING" });
  });

  const cases = [
    { choice: { count: 2 }, expected: [3, 4] },
    { choice: { numbers: [3] }, expected: [3] },
    { choice: { numbers: [4] }, expected: ["nothing", 4] },
  ];
  for (const { choice, expected } of cases)
    it(`reads ${JSON.stringify(choice)} where 3 and 4 are given`, async () => {
      const script = `import { preservedFds } from ${JSON.stringify(import.meta.resolve("./preserved-fds.ts"))};
        console.log(JSON.stringify(preservedFds(${JSON.stringify(choice)})));`;
      const child = start(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit", 2, 2],
      });
      assert.ok(child.stdout);
      const found = JSON.parse(await text(child.stdout)) as number[];
      assert.deepEqual(
        found.map((fd) => (fd > 4 ? "nothing" : fd)),
        expected,
      );
    });
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
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
    it(`reads ${JSON.stringify(choice)} where 3 and 4 are given`, () => {
      const script = `import { preservedFds } from ${JSON.stringify(import.meta.resolve("./preserved-fds.ts"))};
        console.log(JSON.stringify(preservedFds(${JSON.stringify(choice)})));`;
      const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "pipe", "ignore", "ignore"].map((kind, fd) =>
          fd > 2 ? 1 : (kind as "pipe"),
        ),
        encoding: "utf8",
      });
      const found = JSON.parse(stdout || `"${stderr}"`) as number[];
      assert.deepEqual(
        found.map((fd) => (fd > 4 ? "nothing" : fd)),
        expected,
      );
    });
});

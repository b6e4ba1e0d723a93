import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WherryError } from "@wherry/core/error";
import { applyLayer, FileTree, indexLayer } from "@wherry/core/layer";
import { execaSync } from "execa";
import fc from "fast-check";
import { rawEntry, rawPax, rawTar } from "../../packages/core/src/layer/testdata/raw-tar.ts";
import { TASKS } from "../../packages/core/src/layer/testdata/tasks.ts";
import { RUNS, SEED, TIMEOUT } from "./mutations.ts";

interface Step {
  readonly name: string;
  readonly flag: string;
  readonly linkName: string;
  readonly mode: number;
  readonly inPax: boolean;
}

/** Few names, so that entries meet each other: what is a link first and a directory then is where extractors fail. */
const NAMES = [
  ...[
    "a",
    "b",
    "a/b",
    "a/b/c",
    "b/a",
    "./a",
    "a//b",
    "A",
    "a/",
    "",
    ".",
    "..",
    "../outside",
    "a/..",
    "a/../../outside",
  ],
  ...[
    "OUTSIDE/file",
    "OUTSIDE",
    "a/inner",
    "b/file",
    "a/b/.wh.c",
    ".wh.a",
    ".wh.b",
    "a/.wh..wh..opq",
    ".wh..",
    ".wh.",
  ],
  ...[".wh..wh..opq", ".wh..wh.plnk", "b/.wh.file", "a/.wh.inner", "a\u0000b", "x".repeat(260)],
];
const TARGETS = [
  "a",
  "b",
  "a/b",
  ".",
  "..",
  "../outside",
  "../outside/file",
  "OUTSIDE",
  "OUTSIDE/inner",
  "/",
  "/a",
  "",
];

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(...NAMES),
  flag: fc.constantFrom("0", "0", "1", "2", "2", "5", "5", "3", "6", "7", "S", "Z"),
  linkName: fc.constantFrom(...TARGETS),
  mode: fc.constantFrom(0o777, 0o644, 0o4755, 0o0),
  inPax: fc.boolean(),
});

describe("whatever entries a layer has, in whatever order", function () {
  this.timeout(TIMEOUT);

  it("nothing outside of it changes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const directory = mkdtempSync(join(tmpdir(), "fuzz-layer-"));
        try {
          const outside = join(directory, "outside");
          mkdirSync(join(outside, "inner"), { recursive: true });
          mkdirSync(join(directory, "target"));
          writeFileSync(join(outside, "file"), "sentinel");
          symlinkSync("file", join(outside, "link"));
          const before = await TASKS.describe({ root: outside });
          const blob = join(directory, "blob");
          writeFileSync(blob, archiveOf(steps, outside));
          await takenOrRefused(async () => {
            await applyLayer({ blob, compression: "none", target: join(directory, "target") });
          });
          await takenOrRefused(async () => {
            FileTree.merge([await indexLayer(blob, "none")]);
          });
          assert.deepEqual(await TASKS.describe({ root: outside }), before);
          assert.deepEqual(readdirSync(directory).sort(), ["blob", "outside", "target"]);
        } finally {
          remove(directory);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});

/** Folders may have come without rights for their owner. */
function remove(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch {
    execaSync("chmod", ["-R", "u+rwX", directory]);
    rmSync(directory, { recursive: true, force: true });
  }
}

function archiveOf(steps: readonly Step[], outside: string): Buffer {
  return rawTar(
    ...steps.flatMap(({ name, flag, linkName, mode, inPax }) => {
      const [path, link] = [name, linkName].map((text) => text.replace("OUTSIDE", outside)) as [
        string,
        string,
      ];
      const content = flag === "0" ? "evil" : "";
      if (!inPax && path.length < 100 && link.length < 100)
        return [rawEntry({ name: path, flag, linkName: link, mode }, content)];
      return [rawPax({ path, linkpath: link }), rawEntry({ name: "x", flag, mode }, content)];
    }),
  );
}

async function takenOrRefused(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof WherryError)) throw error;
  }
}

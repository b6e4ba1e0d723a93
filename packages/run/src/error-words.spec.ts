import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "@wherry/core/engine";
import { parseReference } from "@wherry/core/reference";
import { hostIn, runInProcess } from "../../../test/support/in-process.ts";
import { program } from "./program.ts";
import { putContainer, putPlainImage } from "./testdata/plain-image.ts";

/** What podman 4.3.1 says where scripts look for words, as far as it is the same for us, and its exit status. */
const ROWS: readonly (readonly [line: string, status: number, words: string])[] = [
  ["rm nosuch", 1, 'no container with name or ID "nosuch" found: no such container'],
];

describe("the words of errors that scripts look for", () => {
  let home: string;
  before(async () => {
    home = mkdtempSync(join(tmpdir(), "wherry-words-"));
    writeFileSync(join(home, "file"), "x");
    await using engine = Engine.open(hostIn(home));
    const { store } = engine;
    const image = await putPlainImage(store, "boat");
    store.images.tag(image, parseReference("localhost/boat:1"));
    putContainer(store, "web", image.id);
    store.volumes.insert({
      ...{ name: "data", created: "2026-01-01T00:00:00Z", options: {}, labels: {}, uid: 0, gid: 0 },
      ...{ isAnonymous: false, isFresh: true },
    });
    store.secrets.insert({ name: "key", labels: {} }, Buffer.from("x"), { now: new Date() });
  });
  after(() => rmSync(home, { recursive: true }));

  for (const [line, status, words] of ROWS)
    it(`${line}: … ${words}`, async () => {
      const argv = line.split(" ").map((word) => word.replace("HOME", home));
      const result = await runInProcess(argv, hostIn(home), { program });
      assert.equal(result.status, status, result.err);
      const [first = ""] = result.err.split("\n");
      assert.match(first, /^Error: /);
      assert.ok(first.includes(words), `${first}\nhas not\n${words}`);
    });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@wherry/core/process";
import { secretValues } from "./build-inputs.ts";

describe("secretValues", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "wherry-secret-"))));
  after(() => rmSync(folder, { recursive: true }));
  const valueOf = (flag: string) => () =>
    Buffer.from(secretValues([flag], { S: "kept" }).get("x")?.() ?? "").toString();

  it("reads a file when it is needed, and a pipe as <(command) once for all", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "first");
    const ofFile = valueOf(`id=x,src=${file}`);
    const values = secretValues([`id=x,src=${file}`], {});
    writeFileSync(file, "second");
    assert.equal(ofFile(), "second");
    assert.equal(Buffer.from(values.get("x")?.() ?? "").toString(), "second");

    const fifo = join(folder, "fifo");
    await run("mkfifo", [fifo]);
    const writer = run("sh", ["-c", `printf piped >"$0"`, fifo]);
    const read = secretValues([`id=x,src=${fifo}`], {}).get("x");
    assert.equal(Buffer.from(read?.() ?? "").toString(), "piped");
    assert.equal(Buffer.from(read?.() ?? "").toString(), "piped");
    await writer;
  });

  const refused = [
    { flag: "src=/dev/null", says: /has no id/ },
    { flag: "id=x,src=/nowhere", says: /no such file: \/nowhere/ },
    { flag: "id=x,src=/etc", says: /no such file: \/etc/ },
    { flag: "id=x,src=/dev/zero", says: /has more than 512000 bytes/ },
    { flag: "id=x,env=NO", says: /the environment has no NO/ },
  ];
  for (const { flag, says } of refused)
    it(`refuses ${flag}`, () => {
      assert.throws(valueOf(flag), says);
    });
});

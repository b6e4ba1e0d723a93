import assert from "node:assert/strict";
import { join } from "node:path";
import { run } from "../process/index.ts";

/** Reads its standard input after it was made non-blocking, as by a process before it. */
const SCRIPT = `
  import { readStandardInput } from ${JSON.stringify(join(import.meta.dirname, "read-standard-input.ts"))};
  if (process.argv[1] === "late") process.stdin.resume().pause();
  try { process.stdout.write(readStandardInput()); } catch (error) { console.error(error.message); }
  process.exit();`;

describe("readStandardInput", () => {
  const node = [process.execPath, "--conditions=wherry-source", "--input-type=module", "-e", SCRIPT, "--"];
  const read = (shell: string, word: string) =>
    run("sh", ["-c", shell, "sh", ...node, word], { timeoutMs: 20_000 });

  it("waits for what comes late, where reading does not", async () => {
    const { stdout, stderr } = await read('(echo early; sleep 0.7; echo late) | "$@"', "late");
    assert.deepEqual([stdout.toString(), stderr], ["early\nlate\n", ""]);
  });

  it("says what cannot be read", async () => {
    const { stderr } = await read('exec "$@" </', "folder");
    assert.equal(stderr, "cannot read standard input: is a directory\n");
  });
});

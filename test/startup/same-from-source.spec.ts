import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program as buildProgram } from "../../packages/build/src/program.ts";
import { runCommandLine, type Invocation } from "../../packages/core/src/cli/index.ts";
import { program as imageProgram } from "../../packages/image/src/program.ts";
import { program as runProgram } from "../../packages/run/src/program.ts";

const PACKAGES = join(import.meta.dirname, "../../packages");

const PROGRAMS = [
  { name: "run", program: runProgram },
  { name: "build", program: buildProgram },
  { name: "image", program: imageProgram },
];

/** Command lines that end before any work begins. */
const LINES = [
  "--help",
  "--version",
  "",
  "nosuch",
  "versio",
  "--nosuch version",
  "version --nosuch",
  "version -Z",
  "version extra",
];

/** Wrong values, which go deeper into oclif's parser than anything else. */
const WRONG_VALUES: Readonly<Record<string, readonly string[]>> = {
  run: ["ps -n abc", "ps --format {{.No", "images --format {{foo}}", "run --pull=nosuch x", "ps -a=maybe"],
  build: ["build --jobs abc", "build --format nosuch ."],
  image: [
    "copy --format nosuch a b",
    "copy --retry-times abc a b",
    "copy --retry-times -1 a b",
    "copy --all --multi-arch all a b",
    "copy --src-creds : a b",
    "inspect --no-creds --creds x:y a",
    "inspect --password x a",
  ],
};

describe("bundled and source program", function () {
  this.timeout(120_000);
  let home = "";
  before(() => {
    home = mkdtempSync(join(tmpdir(), "wherry-home-"));
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  function run(argv: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
      encoding: "utf8",
      env: { HOME: home, XDG_RUNTIME_DIR: home, PATH: "/usr/bin:/bin" },
    });
    return { status, stdout, stderr };
  }

  /** In this process: a start from source takes half a second, and there are hundreds. */
  async function runSource(program: Invocation["program"], words: readonly string[]) {
    const output = { stdout: "", stderr: "" };
    const never = (): never => assert.fail("these command lines end before any work begins");
    const status = await runCommandLine(words, {
      program,
      calledAs: program.name,
      openEngine: never,
      becomeSibling: never,
      redirectOutput: never,
      out: (text) => void (output.stdout += text.toString()),
      err: (text) => void (output.stderr += text),
      errIsTerminal: false,
      signal: new AbortController().signal,
      releaseSignals: () => undefined,
      now: () => new Date(),
    });
    return { status, ...output };
  }

  for (const { name, program } of PROGRAMS) {
    const wrong = WRONG_VALUES[name] ?? [];
    const lines = [...LINES, ...wrong, ...Object.keys(program.commands).map((id) => `${id} --help`)];
    for (const line of lines) {
      it(`${name} ${line}: says the same and ends with the same status`, async () => {
        const words = line.split(" ").filter((word) => word !== "");
        const bundled = run([join(PACKAGES, name, "bundle/main.js"), ...words]);
        const source = wrong.includes(line)
          ? run(["--conditions=wherry-source", join(PACKAGES, name, "src/main.ts"), ...words])
          : await runSource(program, words);
        assert.deepEqual(bundled, source);
        assert.notEqual(bundled.stdout + bundled.stderr, "");
        assert.doesNotMatch(bundled.stderr, /internal error/);
      });
    }
  }
});

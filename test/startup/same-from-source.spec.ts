import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program as buildProgram } from "../../packages/build/src/program.ts";
import { runCommandLine, type Invocation } from "../../packages/core/src/cli/index.ts";
import { program as imageProgram } from "../../packages/image/src/program.ts";
import { program as runProgram } from "../../packages/run/src/program.ts";
import { hostIn, runInProcess } from "../support/in-process.ts";

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

/** As the started programs see this machine. */
const hostAt = (home: string) =>
  hostIn(home, { env: { HOME: home, XDG_RUNTIME_DIR: home, PATH: "/usr/bin:/bin" }, etc: "/etc" });

/** What runs command lines: out of the sources, or out of a bundle. */
interface Loaded {
  readonly runCommandLine: typeof runCommandLine;
  readonly program: Invocation["program"];
}

/** The modules of a bundle, evaluated in this process by the bundle's own loader. */
function loadBundle(name: string): Loaded {
  const load = createRequire(import.meta.url)(join(PACKAGES, name, "bundle/main.js")) as (
    module: string,
  ) => object;
  return {
    ...(load("packages/core/src/cli/run-command.ts") as Pick<Loaded, "runCommandLine">),
    ...(load(`packages/${name}/src/program.ts`) as Pick<Loaded, "program">),
  };
}

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
      env: {
        HOME: home,
        XDG_RUNTIME_DIR: home,
        PATH: "/usr/bin:/bin",
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      },
    });
    return { status, stdout, stderr };
  }

  /** In this process: each start of another takes long, and there are hundreds of commands. */
  async function runHere({ runCommandLine: runIt, program }: Loaded, words: readonly string[]) {
    const never = (): never => assert.fail("these command lines end before any work begins");
    const different = { program, becomeSibling: never, redirectOutput: never };
    const { status, out, err } = await runInProcess(words, hostAt(home), different, runIt);
    return { status, stdout: out, stderr: err };
  }

  for (const { name, program } of PROGRAMS) {
    const wrong = WRONG_VALUES[name] ?? [];
    const source: Loaded = { runCommandLine, program };
    for (const line of [...LINES, ...wrong]) {
      it(`${name} ${line}: says the same and ends with the same status`, async () => {
        const words = line.split(" ").filter((word) => word !== "");
        // one of each program in processes of their own
        const isStarted = line === wrong[0];
        const bundled = isStarted
          ? run([join(PACKAGES, name, "bundle/main.js"), ...words])
          : await runHere(loadBundle(name), words);
        const expected = isStarted
          ? run(["--conditions=wherry-source", join(PACKAGES, name, "src/main.ts"), ...words])
          : await runHere(source, words);
        assert.deepEqual(bundled, expected);
        assert.notEqual(bundled.stdout + bundled.stderr, "");
        assert.doesNotMatch(bundled.stderr, /internal error/);
      });
    }

    it(`${name}: says the same for --help of each of its ${Object.keys(program.commands).length} commands`, async () => {
      const bundled = loadBundle(name);
      assert.deepEqual(Object.keys(bundled.program.commands), Object.keys(program.commands));
      for (const id of Object.keys(program.commands)) {
        const words = [...id.split(" "), "--help"];
        const expected = await runHere(source, words);
        assert.deepEqual(await runHere(bundled, words), expected);
        assert.match(expected.stdout, /^Usage:$/m);
        assert.match(expected.stdout, new RegExp(`^Examples:\\n {2}.*${program.name}`, "m"), id);
      }
    });
  }
});

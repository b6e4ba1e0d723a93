import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands as buildCommands } from "../../packages/build/src/commands.ts";
import { commands as imageCommands } from "../../packages/image/src/commands.ts";
import { commands as runCommands } from "../../packages/run/src/commands.ts";

const PACKAGES = join(import.meta.dirname, "../../packages");

const PROGRAMS = [
  { name: "run", commands: runCommands },
  { name: "build", commands: buildCommands },
  { name: "image", commands: imageCommands },
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

  for (const { name, commands } of PROGRAMS) {
    const wrong = WRONG_VALUES[name] ?? [];
    const lines = [...LINES, ...wrong, ...Object.keys(commands).map((id) => `${id} --help`)];
    for (const line of lines) {
      it(`${name} ${line}: says the same and ends with the same status`, () => {
        const words = line.split(" ").filter((word) => word !== "");
        const bundled = run([join(PACKAGES, name, "bundle/main.js"), ...words]);
        const source = run(["--conditions=wherry-source", join(PACKAGES, name, "src/main.ts"), ...words]);
        assert.deepEqual(bundled, source);
        assert.notEqual(bundled.stdout + bundled.stderr, "");
        assert.doesNotMatch(bundled.stderr, /internal error/);
      });
    }
  }
});

// Runs command lines of the three programs one after another in this process, by the code of their bundles.
// A request is a line of JSON on descriptor 3, its answer, the exit status, a line on descriptor 4. Read by warm-programs.ts.
const { createReadStream, writeSync } = require("node:fs");
const { join } = require("node:path");
const { createInterface } = require("node:readline");

const [root] = process.argv.slice(1);
const PACKAGES = { wherry: "run", "wherry-build": "build", "wherry-image": "image" };
const FLAGS = process.execArgv.slice(0, process.execArgv.indexOf("-e"));
const bundles = new Map();

/** The modules of a program's bundle, by the bundle's own loader. */
function bundleOf(name) {
  const main = join(root, "packages", PACKAGES[name], "bundle", "main.js");
  if (!bundles.has(name)) {
    const load = require(main);
    load.useHot("main");
    bundles.set(name, load);
  }
  return { load: bundles.get(name), main };
}

/** As `cli/main.ts` does it for a whole process. */
function run({ name, argv, cwd }) {
  process.chdir(cwd);
  const { load, main } = bundleOf(name);
  const { runCommandLine } = load("packages/core/src/cli/run-command.ts");
  const { writeAll } = load("packages/core/src/cli/output.ts");
  const { program } = load(`packages/${PACKAGES[name]}/src/program.ts`);
  const node = [process.execPath, ...FLAGS, "--"];
  const never = () => {
    throw new Error(`this needs a process of its own: ${name} ${argv.join(" ")}`);
  };
  process.argv = [process.execPath, main, ...argv];
  return runCommandLine(argv, {
    program,
    calledAs: name,
    openEngine: (options) => {
      const { Engine } = load("packages/core/src/engine/engine.ts");
      const { thisHost } = load("packages/core/src/engine/host.ts");
      const { workerFile } = program;
      const workerProgram = workerFile === undefined ? undefined : [...node, workerFile];
      return Engine.openConfigured(thisHost({ selfProgram: [...node, main], workerProgram }), options);
    },
    becomeSibling: never,
    redirectOutput: never,
    out: (text) => writeAll(1, text),
    err: (text) => writeAll(2, text),
    errIsTerminal: false,
    signal: new AbortController().signal,
    releaseSignals: () => undefined,
    now: () => new Date(),
  });
}

let last = Promise.resolve();
createInterface({ input: createReadStream("", { fd: 3 }) }).on("line", (line) => {
  last = last.then(async () => writeSync(4, `${await run(JSON.parse(line))}\n`));
});

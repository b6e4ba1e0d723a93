import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { TracedBundle } from "./traced-bundle.ts";

const PACKAGES = join(import.meta.dirname, "../../packages");

/** Libraries that a hot command may evaluate. Everything else of node_modules costs more than its start may. */
const ALLOWED =
  /^node_modules\/(?:@oclif\/core\/(?:lib\/(?!config|help|execute|main)|package\.json)|valibot\/|xdg-basedir\/)/;

/** Parts of Node that cost milliseconds and that no hot command needs. */
const COSTLY_BUILTINS = [
  "child_process",
  "http",
  "https",
  "tls",
  "readline",
  "perf_hooks",
  "internal/deps/undici/undici",
];

const HOT = [
  { name: "run", argv: ["version"] },
  { name: "run", argv: ["--version"] },
  { name: "run", argv: ["ps"] },
  { name: "run", argv: ["ps", "-a", "--format", "json"] },
  { name: "run", argv: ["images"] },
  { name: "run", argv: ["run", "--help"] },
  { name: "run", argv: ["exec", "nosuch", "true"] },
  { name: "run", argv: ["logs", "nosuch"] },
  { name: "run", argv: ["rm", "nosuch"] },
  { name: "run", argv: ["ps", "--nosuch"] },
  { name: "run", argv: ["__complete", "rm", ""] },
  { name: "build", argv: ["version"] },
  { name: "build", argv: ["build", "--help"] },
  { name: "image", argv: ["version"] },
  { name: "image", argv: ["copy", "--help"] },
  { name: "image", argv: ["inspect", "oci:/nonexistent"] },
] as const;

describe("modules a hot command loads", function () {
  this.timeout(60_000);
  const bundles = new Map<string, TracedBundle>();
  before(() => {
    for (const name of ["run", "build", "image"]) bundles.set(name, new TracedBundle(name));
  });
  after(() => {
    for (const bundle of bundles.values()) bundle[Symbol.dispose]();
  });

  for (const { name, argv } of HOT) {
    it(`${name}: ${argv.join(" ")} loads no library that costs its start`, () => {
      const bundle = bundles.get(name);
      assert.ok(bundle);
      const { modules, stderr, builtins } = bundle.run(argv);
      assert.doesNotMatch(stderr, /unrecognized command|internal error/);
      const libraries = modules.filter((path) => path.startsWith("node_modules/"));
      assert.deepEqual(
        libraries.filter((path) => !ALLOWED.test(path)),
        [],
      );
      assert.deepEqual(
        COSTLY_BUILTINS.filter((builtin) => builtins.includes(builtin)),
        [],
      );
      assert.ok(
        modules.some((path) => path.startsWith("packages/core/src/cli/")),
        "the trace shows nothing",
      );
    });
  }

  it("sees what is loaded where it is needed, so that the rows above can fail", () => {
    const inspect = bundles.get("image")?.run(["inspect", "docker://127.0.0.1:1/nosuch"]);
    assert.ok(inspect);
    assert.ok(inspect.builtins.includes("net") && !inspect.builtins.includes("http"));
    assert.ok(inspect.modules.includes("packages/core/src/registry/connections.ts"));
  });

  it("image: inspect of an image in a registry loads no code of the store, of layers, of other transports", () => {
    const inspect = bundles.get("image")?.run(["inspect", "docker://127.0.0.1:1/nosuch"]);
    const folders = /^packages\/core\/src\/(?:store|layer|runtime|userns|transport\/(?!docker\/)\w+\/)/;
    assert.deepEqual(
      inspect?.modules.filter((path) => folders.test(path)),
      [],
    );
  });
});

describe("V8's code cache of a bundle", function () {
  this.timeout(60_000);
  for (const name of ["run", "build", "image"]) {
    const bundle = join(PACKAGES, name, "bundle");
    const hot = readdirSync(join(bundle, "code")).filter((file) => /^main.*\.js$/.test(file));

    it(`${name}: has the modules of any command, and of some hot ones`, () => {
      assert.ok(hot.includes("main.js") && hot.length > 1, hot.join());
    });

    for (const file of hot) {
      it(`${name}: V8 takes what was compiled of ${file}`, () => {
        const program = `
          const load = require(${JSON.stringify(join(bundle, "main.js"))});
          load.onScript = (file, script) => console.log(script.cachedDataRejected);
          load.useHot(${JSON.stringify(file.replace(/\.js$/, ""))});`;
        const { stdout } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
        assert.equal(stdout, "false\n");
      });
    }
  }

  it("is not needed: a command whose modules are not together with hot ones runs as well", () => {
    const doctor = spawnSync(process.execPath, [join(PACKAGES, "run/bundle/main.js"), "doctor", "--help"], {
      encoding: "utf8",
    });
    assert.match(doctor.stdout, /Usage:/);
  });
});

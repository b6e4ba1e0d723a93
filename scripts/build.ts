/**
 * Bundles the three programs: packages/X/bundle with main.js, worker.js where the program has a worker, and code/.
 * Run by Node 24 as it is: `node scripts/build.ts [run] [build] [image]`.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import {
  bundledKoffi,
  lazyOclif,
  lazyBuiltins,
  libraryEntry,
  lightUndici,
  directImports,
  separateLibraries,
  type SeparateLibraries,
} from "./bundle-plugins.ts";

const root = join(import.meta.dirname, "..");

/**
 * Each program's package, and the command lines that its code cache is warmed with: one cache for any command, which has
 * what all use, and one for each that should start fast or loads much.
 */
const PROGRAMS = {
  run: {
    worker: true,
    warm: [
      "version --no-such",
      "ps",
      "images",
      "version",
      "run --pull=never no/such true",
      "exec no-such true",
    ],
  },
  build: { worker: true, warm: ["version --no-such", "build --no-such"] },
  image: {
    worker: false,
    warm: [
      "version --no-such",
      "inspect --tls-verify=false docker://REGISTRY/x:1",
      "copy --tls-verify=false docker://REGISTRY/x:1 docker://REGISTRY/x:1",
    ],
  },
} as const;

/** What stands for the paths of modules in a bundle; each only where used. */
const PATHS = {
  __moduleUrl: 'require("node:url").pathToFileURL(__filename).href',
  __workerFile: 'require("node:path").join(__dirname, "..", "worker.js")',
};

/** The loader's files are functions, as Node makes of CommonJS modules. */
const WRAPPER = ["(function (exports, require, module, __filename, __dirname) {", "\n})"] as const;

type Package = keyof typeof PROGRAMS;

const WORKER = join(root, "packages/core/src/store/worker-main.ts");

const chosen = process.argv.slice(2).filter((name): name is Package => name in PROGRAMS);
for (const name of chosen.length > 0 ? chosen : (Object.keys(PROGRAMS) as Package[]))
  await bundleProgram(name);

/** Writes one program's bundle beside the old one and puts it in its place, so that a running build never shows half of it. */
async function bundleProgram(name: Package): Promise<void> {
  const target = join(root, "packages", name, "bundle");
  const staged = `${target}.${process.pid}`;
  const code = join(staged, "code");
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(code, { recursive: true });
  try {
    const separate: SeparateLibraries = new Map();
    const main = join(root, "packages", name, "src/main.ts");
    await bundle({ entryPoints: [main] }, join(code, "main.js"), separate);
    const worker = PROGRAMS[name].worker && existsSync(WORKER);
    if (worker) await bundle({ entryPoints: [WORKER] }, join(code, "worker.js"), separate);
    for (const [library, paths] of separate) {
      const stdin = { contents: libraryEntry(paths), resolveDir: join(root, "packages/core") };
      await bundle({ stdin }, join(code, `${library}.js`));
    }
    if (separate.has("koffi")) copyKoffi(code);
    writeFileSync(join(staged, "package.json"), JSON.stringify({ type: "commonjs" }) + "\n");
    for (const entry of worker ? ["main.js", "worker.js"] : ["main.js"]) {
      cpSync(join(import.meta.dirname, "loader.cjs"), join(staged, entry));
    }
    warmUp(staged, PROGRAMS[name].warm);
    rmSync(target, { recursive: true, force: true });
    renameSync(staged, target);
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

async function bundle(
  entry: Pick<BuildOptions, "entryPoints" | "stdin">,
  outfile: string,
  separate?: SeparateLibraries,
): Promise<void> {
  await build({
    ...entry,
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    conditions: ["wherry-source"],
    // import() becomes require(), which the loader answers from code/ with its cache
    supported: { "dynamic-import": false },
    define: {
      "import.meta.url": "__moduleUrl",
      "import.meta.dirname": "__dirname",
      "import.meta.filename": "__filename",
      BUNDLED_WORKER: "__workerFile",
    },
    plugins: [
      lazyOclif,
      lightUndici,
      directImports,
      ...(separate === undefined ? [] : [separateLibraries(separate)]),
      bundledKoffi,
    ],
    logLevel: "warning",
    legalComments: "none",
    absWorkingDir: root,
  });
  // the loader wants plain ASCII: what esbuild leaves as it is (in regular expressions) is escaped
  const text = lazyBuiltins(readFileSync(outfile, "utf8")).replaceAll(/[^\0-\x7f]/g, escapeUnicode);
  const paths = Object.entries(PATHS).filter(([name]) => text.includes(name));
  writeFileSync(
    outfile,
    WRAPPER[0] + paths.map(([name, value]) => `const ${name} = ${value};\n`).join("") + text + WRAPPER[1],
  );
}

function escapeUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** koffi's native library for the platforms installed here, beside the code; elsewhere it is found as a dependency. */
function copyKoffi(code: string): void {
  const vendor = join(root, "node_modules/@koromix");
  for (const name of readdirSync(vendor)) {
    if (name.startsWith("koffi-linux-"))
      cpSync(join(vendor, name), join(code, "native", name), { recursive: true });
  }
}

/** Runs the program with each command line, and saves what V8 has compiled for it by then. */
function warmUp(staged: string, commandLines: readonly string[]): void {
  const home = join(staged, "no-home");
  commandLines.forEach((line, index) => {
    const words = line.split(" ");
    const suffix = index === 0 ? "" : `-${words[0] ?? ""}`;
    execFileSync(process.execPath, [join(import.meta.dirname, "warm-up.cjs"), staged, suffix, ...words], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { HOME: home, XDG_RUNTIME_DIR: home, PATH: dirname(process.execPath) },
      timeout: 60_000,
    });
  });
}

/**
 * Bundles the three programs: packages/X/bundle with main.js, worker.js where the program has a worker, and code/.
 * Run by Node 24 as it is: `node scripts/build.ts [run] [build] [image]`.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundleModules, type Modules } from "./bundle-modules.ts";

const root = join(import.meta.dirname, "..");

/**
 * Each program's package, and the command lines whose modules stand together with what V8 compiled of them: "main" is for
 * any command, the others for those that should start fast or load much.
 */
const PROGRAMS = {
  run: {
    worker: true,
    hot: {
      main: "version --no-such",
      "main-ps": "ps",
      "main-images": "images",
      "main-version": "version",
      "main-run": "run --pull=never no/such true",
      "main-exec": "exec no-such true",
    },
  },
  build: { worker: true, hot: { main: "version --no-such", "main-build": "build --no-such" } },
  image: {
    worker: false,
    hot: {
      main: "version --no-such",
      "main-inspect": "inspect --tls-verify=false docker://REGISTRY/x:1",
      "main-list-tags": "list-tags --tls-verify=false docker://REGISTRY/x",
      "main-sync":
        "sync -s docker -d docker --src-tls-verify=false --dest-tls-verify=false REGISTRY/x REGISTRY/y",
      "main-copy": "copy --tls-verify=false docker://REGISTRY/x:1 docker://REGISTRY/x:1",
    },
  },
} as const;

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
    const { worker, hot } = PROGRAMS[name];
    const main = join(root, "packages", name, "src/main.ts");
    const modules = await bundleModules(worker ? { main, worker: WORKER } : { main });
    writeModules(code, modules);
    if ([...modules.functions.keys()].some((path) => path.startsWith("node_modules/koffi/"))) copyKoffi(code);
    writeFileSync(join(staged, "package.json"), JSON.stringify({ type: "commonjs" }) + "\n");
    for (const entry of worker ? ["main.js", "worker.js"] : ["main.js"])
      cpSync(join(import.meta.dirname, "loader.cjs"), join(staged, entry));
    for (const [hotName, line] of Object.entries(hot)) warmUp(staged, modules, hotName, line);
    rmSync(target, { recursive: true, force: true });
    renameSync(staged, target);
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

/** All modules in one file, and where in it each is: offset and length in bytes. */
function writeModules(code: string, { prelude, functions }: Modules): void {
  const places: Record<string, [number, number]> = {};
  let offset = 0;
  for (const [name, text] of functions) {
    places[name] = [offset, text.length];
    offset += text.length + 1;
  }
  writeFileSync(join(code, "modules.js"), [...functions.values(), ""].join("\n"), "latin1");
  writeFileSync(join(code, "modules.json"), JSON.stringify({ prelude, places }));
}

/** Puts the modules that a command line evaluates together, and saves what V8 has compiled of them by its end. */
function warmUp(staged: string, { prelude, functions }: Modules, hotName: string, line: string): void {
  const words = line.split(" ");
  const used = JSON.parse(runWarmUp(staged, ["list", staged, ...words])) as string[];
  const entries = used.map((name) => `${JSON.stringify(name)}: ${functions.get(name) ?? ""}`);
  writeFileSync(
    join(staged, "code", `${hotName}.js`),
    `${prelude}return {\n${entries.join(",\n")}\n};\n})()`,
    "latin1",
  );
  runWarmUp(staged, ["cache", staged, hotName, ...words]);
}

function runWarmUp(staged: string, args: readonly string[]): string {
  const home = join(staged, "no-home");
  return execFileSync(process.execPath, [join(import.meta.dirname, "warm-up.cjs"), ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    env: { HOME: home, XDG_RUNTIME_DIR: home, PATH: dirname(process.execPath) },
    timeout: 60_000,
  });
}

/** koffi's native library for the platforms installed here, beside the code; elsewhere it is found as a dependency. */
function copyKoffi(code: string): void {
  const vendor = join(root, "node_modules/@koromix");
  for (const name of readdirSync(vendor)) {
    if (name.startsWith("koffi-linux-"))
      cpSync(join(vendor, name), join(code, "native", name), { recursive: true });
  }
}

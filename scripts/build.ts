/**
 * Bundles the three programs: packages/X/bundle with main.js, worker.js where the program has a worker, and code/.
 * Run by Node 24 as it is: `node scripts/build.ts [run] [build] [image]`.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { endHolder } from "../packages/core/src/userns/holder.ts";
import { bundleModules, type Modules } from "./bundle-modules.ts";
import { makeHome, WARM_UPS, type WarmUp } from "./warm-up-lines.ts";

const root = join(import.meta.dirname, "..");

const HAS_WORKER = { run: true, build: true, image: false };

type Package = keyof typeof WARM_UPS;

const WARM_UP = join(import.meta.dirname, "warm-up.cjs");
const WORKER = join(root, "packages/core/src/store/worker-main.ts");

const chosen = process.argv.slice(2).filter((name): name is Package => name in WARM_UPS);
await Promise.all((chosen.length > 0 ? chosen : (Object.keys(WARM_UPS) as Package[])).map(bundleProgram));

/** Writes one program's bundle beside the old one and puts it in its place, so that a running build never shows half of it. */
async function bundleProgram(name: Package): Promise<void> {
  const target = join(root, "packages", name, "bundle");
  const staged = `${target}.${process.pid}`;
  const code = join(staged, "code");
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(code, { recursive: true });
  try {
    const worker = HAS_WORKER[name];
    const main = join(root, "packages", name, "src/main.ts");
    const modules = await bundleModules(worker ? { main, worker: WORKER } : { main });
    writeModules(code, modules);
    if ([...modules.functions.keys()].some((path) => path.startsWith("node_modules/koffi/"))) copyKoffi(code);
    writeFileSync(join(staged, "package.json"), JSON.stringify({ type: "commonjs" }) + "\n");
    for (const entry of worker ? ["main.js", "worker.js"] : ["main.js"])
      cpSync(join(import.meta.dirname, "loader.cjs"), join(staged, entry));
    await warmUp(staged, modules, WARM_UPS[name]);
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

/** Puts the modules that hot command lines evaluate together, and saves what V8 has compiled of them by their end. */
async function warmUp(
  staged: string,
  { prelude, functions }: Modules,
  { before, after, hot }: WarmUp,
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "wherry-warm-up-"));
  const inHome = (line: readonly string[]) => line.map((word) => word.replace("HOME", home));
  const runAll = async (lines: readonly (readonly string[])[]) => {
    // what this host cannot do is only not warmed up
    for (const line of lines) await runInHome(home, [join(staged, "main.js"), ...inHome(line)], false);
  };
  try {
    makeHome(home);
    await runAll(before);
    for (const [name, { lines, also = [] }] of Object.entries(hot)) {
      const task = JSON.stringify({
        lines: lines.map(inHome),
        also: also.filter((path) => functions.has(path)),
      });
      const used = JSON.parse(await runInHome(home, [WARM_UP, "list", staged, task])) as string[];
      const entries = used.map((path) => `${JSON.stringify(path)}: ${functions.get(path) ?? ""}`);
      writeFileSync(
        join(staged, "code", `${name}.js`),
        `${prelude}return {\n${entries.join(",\n")}\n};\n})()`,
        "latin1",
      );
      await runInHome(home, [WARM_UP, "cache", staged, name, task]);
    }
  } finally {
    await runAll(after);
    endHolder({ runtimeDir: join(home, "wherry"), procRoot: "/proc" });
    rmSync(home, { recursive: true, force: true });
  }
}

async function runInHome(home: string, args: readonly string[], reject = true): Promise<string> {
  const { stdout } = await execa(process.execPath, args, {
    env: { HOME: home, XDG_RUNTIME_DIR: home, TMPDIR: home, PATH: process.env["PATH"] },
    extendEnv: false,
    timeout: 60_000,
    reject,
    stdin: "ignore",
  });
  return stdout;
}

/** koffi's native library for the platforms installed here, beside the code; elsewhere it is found as a dependency. */
function copyKoffi(code: string): void {
  const vendor = join(root, "node_modules/@koromix");
  for (const name of readdirSync(vendor)) {
    if (name.startsWith("koffi-linux-"))
      cpSync(join(vendor, name), join(code, "native", name), { recursive: true });
  }
}

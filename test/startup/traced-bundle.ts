import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGES = join(import.meta.dirname, "../../packages");

/** Where a bundle's wrapper of a module is called the first time; `name` is the module's path. */
const WRAPPERS = [
  ["(fn = 0)", "(globalThis.__evaluated?.push(__getOwnPropNames(fn)[0]), fn = 0)"],
  [
    "return mod || (0, cb",
    "return mod || globalThis.__evaluated?.push(__getOwnPropNames(cb)[0]), mod || (0, cb",
  ],
] as const;

const PROLOGUE = `
globalThis.__evaluated = [];
process.on("exit", () => {
  const builtins = process.moduleLoadList.map((entry) => entry.replace("NativeModule ", ""));
  const traced = { modules: globalThis.__evaluated, builtins };
  process.getBuiltinModule("node:fs").writeFileSync(process.env.EVALUATED_MODULES, JSON.stringify(traced));
});
`;

/** What a run of a traced bundle did. */
export interface TracedRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Paths of the modules that were evaluated, and names of files of code/ that were read. */
  readonly modules: readonly string[];
  /** Node's own modules that were loaded. */
  readonly builtins: readonly string[];
}

/** A copy of a program's bundle that tells which modules each run evaluates. The bundle itself has nothing of this. */
export class TracedBundle implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "wherry-traced-"));

  /** @param name the package: "run", "build" or "image". */
  constructor(name: string) {
    cpSync(join(PACKAGES, name, "bundle"), this.#folder, { recursive: true });
    const code = join(this.#folder, "code");
    for (const file of readdirSync(code)) {
      const path = join(code, file);
      if (file.endsWith(".cache")) rmSync(path);
      if (file.endsWith(".js")) writeFileSync(path, traced(readFileSync(path, "latin1"), file), "latin1");
    }
  }

  run(argv: readonly string[]): TracedRun {
    const list = join(this.#folder, "evaluated");
    const home = join(this.#folder, "home");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(this.#folder, "main.js"), ...argv],
      {
        encoding: "utf8",
        env: { HOME: home, XDG_RUNTIME_DIR: home, PATH: "/usr/bin:/bin", EVALUATED_MODULES: list },
      },
    );
    const traced = JSON.parse(readFileSync(list, "utf8")) as Pick<TracedRun, "modules" | "builtins">;
    return { status, stdout, stderr, ...traced };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function traced(text: string, file: string): string {
  const changed = WRAPPERS.reduce((before, [from, to]) => before.replace(from, to), text);
  if (file !== "main.js") return `globalThis.__evaluated?.push(${JSON.stringify(file)});${changed}`;
  if (changed === text) throw new Error("esbuild wraps modules in another way now: trace it again");
  return PROLOGUE + changed;
}

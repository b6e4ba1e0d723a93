import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGES = join(import.meta.dirname, "../../packages");

/** Starts a bundle as its main.js does, and writes down which modules that evaluates. */
const TRACER = `
const [bundle, list, ...argv] = process.argv.slice(1);
const load = require(bundle);
const modules = [];
load.onModule = (name) => modules.push(name);
process.on("exit", () => {
  const builtins = process.moduleLoadList.map((entry) => entry.replace("NativeModule ", ""));
  process.getBuiltinModule("node:fs").writeFileSync(list, JSON.stringify({ modules, builtins }));
});
process.argv = [process.execPath, bundle, ...argv];
load.start("main");
`;

/** What a run of a traced bundle did. */
export interface TracedRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Paths of the modules that were evaluated. */
  readonly modules: readonly string[];
  /** Node's own modules that were loaded. */
  readonly builtins: readonly string[];
}

/** A program's bundle, run so that it tells which modules each command line evaluates. */
export class TracedBundle implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "wherry-traced-"));
  readonly #main: string;

  /** @param name the package: "run", "build" or "image". */
  constructor(name: string) {
    this.#main = join(PACKAGES, name, "bundle/main.js");
  }

  run(argv: readonly string[]): TracedRun {
    const list = join(this.#folder, "evaluated");
    const home = join(this.#folder, "home");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "-e", TRACER, "--", this.#main, list, ...argv],
      { encoding: "utf8", env: { HOME: home, XDG_RUNTIME_DIR: home, PATH: "/usr/bin:/bin" } },
    );
    const traced = JSON.parse(readFileSync(list, "utf8")) as Pick<TracedRun, "modules" | "builtins">;
    return { status, stdout, stderr, ...traced };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

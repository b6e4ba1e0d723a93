import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";

/** Libraries too big for the file that every command reads: each becomes a file of its own, read when first needed. */
const SEPARATE = ["undici", "koffi", "tar-stream", "smol-toml"];

/** Which files of each separate library are used, as they are imported: "undici/lib/…". */
export type SeparateLibraries = Map<string, Set<string>>;

/** Leaves the separate libraries out of a bundle: `undici/x.js` becomes what the loader finds in `./undici.js` under that name. */
export function separateLibraries(used: SeparateLibraries): Plugin {
  return {
    name: "separate-libraries",
    setup(builder) {
      builder.onResolve({ filter: /^[a-z]/ }, ({ path }) => {
        const library = SEPARATE.find((name) => path === name || path.startsWith(`${name}/`));
        if (library === undefined) return undefined;
        used.set(library, (used.get(library) ?? new Set()).add(path));
        return { path, namespace: "separate", pluginData: library };
      });
      builder.onLoad({ filter: /.*/, namespace: "separate" }, ({ path, pluginData }) => ({
        contents: `module.exports = require("./${String(pluginData)}.js")[${JSON.stringify(path)}];`,
      }));
      builder.onResolve({ filter: /^\.\/[a-z-]+\.js$/, namespace: "separate" }, ({ path }) => ({
        path,
        external: true,
      }));
    },
  };
}

/** The text of a separate library's entry: each used file under the name it is imported by, evaluated when asked for. */
export function libraryEntry(paths: ReadonlySet<string>): string {
  return [...paths]
    .map((path) => JSON.stringify(path))
    .map((path) => `Object.defineProperty(exports, ${path}, { get: () => require(${path}) });`)
    .join("\n");
}

/** Finds koffi's native library beside the code, where build.ts copies it, else among the dependencies. */
export const bundledKoffi: Plugin = {
  name: "bundled-koffi",
  setup(builder) {
    builder.onLoad({ filter: /\/koffi\/src\/koffi\/src\/static\.cjs$/ }, () => ({
      contents: `
        const requireNative = require("node:module").createRequire(__filename);
        exports.loadStatic = (platform) => {
          const beside = __dirname + "/native/koffi-" + platform;
          return requireNative(require("node:fs").existsSync(beside) ? beside : "@koromix/koffi-" + platform);
        };`,
    }));
  },
};

/**
 * oclif loads all of itself at once; a command needs a tenth of it. Each `const x_1 = require("…")` of its compiled
 * files becomes a function that requires at the first use. Also out: what it does to the streams of the process while
 * loading (3 ms, and ours to do), `localeCompare` (6 ms of ICU), and its plugin loader and help, which we do not use
 * and which bring a TypeScript compiler along.
 */
export const lazyOclif: Plugin = {
  name: "lazy-oclif",
  setup(builder) {
    builder.onLoad({ filter: /\/@oclif\/core\/lib\/(?:config|help)\/index\.js$/ }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not part of the bundle`)});`,
    }));
    builder.onLoad({ filter: /\/@oclif\/core\/lib\/.*\.js$/ }, ({ path }) => ({
      contents: lazyRequires(withoutStreamHandler(readFileSync(path, "utf8"), path)),
      resolveDir: dirname(path),
    }));
  },
};

const REQUIRE =
  /^const (\w+_\d+|Errors|Parser|Args|Flags) = ((?:__importDefault|__importStar)?\(?require\("[^"]+"\)\)?);$/gm;

function lazyRequires(source: string): string {
  const names: string[] = [];
  const declared = source.replaceAll(REQUIRE, (_, name: string, expression: string) => {
    names.push(name);
    return `let ${name}$; const $${name} = () => (${name}$ ??= ${expression});`;
  });
  return names.reduce(
    (text, name) => text.replaceAll(new RegExp(`(?<![\\w$."'])${name}(?=[.)])`, "g"), () => `($${name}())`),
    declared.replaceAll(/([\w.]+)\.localeCompare\(([\w.]+)\)/g, "($1 < $2 ? -1 : $1 > $2 ? 1 : 0)"),
  );
}

function withoutStreamHandler(source: string, path: string): string {
  if (!path.endsWith("/lib/command.js")) return source;
  const changed = source.replace(/^process\.stdout\.on\('error'[\s\S]*?^\}\);$/m, "");
  if (changed === source) throw new Error(`${path} has changed: look again at what it does while loading`);
  return changed;
}

/** Lets a bundle be made while a module of ours is not written yet: using that module throws. */
export const partial: Plugin = {
  name: "partial",
  setup(builder) {
    builder.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir }) => {
      if (existsSync(join(resolveDir, path))) return undefined;
      return { path, namespace: "absent" };
    });
    builder.onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} does not exist yet`)}); module.exports = {};`,
    }));
  },
};

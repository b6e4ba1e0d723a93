import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Our files with each import through a module's index.ts led to the file behind it: a command then evaluates the files it
 * uses (40 for `ps`), not all files of all modules it touches (190).
 */
export const directImports: Plugin = {
  name: "direct-imports",
  setup(builder) {
    builder.onLoad({ filter: /\/packages\/\w+\/src\/.*\.ts$/ }, ({ path }) => ({
      contents: withDirectImports(readFileSync(path, "utf8"), path),
      loader: "ts",
      resolveDir: dirname(path),
    }));
  },
};

const THROUGH_INDEX = /^import \{([^}]*)\} from "(\.[^"]*\/index\.ts|@wherry\/core\/[\w-]+)";$/gm;
const LATER_THROUGH_INDEX =
  /\bconst \{([\w\s,]*)\} = await import\("(\.[^"]*\/index\.ts|@wherry\/core\/[\w-]+)"\);/g;

function withDirectImports(source: string, path: string): string {
  return source
    .replaceAll(THROUGH_INDEX, (_, list: string, target: string) =>
      filesOf(list, target, path)
        .map(([name, file]) => `import { ${name} } from ${file};`)
        .join(" "),
    )
    .replaceAll(LATER_THROUGH_INDEX, (_, list: string, target: string) =>
      filesOf(list, target, path)
        .map(([name, file]) => `const { ${name} } = await import(${file});`)
        .join(" "),
    );
}

/** Each name of an import list with the file it comes from, as a string literal. */
function filesOf(list: string, target: string, importer: string): [name: string, file: string][] {
  const index = target.startsWith("@wherry/core/")
    ? join(CORE, target.slice("@wherry/core/".length), "index.ts")
    : join(dirname(importer), target);
  const files = filesBehind(index);
  return namesIn(list).map((name) => [name, JSON.stringify(files.get(name.split(" as ")[0] ?? "") ?? index)]);
}

const CORE = join(import.meta.dirname, "../packages/core/src");

const known = new Map<string, ReadonlyMap<string, string>>();

/** The names an index.ts hands on, and the file each comes from. */
function filesBehind(index: string): ReadonlyMap<string, string> {
  const cached = known.get(index);
  if (cached !== undefined) return cached;
  const files = new Map<string, string>();
  known.set(index, files);
  for (const [, list = "", from = ""] of readFileSync(index, "utf8").matchAll(
    /^export \{([^}]*)\} from "(\.[^"]*)";$/gm,
  )) {
    const file = join(dirname(index), from);
    const deeper = from.endsWith("/index.ts") ? filesBehind(file) : undefined;
    for (const name of namesIn(list)) if (!name.includes(" as ")) files.set(name, deeper?.get(name) ?? file);
  }
  return files;
}

/** The names of values in an import or export list; types are gone. */
function namesIn(list: string): string[] {
  return list
    .replaceAll(/\/\/.*$/gm, "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "));
}

/** valibot with the functions that our files use: a twentieth of it. */
export const lightValibot: Plugin = {
  name: "light-valibot",
  setup(builder) {
    builder.onLoad({ filter: /\/valibot\/dist\/index\.mjs$/, namespace: "file" }, ({ path }) => {
      const [, exported = ""] = /^export \{([^}]*)\};$/m.exec(readFileSync(path, "utf8")) ?? [];
      const names = namesIn(exported)
        .map((name) => name.replace(/.* as /, ""))
        .filter((name) => namesOfValibot().has(name));
      return {
        contents: `export { ${names.join(", ")} } from ${JSON.stringify(path)};`,
        resolveDir: dirname(path),
      };
    });
    builder.onResolve({ filter: /\/valibot\/dist\/index\.mjs$/ }, ({ path, importer }) =>
      importer === path ? { path, namespace: "whole", sideEffects: false } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: "whole" }, ({ path }) => ({
      contents: readFileSync(path, "utf8"),
    }));
  },
};

let ofValibot: ReadonlySet<string> | undefined;

function namesOfValibot(): ReadonlySet<string> {
  ofValibot ??= new Set(
    globSync("*/src/**/*.ts", { cwd: join(CORE, "../..") })
      .map((path) => readFileSync(join(CORE, "../..", path), "utf8"))
      .filter((source) => source.includes('from "valibot"'))
      .flatMap((source) => [...source.matchAll(/\bv\.(\w+)/g)].map(([, name = ""]) => name)),
  );
  return ofValibot;
}

/** Finds koffi's native library beside the code, where build.ts copies it, else among the dependencies. */
export const bundledKoffi: Plugin = {
  name: "bundled-koffi",
  setup(builder) {
    // its CommonJS form, whose native library is loaded by the file below
    builder.onResolve({ filter: /^koffi$/ }, ({ path, importer, resolveDir, kind }) =>
      kind === "require-call"
        ? undefined
        : builder.resolve(path, { importer, resolveDir, kind: "require-call" }),
    );
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

/** Parts of oclif that our command lines never reach: plugins, its help, its own output. */
const UNUSED = /\/@oclif\/core\/lib\/(?:config\/index|help\/index|help\/util|ux\/index|ux\/list)\.js$/;

/**
 * oclif loads all of itself at once; a command needs a tenth of it. Each `const x_1 = require("…")` of its compiled
 * files becomes a function that requires at the first use. Also out: what it does to the streams of the process while
 * loading (3 ms, and ours to do), `localeCompare` (6 ms of ICU), and UNUSED, which
 * brings a TypeScript compiler and 300 kB along.
 */
export const lazyOclif: Plugin = {
  name: "lazy-oclif",
  setup(builder) {
    builder.onLoad({ filter: UNUSED }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not part of the bundle`)});`,
    }));
    builder.onLoad({ filter: /\/@oclif\/core\/lib\/(?:logger|ux\/theme)\.js$/ }, () => ({
      contents: "exports.makeDebug = () => () => undefined; exports.colorize = (_, text) => text;",
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

const IMPORT =
  /^( *|var )(import_\w+) = ((?:__toESM\()?require\("(?:node:[\w/]+|packages\/[^"]+\.ts)"\)(?:, 1\))?);\n/gm;

/**
 * The text of a module with each of Node's modules and of ours loaded at its first use instead of at the start of this
 * one. Of Node's, crypto costs 5 ms, child_process 4, stream 3; of ours, a command uses a third of what it imports.
 */
export function lazyImports(text: string): string {
  const loads = new Map<string, string>();
  for (const [, , name = "", expression = ""] of text.matchAll(IMPORT)) {
    const uses = text.match(new RegExp(`\\b${name}\\b(?!\\.|,|;| = )`, "g")) ?? [];
    const isGlobal = new RegExp(`^var (?:[^;]*\\W)?${name}\\b`, "m").test(text); // not inside a wrapped CommonJS module
    if (uses.length === 0 && isGlobal) loads.set(name, expression); // else the module is handed on as a whole
  }
  const without = text.replaceAll(IMPORT, (line, start: string, name: string) =>
    loads.has(name) ? (start === "var " ? `var ${name};\n` : "") : line,
  );
  // in parentheses, since `new f().Y()` would construct f
  const lazy = without.replaceAll(/\b(import_\w+)(?=\.)/g, (name) =>
    loads.has(name) ? `($${name}())` : name,
  );
  const functions = Array.from(
    loads,
    ([name, load]) => `function $${name}() { return ${name} ??= ${load}; }\n`,
  );
  return lazy + functions.join("");
}

import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { bundledKoffi, directImports, lazyImports, lazyOclif, lightValibot } from "./bundle-plugins.ts";

const ROOT = join(import.meta.dirname, "..");

/** A program as the loader wants it. */
export interface Modules {
  /** What esbuild's code calls in every module; opens a function that `})()` ends. */
  readonly prelude: string;
  /** Each module by its path below the project's folder, the entries by their names: a function expression as CommonJS has it. */
  readonly functions: ReadonlyMap<string, string>;
}

/** What stands for the paths of modules; each only where used. */
const PATHS = {
  __moduleUrl: 'require("node:url").pathToFileURL(__filename).href',
  __workerFile: 'require("node:path").join(__dirname, "..", "worker.js")',
};

/** A module of Node's as import sees it; esbuild's own way asks for each of its properties, and some load much. */
const OF_NODE = "var __ofNode = (module) => Object.create(module, { default: { value: module } });";

/**
 * Compiles a program to CommonJS, each module by itself.
 *
 * @param entries main files by the names they get
 */
export async function bundleModules(entries: Readonly<Record<string, string>>): Promise<Modules> {
  const { metafile } = await build({ ...options([]), entryPoints: Object.values(entries), metafile: true });
  const paths = Object.keys(metafile.inputs).filter((path) => !/^[\w-]+:/.test(path));
  const { outputFiles = [] } = await build({
    ...options([modulesApart]),
    entryPoints: paths.map((path, index) => ({ in: join(ROOT, path), out: String(index) })),
  });
  const helpers = new Set<string>();
  const functions = new Map<string, string>();
  for (const { path: output, text } of outputFiles) {
    const path = paths[Number(/(\d+)\.js$/.exec(output)?.[1])];
    if (path === undefined) throw new Error(`esbuild wrote ${output}`);
    functions.set(path, moduleFunction(withoutHelpers(text, helpers)));
  }
  for (const [name, file] of Object.entries(entries))
    functions.set(name, `(function (exports, require) { require(${JSON.stringify(idOf(file))}); })`);
  return { prelude: `(function () {\n${[...helpers, OF_NODE].join("\n")}\n`, functions };
}

function options(plugins: readonly Plugin[]): BuildOptions {
  return {
    bundle: true,
    write: false,
    outdir: join(ROOT, "out"),
    platform: "node",
    format: "cjs",
    target: "node24",
    conditions: ["wherry-source"],
    // import() becomes require(), which the loader answers
    supported: { "dynamic-import": false },
    define: {
      "import.meta.url": "__moduleUrl",
      "import.meta.dirname": "__dirname",
      "import.meta.filename": "__filename",
      BUNDLED_WORKER: "__workerFile",
    },
    plugins: [...plugins, lazyOclif, lightValibot, directImports, bundledKoffi],
    logLevel: "warning",
    legalComments: "none",
    absWorkingDir: ROOT,
  };
}

/** Leaves every import of a file outside, under the name by which the loader knows it. */
const modulesApart: Plugin = {
  name: "modules-apart",
  setup(builder) {
    builder.onResolve({ filter: /.*/ }, async ({ path, pluginData, ...from }) => {
      if (from.kind === "entry-point" || pluginData === modulesApart) return undefined;
      const resolved = await builder.resolve(path, { ...from, pluginData: modulesApart });
      // by this the loader knows Node's modules without looking for them among ours
      if (resolved.external && isBuiltin(resolved.path))
        return { ...resolved, path: `node:${resolved.path.replace(/^node:/, "")}` };
      if (resolved.errors.length > 0 || resolved.external || resolved.namespace !== "file") return resolved;
      return { path: idOf(resolved.path), external: true };
    });
  },
};

function idOf(path: string): string {
  return relative(ROOT, path);
}

/** esbuild's own functions at the head of a file, up to the comment that names the first module. */
function withoutHelpers(text: string, helpers: Set<string>): string {
  const body = text.search(/^\/\/ /m);
  const head = text.slice(0, body).replace(/^"use strict";\n/, "");
  for (const helper of head.split(/\n(?=var )/)) if (helper.trim() !== "") helpers.add(helper.trim());
  return text.slice(body);
}

/** The loader wants plain ASCII: what esbuild leaves as it is (in regular expressions) is escaped. */
function moduleFunction(text: string): string {
  // what was an ECMAScript module is one still: its default export is what it says
  const plain = text.replaceAll(/__toESM\((require\("[^"]*\.(?:ts|mjs)"\))(?:, 1)?\)/g, "$1");
  const light = lazyImports(plain).replaceAll(
    /__toESM\((require\("node:[\w/]+"\))(?:, 1)?\)/g,
    "__ofNode($1)",
  );
  const ascii = light.replaceAll(/[^\0-\x7f]/g, escapeUnicode);
  const paths = Object.entries(PATHS).filter(([name]) => ascii.includes(name));
  const head = paths.map(([name, value]) => `const ${name} = ${value};\n`).join("");
  return `(function (exports, require, module, __filename, __dirname) { "use strict";\n${head}${ascii}\n})`;
}

function escapeUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

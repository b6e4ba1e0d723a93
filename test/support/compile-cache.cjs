// What Node compiles of the sources is kept for the next process: a worker started from them costs a third. Read by mocha.
const { accessSync, constants, mkdirSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { tmpdir, userInfo } = require("node:os");
const { join } = require("node:path");

process.env.NODE_COMPILE_CACHE ??= folder();
enableCompileCache(process.env.NODE_COMPILE_CACHE);

/** Beside the npm packages; an ordinary user who may not write there has one of its own. */
function folder() {
  const usual = join(__dirname, "../../node_modules/.cache/compiled");
  try {
    mkdirSync(usual, { recursive: true });
    accessSync(usual, constants.W_OK);
    return usual;
  } catch {
    return join(tmpdir(), `wherry-compiled-${userInfo().uid}`);
  }
}

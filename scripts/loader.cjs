"use strict";
/* Starts a bundled program out of code/ with V8's code cache beside it. Copied to bundle/main.js and
   bundle/worker.js; in the oldest JavaScript, so that an old Node can read it and say what it lacks. */
var version = process.versions.node.split(".").map(Number);
if (version[0] < 24 || (version[0] === 24 && version[1] < 15)) {
  process.stderr.write(
    "Error: Node.js 24.15 or newer is needed, this is " +
      process.version +
      " (" +
      process.execPath +
      ")\n" +
      "Install it with `npm install --global node-linux-" +
      process.arch +
      "@24.21.0`, or set WHERRY_NODE to the path of another one\n",
  );
  process.exit(125);
}

var fs = require("fs");
var vm = require("vm");
var folder = __dirname + "/code/";
var modules = Object.create(null);

/** A file of code/, evaluated once: a function around a module's text. */
function load(name) {
  if (modules[name]) return modules[name].exports;
  var file = folder + name;
  var script = new vm.Script(fs.readFileSync(file, "utf8"), { filename: file, cachedData: cacheFor(file) });
  if (load.onScript) load.onScript(file, script);
  var module = (modules[name] = { exports: {} });
  script.runInThisContext()(module.exports, requireFrom, module, file, folder);
  return module.exports;
}

/** What V8 compiled of the file for this command when it was built, else for any. V8 checks that it fits. */
function cacheFor(file) {
  var base = file.slice(0, -3);
  var command = process.argv[2];
  var candidates = /^[a-z]+$/.test(command)
    ? [base + "-" + command + ".cache", base + ".cache"]
    : [base + ".cache"];
  for (var i = 0; i < candidates.length; i++) {
    try {
      return fs.readFileSync(candidates[i]);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  return undefined;
}

function requireFrom(name) {
  return name.slice(0, 2) === "./" && name.slice(-3) === ".js" ? load(name.slice(2)) : require(name);
}
requireFrom.resolve = require.resolve;

if (require.main === module) load(__filename.slice(__dirname.length + 1));
else module.exports = load;

"use strict";
/* Starts a bundled program out of code/. Copied to bundle/main.js and bundle/worker.js; in the oldest JavaScript, so that
   an old Node can read it and say what it lacks.

   code/modules.js has every module of the program as a function, code/modules.json where each begins and ends. Those that
   a hot command uses stand together once more in code/NAME.js, with what V8 has compiled of them in code/NAME.cache: its
   start costs what it uses, however large the program is. */
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
/* Opened at once: what a program that runs for long needs later must be of its own version, not of one installed meanwhile. */
var indexFile = fs.openSync(folder + "modules.json", "r");
var textFile = fs.openSync(folder + "modules.js", "r");
var modules = Object.create(null);
var hot = Object.create(null);
var all;

/** A module's exports; the module is evaluated once. Names that are no module of ours are Node's. */
function load(name) {
  if (modules[name]) return modules[name].exports;
  if (name.slice(0, 5) === "node:") return require(name);
  var evaluate = hot[name] || cold(name);
  if (!evaluate) return require(name);
  var module = (modules[name] = { exports: {} });
  if (load.onModule) load.onModule(name);
  evaluate(module.exports, load, module, folder + "modules.js", folder);
  return module.exports;
}
load.resolve = require.resolve;

/** A module that is not with the hot ones. */
function cold(name) {
  if (!all) {
    all = JSON.parse(fs.readFileSync(indexFile, "utf8"));
  }
  var place = all.places[name];
  if (!place) return undefined;
  var bytes = Buffer.allocUnsafe(place[1]);
  for (var at = 0; at < bytes.length;) {
    var count = fs.readSync(textFile, bytes, at, bytes.length - at, place[0] + at);
    if (count === 0) throw new Error(folder + "modules.js is shorter than it was built");
    at += count;
  }
  return compile(all.prelude + "return " + bytes.latin1Slice() + "\n})()", folder + name);
}

function compile(source, file, cache) {
  var script = new vm.Script(source, { filename: file, cachedData: cache });
  if (load.onScript) load.onScript(file, script);
  return script.runInThisContext();
}

/** Makes the modules of one hot command ready; says whether there are such. V8 checks that the cache fits. */
function useHot(name) {
  var source = read(name + ".js");
  if (!source) return false;
  hot = compile(source.latin1Slice(), folder + name + ".js", read(name + ".cache"));
  return true;
}

function read(name) {
  try {
    return fs.readFileSync(folder + name);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}

/** The word that is probably the command: a wrong guess costs milliseconds, nothing else. */
function commandWord() {
  for (var i = 2; i < process.argv.length; i++) {
    if (/^[a-z][a-z-]*$/.test(process.argv[i])) return process.argv[i];
  }
  return "";
}

/** Runs the program: "main" or "worker". */
function start(entry) {
  if (!(entry === "main" && useHot("main-" + commandWord()))) useHot(entry);
  load(entry);
}
load.start = start;
load.useHot = useHot;
load.forget = function (name) {
  delete modules[name];
};

/** The command line as it was typed: the launcher has put a colon before each word that Node would have taken as its own. */
function unmarkArguments() {
  if (process.env.WHERRY_ARGUMENTS !== "marked") return;
  delete process.env.WHERRY_ARGUMENTS;
  for (var i = 2; i < process.argv.length; i++) process.argv[i] = process.argv[i].slice(1);
}

if (require.main === module) {
  unmarkArguments();
  start(__filename.slice(__dirname.length + 1, -3));
} else module.exports = load;

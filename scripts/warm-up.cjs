"use strict";
/* Writes V8's code cache for the files of a bundle: node warm-up.cjs BUNDLE COMMAND-LINE... */
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

const [bundle, ...commandLines] = process.argv.slice(2);
const load = require(join(bundle, "main.js"));
const scripts = new Map();
load.onScript = (file, script) => scripts.set(file, script);

(async () => {
  const fs = require("node:fs");
  const { writeSync } = fs;
  fs.writeSync = (fd, data, ...rest) =>
    fd === 1 || fd === 2 ? Buffer.byteLength(data) : writeSync(fd, data, ...rest);
  for (const line of commandLines) {
    process.argv = [process.execPath, join(bundle, "main.js"), ...line.split(" ")];
    await new Promise((resolve) => {
      process.exit = resolve;
      load.again("main.js");
    });
    process.removeAllListeners();
  }
  for (const [file, script] of scripts)
    writeFileSync(file.replace(/js$/, "cache"), script.createCachedData());
  process.reallyExit(0);
})();

"use strict";
/* Runs a command line of a bundle and tells what its start needs:
   node warm-up.cjs list BUNDLE WORD...        prints the names of the modules it evaluates, as JSON
   node warm-up.cjs cache BUNDLE NAME WORD...  writes what V8 has compiled of code/NAME.js by its end to code/NAME.cache
   The word REGISTRY stands for a small registry on loopback that this script is meanwhile. */
const fs = require("node:fs");
const { join } = require("node:path");

const [task, bundle, ...rest] = process.argv.slice(2);
const hot = task === "cache" ? rest.shift() : undefined;
const load = require(join(bundle, "main.js"));
const evaluated = [];
let hotScript;
load.onModule = (name) => evaluated.push(name);
load.onScript = (file, script) => {
  if (file.endsWith(`/code/${hot}.js`)) hotScript = script;
};

(async () => {
  const registry = await startRegistry();
  const { writeSync, writeFileSync } = fs;
  const { exit } = process;
  fs.writeSync = (fd, data, ...more) =>
    fd === 1 || fd === 2 ? Buffer.byteLength(data) : writeSync(fd, data, ...more);
  const argv = rest.map((word) => word.replaceAll("REGISTRY", `127.0.0.1:${registry.address().port}`));
  process.argv = [process.execPath, join(bundle, "main.js"), ...argv];
  await new Promise((resolve) => {
    process.exit = resolve;
    if (hot !== undefined) load.useHot(hot);
    load("main");
  });
  if (task === "list") writeSync(1, JSON.stringify(evaluated));
  else writeFileSync(join(bundle, "code", `${hot}.cache`), hotScript.createCachedData());
  exit(0);
})();

/** A registry with one image of one platform, which asks for no login. */
function startRegistry() {
  const { createHash } = require("node:crypto");
  const config = JSON.stringify({
    architecture: { x64: "amd64" }[process.arch] ?? process.arch,
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [] },
  });
  const digest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
  const type = "application/vnd.oci.image.manifest.v1+json";
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: config.length },
    layers: [],
  });
  const server = require("node:http").createServer(({ url }, answer) => {
    if (url.includes("/manifests/")) answer.setHeader("content-type", type);
    answer.end(
      url.includes("/manifests/")
        ? manifest
        : url.includes("/blobs/")
          ? config
          : url.includes("/tags/")
            ? '{"name":"x","tags":["1"]}'
            : "{}",
    );
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

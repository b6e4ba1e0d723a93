"use strict";
/* Runs command lines of a bundle, one after the other in this process, and tells what their start needs:
   node warm-up.cjs list BUNDLE LINES        prints the names of the modules they evaluate, as JSON
   node warm-up.cjs cache BUNDLE NAME LINES  writes what V8 has compiled of code/NAME.js by their end to code/NAME.cache
   LINES is a JSON list of lists of words; the word REGISTRY stands for a small registry on loopback that this script is meanwhile.
   What a host cannot do is not warmed up: such a line ends with its error. */
const fs = require("node:fs");
const { join } = require("node:path");
const { gzipSync } = require("node:zlib");
const { createHash } = require("node:crypto");

const [task, bundle, ...rest] = process.argv.slice(2);
const hot = task === "cache" ? rest.shift() : undefined;
const [{ lines, also }] = rest.map((text) => JSON.parse(text));
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
  process.stdout.write = process.stderr.write = () => true;
  if (hot !== undefined) load.useHot(hot);
  for (const line of lines) {
    const words = line.map((word) => word.replaceAll("REGISTRY", `127.0.0.1:${registry.address().port}`));
    process.argv = [process.execPath, join(bundle, "main.js"), ...words];
    await new Promise((resolve) => {
      process.exit = resolve;
      for (const name of evaluated) if (name === "main" || name.endsWith("/src/main.ts")) load.forget(name);
      load("main");
    });
  }
  for (const name of also) load(name);
  if (task === "list") writeSync(1, JSON.stringify([...new Set(evaluated)]));
  else writeFileSync(join(bundle, "code", `${hot}.cache`), hotScript.createCachedData());
  exit(0);
})();

/** A registry that has one image of one platform in each repository but "new", takes what it is sent, and asks for no login. */
function startRegistry() {
  const blobs = new Map();
  const blob = (mediaType, bytes) => {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const tar = Buffer.alloc(1024);
  const layer = blob("application/vnd.oci.image.layer.v1.tar+gzip", gzipSync(tar));
  const config = blob(
    "application/vnd.oci.image.config.v1+json",
    Buffer.from(
      JSON.stringify({
        architecture: { x64: "amd64" }[process.arch] ?? process.arch,
        os: "linux",
        config: {},
        rootfs: {
          type: "layers",
          diff_ids: [`sha256:${createHash("sha256").update(tar).digest("hex")}`],
        },
      }),
    ),
  );
  const type = "application/vnd.oci.image.manifest.v1+json";
  const { digest } = blob(
    type,
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers: [layer] })),
  );
  const server = require("node:http").createServer((request, answer) => {
    const { method, url } = request;
    const path = url.replace(/\?.*/, "");
    request.resume().once("end", () => {
      if (method === "POST") answer.writeHead(202, { location: `${path.replace(/\/$/, "")}/1` }).end();
      else if (method === "PATCH") answer.writeHead(202, { location: path }).end();
      else if (method === "PUT") answer.writeHead(201).end();
      else if (path === "/v2/") answer.end("{}");
      else if (path.endsWith("/tags/list")) answer.end('{"name":"x","tags":["1"]}');
      else if (path.startsWith("/v2/new/")) answer.writeHead(404).end("{}");
      else send(answer, method, path.endsWith("/1") ? digest : path.slice(path.lastIndexOf("/") + 1));
    });
  });
  const send = (answer, method, name) => {
    const bytes = blobs.get(name);
    if (bytes === undefined) return answer.writeHead(404).end("{}");
    answer.writeHead(200, {
      "content-type": name === digest ? type : "application/octet-stream",
      "content-length": bytes.length,
      "docker-content-digest": name,
    });
    return answer.end(method === "HEAD" ? undefined : bytes);
  };
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

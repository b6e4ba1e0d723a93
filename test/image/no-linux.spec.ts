import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands } from "../../packages/image/src/commands.ts";
import { TracedBundle } from "../startup/traced-bundle.ts";
import { writeLayout } from "../support/layout.ts";

const LAUNCHER = join(import.meta.dirname, "../../packages/image/bin/wherry-image");

/** What only Linux has: namespaces, mounts, runtimes, calls of the kernel. */
const OF_LINUX = /^packages\/core\/src\/(?:userns|runtime|container|network|spec)\/|koffi/;

/** Command lines that do what each command is for; R is a registry, L a layout, F a folder. `serve` and sync's helper run elsewhere, and what signs is gpg. */
const LINES: Readonly<Record<string, string>> = {
  "auth explain": "auth explain R/app:1",
  "auth token": "auth token R/app:1",
  apply: "apply F/plan.json",
  "blob get": "blob get R/app:1 DIGEST",
  cat: "cat R/app:1 /hello",
  completion: "completion bash",
  copy: "copy -q R/app:1 R/copy:1",
  delete: "delete R/gone:1",
  diff: "diff R/app:1 L:one",
  digest: "digest R/app:1",
  export: "export -o F/root.tar R/app:1",
  gc: "gc --dry-run F/layout",
  inspect: "inspect R/app:1",
  "list-repos": "list-repos HOST",
  "list-tags": "list-tags R/app",
  login: "login --get-login HOST",
  logout: "logout HOST",
  "manifest-digest": "manifest-digest F/file.json",
  "plan copy": "plan copy R/app:1 R/planned:1",
  "plan sync": "plan sync --src docker --dest dir HOST/app F/planned",
  ratelimit: "ratelimit R/app:1",
  referrers: "referrers R/app:1",
  serve: "serve --help",
  "standalone-sign": "standalone-sign --help",
  "standalone-verify": `standalone-verify F/file.json HOST/app:1 ${"A".repeat(40)} F/file.json`,
  sync: "sync --src docker --dest dir HOST/app F/synced",
  tag: "tag R/app:1 2",
  "verify-content": "verify-content R/app:1",
  version: "version",
};

describe("wherry-image needs no Linux", function () {
  this.timeout(60_000);
  let bundle: TracedBundle;
  let folder: string;
  let registry: ChildProcess;
  let host = "";
  let layer = "";

  before(async () => {
    bundle = new TracedBundle("image");
    folder = mkdtempSync(join(tmpdir(), "wherry-no-linux-"));
    mkdirSync(join(folder, "tree"));
    writeFileSync(join(folder, "tree", "hello"), "hello\n");
    writeFileSync(join(folder, "file.json"), "{}");
    const { content } = writeLayout(join(folder, "layout"), "one", [join(folder, "tree")]);
    layer = "layers" in content ? (content.layers[0]?.digest ?? "") : "";
    const words = ["serve", "--listen", "127.0.0.1:0", join(folder, "served")];
    registry = spawn(LAUNCHER, words, { stdio: ["ignore", "pipe", "inherit"] });
    for await (const chunk of registry.stdout as AsyncIterable<Buffer>) {
      host = /http:\/\/(\S+)/.exec(chunk.toString())?.[1] ?? "";
      if (host !== "") break;
    }
    for (const name of ["app", "gone"]) {
      const pushed = bundle.run(["copy", "-q", `oci:${folder}/layout:one`, `docker://${host}/${name}:1`]);
      assert.equal(pushed.status, 0, pushed.stderr);
    }
  });
  after(() => {
    registry.kill();
    bundle[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });

  for (const name of Object.keys(commands)) {
    it(`to ${name}: no module of it is loaded, no program is started`, () => {
      const line = LINES[name];
      assert.ok(line !== undefined, `${name} has no line in this test`);
      const argv = line
        .replaceAll("R/", `docker://${host}/`)
        .replaceAll("HOST", host)
        .replaceAll("L:", `oci:${folder}/layout:`)
        .replaceAll("DIGEST", layer)
        .replaceAll("F/", `${folder}/`)
        .split(" ");
      const { modules, builtins, stderr } = bundle.run(argv);
      assert.doesNotMatch(stderr, /unrecognized command|internal error|unknown (?:shorthand )?flag/);
      assert.deepEqual(
        modules.filter((path) => OF_LINUX.test(path)),
        [],
      );
      assert.deepEqual(
        builtins.filter((builtin) => ["child_process", "cluster", "worker_threads"].includes(builtin)),
        [],
      );
    });
  }
});

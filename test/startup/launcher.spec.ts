import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const PACKAGES = join(import.meta.dirname, "../../packages");

describe("launcher", function () {
  this.timeout(60_000);
  let folder = "";
  let links = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry launchér-"));
    links = join(folder, "bin dir");
    mkdirSync(links);
    for (const name of ["run", "build", "image"]) {
      for (const part of ["bin", "bundle"]) {
        cpSync(join(PACKAGES, name, part), join(folder, "packages", name, part), { recursive: true });
      }
    }
    const target = join("..", "packages", "run", "bin", "wherry");
    for (const name of ["wherry", "podman", "skopeo", "buildah", "other"])
      symlinkSync(target, join(links, name));
    symlinkSync("podman", join(links, "second"));
    symlinkSync(join(folder, "packages/image/bin/wherry-image"), join(links, "wherry-image"));
    chmodSync(folder, 0o755);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(command: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { status, stdout, stderr } = spawnSync(command, argv, {
      encoding: "utf8",
      env: {
        HOME: folder,
        XDG_RUNTIME_DIR: folder,
        PATH: [links, "/usr/bin", "/bin"].join(delimiter),
        WHERRY_NODE: process.execPath,
        ...env,
      },
    });
    return { status, stdout, stderr };
  }

  const names = [
    { called: "wherry", line: "--version", expected: /^wherry version \d+\.\d+\.\d+\n$/ },
    { called: "podman", line: "--version", expected: /^podman version 5\.\d+\.\d+\n$/ },
    { called: "skopeo", line: "--version", expected: /^skopeo version 1\.\d+\.\d+\n$/ },
    { called: "buildah", line: "--version", expected: /^buildah version 1\.\d+\.\d+ \(image-spec .*\)\n$/ },
    { called: "other", line: "--version", expected: /^wherry version/ },
    { called: "second", line: "--version", expected: /^wherry version/ },
    { called: "podman", line: "version --help", expected: /\n {2}podman version/ },
    { called: "wherry-image", line: "copy --help", expected: /\n {2}wherry-image copy \[options\]/ },
    { called: "podman", line: "image copy --help", expected: /\n {2}podman image copy \[options\]/ },
  ];
  for (const { called, line, expected } of names) {
    it(`answers under the name ${called} through a link on PATH: ${line}`, () => {
      const { status, stdout, stderr } = run(called, line.split(" "));
      assert.match(stdout, expected);
      assert.deepEqual([status, stderr], [0, ""]);
    });
  }

  it("ends with skopeo's exit status under its name", () => {
    const { status, stderr } = run("skopeo", ["copy", "--nosuch"]);
    assert.equal(status, 1);
    assert.match(stderr, /level=fatal msg="unknown flag: --nosuch"\n$/);
  });

  it("keeps the name to itself: no child inherits it", () => {
    const { stderr } = run(join(links, "podman"), ["build", "--nosuch"]);
    assert.match(stderr, /See 'podman build --help'|podman build/);
    assert.match(run(join(links, "podman"), ["image", "nosuch"]).stderr, /`podman image nosuch`/);
  });

  it("passes every argument on as it is", () => {
    const { stderr } = run("wherry", ["version", "", "a b", "*", "$HOME", "é"]);
    assert.match(stderr, /takes no arguments/);
    assert.match(run("wherry", ["--a b*$HOME"]).stderr, /unknown flag: --a b\*\$HOME/);
  });

  it("keeps arguments that Node has too from Node", () => {
    const { status, stderr } = run("wherry", ["run", "--env-file", "/no/such/file", "image"]);
    assert.deepEqual(
      [status, stderr.split("\n")[0]],
      [125, "Error: cannot open /no/such/file: no such file or directory"],
    );
    assert.match(run("wherry", ["version", "--env-file=/no/such/file"]).stderr, /unknown flag: --env-file/);
  });

  it("keeps arguments from Node that it reads even behind --", () => {
    for (const word of ["--experimental-config-file", "--experimental-default-config-file"]) {
      const { status, stderr } = run("wherry", ["exec", "", "a  b\n*", word, ":x"]);
      assert.deepEqual(
        [status, stderr.split("\n")[0]],
        [125, 'Error: no container with name or ID "" found: no such container'],
      );
      assert.match(
        run("wherry", ["version", `${word}=x`]).stderr,
        new RegExp(`^Error: unknown flag: ${word}\n`),
      );
      assert.match(
        run("wherry", ["version", "a  b\n*", word]).stderr,
        new RegExp(`^Error: unknown flag: ${word}\n`),
      );
    }
    for (const name of ["wherry-image", "buildah"])
      assert.match(
        run(name, ["version", "--experimental-config-file"]).stderr,
        /unknown flag: --experimental-config-file/,
      );
  });

  it("says what to install where there is no Node", () => {
    const { status, stderr } = run("wherry", ["version"], { WHERRY_NODE: "/nonexistent/node" });
    assert.equal(status, 125);
    assert.match(
      stderr,
      /^Error: Node\.js 24\.15 or newer is needed, and \/nonexistent\/node was not found\nInstall it/,
    );
  });

  it("says that a Node is too old, even if it cannot read our JavaScript", () => {
    const old = join(folder, "old-node.cjs");
    writeFileSync(old, `Object.defineProperty(process, "versions", { value: { node: "20.19.0" } });`);
    const { status, stderr } = run("wherry", ["version"], { NODE_OPTIONS: `--require "${old}"` });
    assert.equal(status, 125);
    assert.match(stderr, /^Error: Node\.js 24\.15 or newer is needed, this is/);
  });

  it("says that nothing is built", () => {
    const bare = join(folder, "packages", "bare", "bin");
    mkdirSync(bare, { recursive: true });
    cpSync(join(PACKAGES, "run/bin/wherry"), join(bare, "wherry"));
    const { status, stderr } = run(join(bare, "wherry"), ["version"]);
    assert.equal(status, 125);
    assert.match(stderr, /^Error: wherry is not built: .*\nRun `npm run build`/);
  });

  it("says that a sibling is not installed", () => {
    const alone = join(folder, "alone", "run");
    cpSync(join(folder, "packages", "run"), alone, { recursive: true });
    const { status, stderr } = run(join(alone, "bin", "wherry"), ["build", "."]);
    assert.equal(status, 125);
    assert.equal(
      stderr,
      "Error: wherry-build is not installed\nInstall it with `npm install --global @wherry/build`\n",
    );
  });

  it("works for another user, who can only read it", function () {
    if (process.getuid?.() !== 0) this.skip(); // only root can become another user
    const { status, stdout } = spawnSync(join(links, "wherry"), ["version"], {
      encoding: "utf8",
      uid: 65534,
      gid: 65534,
      env: { HOME: "/nonexistent", PATH: "/usr/bin:/bin", WHERRY_NODE: readableNode(folder) },
    });
    assert.equal(status, 0);
    assert.match(stdout, /Version/);
  });

  it("ends quietly when its reader goes away", () => {
    const command = `"$0" --help | true; exit "\${PIPESTATUS[0]}"`;
    const { status, stderr } = run("bash", ["-c", command, join(links, "wherry")]);
    assert.ok(status === 141 || status === 0, `status ${String(status)}`);
    assert.equal(stderr, "");
  });
});

/** A Node that everybody can run, even if the checkout is private. */
function readableNode(folder: string): string {
  const path = join(folder, "node");
  cpSync(process.execPath, path);
  chmodSync(path, 0o755);
  return path;
}

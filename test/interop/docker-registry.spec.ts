import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  dockerRegistryProgram,
  startDockerRegistry,
  type DockerRegistry,
} from "../support/docker-registry.ts";
import { busyboxTree, writeLayout } from "../support/layout.ts";
import { tlsMissing } from "../support/registry.ts";
import { testUser, type Result, type TestUser } from "../support/user.ts";

const missing = dockerRegistryProgram() === undefined ? "docker-registry is not installed" : tlsMissing();
const LOGIN = { username: "me", password: "a secret: with spaces" };

describe(`a registry with TLS and logins${missing === undefined ? "" : ` (skipped: ${missing})`}`, function () {
  this.timeout(60_000);
  let user: TestUser;
  let registry: DockerRegistry;

  before(async function () {
    if (missing !== undefined) this.skip();
    user = testUser();
    registry = await startDockerRegistry({ parent: user.home, tls: true, login: LOGIN });
    const certificates = join(user.home, ".config/containers/certs.d", registry.host);
    mkdirSync(certificates, { recursive: true });
    copyFileSync(registry.caFile ?? "", join(certificates, "ca.crt"));
    chmodSync(join(certificates, "ca.crt"), 0o644);
    writeLayout(join(user.home, "layout"), "bb", [busyboxTree(user.home)]);
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, user.home]);
  });

  after(async () => {
    if (missing !== undefined) return;
    await registry[Symbol.asyncDispose]();
    await user[Symbol.asyncDispose]();
  });

  const name = (): string => `${registry.host}/team/bb:1`;
  const image = (...args: string[]): Promise<Result> => user.run("wherry-image", args);
  const logIn = (password: string): Promise<Result> =>
    user.run("wherry-image", ["login", "-u", LOGIN.username, "--password-stdin", registry.host], {
      input: password,
    });

  it("is not spoken to when its certificate is not trusted", async () => {
    const { status, stderr } = await user.run("wherry-image", ["inspect", `docker://${name()}`], {
      env: { XDG_CONFIG_HOME: "/nonexistent" },
    });
    assert.notEqual(status, 0);
    assert.match(stderr, /certificate/i);
  });

  it("refuses a wrong password, and says so without showing it", async () => {
    const { status, stdout, stderr } = await logIn("wrong-password");
    assert.equal(status, 3, stderr);
    assert.match(stderr, /invalid username\/password/);
    assert.doesNotMatch(stdout + stderr, /wrong-password/);
  });

  it("takes no image from a guest", async () => {
    const { status, stderr } = await image("copy", "-q", `oci:${user.home}/layout:bb`, `docker://${name()}`);
    assert.notEqual(status, 0);
    assert.match(stderr, /authentication required|unauthorized/i);
  });

  it("keeps the login in a file that only the user can read, and uses it in all three programs", async () => {
    const { status, stdout, stderr } = await logIn(LOGIN.password);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /Login Succeeded!/);
    const file = join(user.home, "run/containers/auth.json");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(file, "utf8"), new RegExp(registry.host));
    for (const [program, ...args] of [
      ["wherry-image", "copy", "-q", `oci:${user.home}/layout:bb`, `docker://${name()}`],
      ["wherry-image", "inspect", `docker://${name()}`],
      ["wherry", "pull", "-q", name()],
      ["wherry", "push", "-q", name(), `${registry.host}/team/again:1`],
    ] as const) {
      const result = await user.run(program, args);
      assert.equal(result.status, 0, `${program} ${args.join(" ")}: ${result.stderr}`);
    }
  });

  it("forgets the login", async () => {
    assert.equal((await image("logout", registry.host)).status, 0);
    assert.equal((await image("inspect", `docker://${name()}`)).status, 3);
  });
});

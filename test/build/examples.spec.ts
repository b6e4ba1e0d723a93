import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { testUser, type TestUser } from "../support/user.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");

/** With this set, bases are made of the Debian archive: minutes, and much of the network. */
const DEBIAN = process.env["WHERRY_TEST_DEBIAN"] !== undefined;

/** What a program prints; "" where it is not here. */
function said(program: string, ...args: readonly string[]): string {
  const { status, stdout } = spawnSync(program, args, { encoding: "utf8", input: "" });
  return status === 0 ? stdout.trim() : "";
}

/** gcc with what it needs for a static program: its parts, the files it links with, the headers of this source. */
function compiler(): readonly string[] | undefined {
  const parts = ["cc1", "collect2", "liblto_plugin.so"].map((name) =>
    said("gcc", `-print-prog-name=${name}`),
  );
  const linked = [
    "crt1.o",
    "crti.o",
    "crtn.o",
    "crtbeginT.o",
    "crtend.o",
    "libc.a",
    "libgcc.a",
    "libgcc_eh.a",
  ].map((name) => said("gcc", `-print-file-name=${name}`));
  const plugin = said("gcc", "-print-file-name=liblto_plugin.so");
  const headers = said("gcc", "-O2", "-M", join(EXAMPLES, "c-program/primes.c"))
    .split(/[\s\\]+/)
    .filter((path) => path.startsWith("/usr"));
  const files = [...parts.slice(0, 2), plugin, ...linked, ...headers];
  return files.length > 12 && files.every((path) => path.startsWith("/") && existsSync(path))
    ? ["sh", "gcc", "as", "ld", ...files]
    : undefined;
}

function node(): readonly string[] | undefined {
  if (!existsSync("/usr/bin/node") || !existsSync("/usr/bin/npm")) return undefined;
  return [
    "sh",
    "/usr/bin/env",
    "/usr/bin/node",
    "/usr/bin/npm",
    dirname(dirname(realpathSync("/usr/bin/npm"))),
  ];
}

function python(): readonly string[] | undefined {
  if (!existsSync("/usr/bin/python3")) return undefined;
  const library = said("/usr/bin/python3", "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))");
  return library === "" ? undefined : ["sh", "/usr/bin/python3", library];
}

describe("the examples", function () {
  this.timeout(DEBIAN ? 1_200_000 : 120_000);
  let user: TestUser;
  before(() => {
    user = testUser();
    cpSync(EXAMPLES, join(user.home, "examples"), { recursive: true });
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, join(user.home, "examples")]);
  });
  after(() => user[Symbol.asyncDispose]());

  const ok = async (program: string, ...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await user.run(program, args, {
      timeoutMs: DEBIAN ? 1_000_000 : 100_000,
    });
    assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  const base = (name: string, packages: string, programs: readonly string[] = []) =>
    DEBIAN
      ? ok("wherry-build", "base", "debian", "-q", name, "--include", packages)
      : ok("wherry-build", "base", "host", "-q", name, ...programs);
  const build = (name: string, folder: string) =>
    ok("wherry-build", "build", "-t", name, join(user.home, "examples", folder));
  /** What a program in a container prints, as soon as it succeeds. */
  const inside = async (container: string, ...command: readonly string[]): Promise<string> => {
    for (let tries = 0; ; tries++) {
      const { status, stdout, stderr } = await user.run("wherry", ["exec", container, ...command]);
      if (status === 0) return stdout.trim();
      assert.ok(tries < 50, stderr);
      await sleep(100);
    }
  };

  const c = compiler();
  it(`compile a C program and copy it to scratch${DEBIAN || c ? "" : " (skipped: no gcc with a static libc here)"}`, async function () {
    if (!DEBIAN && c === undefined) this.skip();
    await base("c-base", "gcc,libc6-dev", c);
    await build("primes", "c-program");
    assert.equal(await ok("wherry", "run", "--rm", "--network=none", "primes", "10"), "2\n3\n5\n7");
    const { layers } = JSON.parse(
      await ok("wherry-image", "inspect", "--raw", "containers-storage:primes"),
    ) as {
      layers: readonly object[];
    };
    assert.equal(layers.length, 1, "the compiler is not in the image");
  });

  const js = node();
  it(`install a Node service by npm ci, test it, and run it${DEBIAN || js ? "" : " (skipped: no node and npm in /usr/bin)"}`, async function () {
    if (!DEBIAN && js === undefined) this.skip();
    await base("node-base", "nodejs,npm", js);
    assert.match(await build("greeter", "node-service"), /# pass 1|pass 1/);
    await ok("wherry", "run", "-d", "--name", "greeter", "--network=none", "greeter");
    const ask = "fetch('http://127.0.0.1:8080/?name=you').then((a) => a.text()).then(console.log)";
    assert.equal(await inside("greeter", "node", "-e", ask), "hello, you");
    await ok("wherry", "rm", "-f", "-t", "0", "greeter");
  });

  const py = python();
  it(`render pages for a Python service, with what is in the cache mount${DEBIAN || py ? "" : " (skipped: no /usr/bin/python3)"}`, async function () {
    if (!DEBIAN && py === undefined) this.skip();
    await base("python-base", "python3", py);
    assert.match(await build("pages", "python-service"), /2 rendered, 0 from the cache/);
    writeFileSync(join(user.home, "examples/python-service/pages/new.txt"), "New\n\nA page.\n");
    assert.match(await build("pages", "python-service"), /1 rendered, 2 from the cache/);
    await ok("wherry", "run", "-d", "--name", "pages", "--network=none", "pages");
    const ask =
      "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/cargo.html').read().decode())";
    assert.match(await inside("pages", "python3", "-c", ask), /cargo &amp; people/);
    await ok("wherry", "rm", "-f", "-t", "0", "pages");
  });
});

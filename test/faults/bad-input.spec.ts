import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { busyboxTree, writeLayout } from "../support/layout.ts";
import { testUser, type TestUser } from "../support/user.ts";

interface Case {
  readonly what: string;
  readonly command: readonly [string, ...string[]];
  readonly status: number;
  /** What the one line on standard error must tell. */
  readonly says: RegExp;
}

const CASES: readonly Case[] = [
  {
    what: "an unknown command",
    command: ["wherry", "rnu"],
    status: 125,
    says: /unrecognized command `wherry rnu`[^]*run/,
  },
  {
    what: "an unknown flag",
    command: ["wherry", "run", "--nosuch", "bb"],
    status: 125,
    says: /unknown flag: --nosuch/,
  },
  { what: "no image", command: ["wherry", "run"], status: 125, says: /requires at least 1 arg/ },
  {
    what: "an image that is nowhere",
    command: ["wherry", "run", "--pull", "never", "localhost/nosuch"],
    status: 125,
    says: /localhost\/nosuch.*image not known/,
  },
  {
    what: "a name that is none",
    command: ["wherry", "pull", "UPPER/Case"],
    status: 125,
    says: /invalid reference.*UPPER|UPPER.*invalid reference/i,
  },
  {
    what: "a registry that refuses",
    command: ["wherry", "pull", "localhost:1/x:1"],
    status: 125,
    says: /localhost:1.*(refused|ECONNREFUSED)/,
  },
  {
    what: "a registry that does not exist",
    command: ["wherry-image", "inspect", "docker://registry.invalid/x:1"],
    status: 1,
    says: /registry\.invalid/,
  },
  {
    what: "a layout that is not there",
    command: ["wherry-image", "inspect", "oci:/nowhere/at-all:x"],
    status: 2,
    says: /\/nowhere\/at-all/,
  },
  {
    what: "an unknown transport",
    command: ["wherry-image", "inspect", "nosuch:x"],
    status: 1,
    says: /nosuch/,
  },
  {
    what: "a container that does not exist",
    command: ["wherry", "logs", "nosuch"],
    status: 125,
    says: /no such container/,
  },
  {
    what: "a volume without target",
    command: ["wherry", "run", "-v", "/a:", "bb", "true"],
    status: 125,
    says: /\/a:/,
  },
  {
    what: "a bind source that is missing",
    command: ["wherry", "run", "--rm", "-v", "/no/such/dir:/x", "bb", "true"],
    status: 125,
    says: /\/no\/such\/dir.*no such file or directory/,
  },
  {
    what: "a port that is none",
    command: ["wherry", "run", "-p", "99999:80", "bb", "true"],
    status: 125,
    says: /99999/,
  },
  {
    what: "a user the image does not know",
    command: ["wherry", "run", "--rm", "--network", "none", "-u", "nobody-here", "bb", "true"],
    status: 125,
    says: /nobody-here/,
  },
  {
    what: "a command that is not there",
    command: ["wherry", "run", "--rm", "--network", "none", "bb", "nosuch"],
    status: 127,
    says: /nosuch.*not found/,
  },
  {
    what: "a command that cannot run",
    command: ["wherry", "run", "--rm", "--network", "none", "bb", "/etc/passwd"],
    status: 126,
    says: /\/etc\/passwd.*(permission denied|Permission denied)/,
  },
  {
    what: "a container's own failure",
    command: ["wherry", "run", "--rm", "--network", "none", "bb", "sh", "-c", "exit 42"],
    status: 42,
    says: /^$/,
  },
  {
    what: "a word Containerfiles do not have",
    command: ["wherry-build", "build", "-f", "unknown-word", "."],
    status: 125,
    says: /:3\b.*RUNN[^]*RUN\b/,
  },
  {
    what: "a source that is missing",
    command: ["wherry-build", "build", "-f", "missing-source", "."],
    status: 125,
    says: /missing-source:2\b.*no-such-file/,
  },
  {
    what: "a Containerfile that is missing",
    command: ["wherry-build", "build", "-f", "nowhere", "."],
    status: 125,
    says: /nowhere/,
  },
  {
    what: "a context that is missing",
    command: ["wherry-build", "build", "/no/such/context"],
    status: 125,
    says: /\/no\/such\/context/,
  },
];

describe("bad input: one clear sentence, the right exit status, nothing left behind", function () {
  this.timeout(60_000);
  let user: TestUser;

  before(async () => {
    user = testUser();
    const folder = join(user.home, "made");
    mkdirSync(folder);
    writeLayout(join(folder, "layout"), "bb", [busyboxTree(folder)]);
    writeFileSync(join(user.home, "unknown-word"), "FROM scratch\n# a comment\nRUNN true\n");
    writeFileSync(join(user.home, "missing-source"), "FROM scratch\nCOPY no-such-file /\n");
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, user.home]);
    const { status, stderr } = await user.run("wherry-image", [
      "copy",
      "-q",
      `oci:${folder}/layout:bb`,
      "containers-storage:localhost/bb",
    ]);
    assert.equal(status, 0, stderr);
  });

  after(() => user[Symbol.asyncDispose]());

  for (const { what, command, status, says } of CASES) {
    it(`${what}: ${command.join(" ")}`, async () => {
      const [program, ...args] = command;
      const result = await user.run(program, args);
      assert.equal(result.status, status, `stdout: ${result.stdout}\nstderr: ${result.stderr}`);
      assert.match(result.stderr, says);
      assert.doesNotMatch(result.stderr, /internal error|\n\s+at .*\(/, "a stack trace is no sentence");
    });
  }

  it("a name in use: says whose it is and makes nothing", async () => {
    assert.equal((await user.run("wherry", ["create", "--name", "taken", "bb", "true"])).status, 0);
    const { status, stderr } = await user.run("wherry", ["create", "--name", "taken", "bb", "true"]);
    assert.equal(status, 125);
    assert.match(stderr, /name "?taken"? is already in use by [0-9a-f]{12}/);
    const { stdout } = await user.run("wherry", ["ps", "-a", "-q"]);
    assert.equal(stdout.trim().split("\n").length, 1);
    assert.equal((await user.run("wherry", ["rm", "taken"])).status, 0);
  });

  it("a port in use: names the port, and leaves no container", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" ? (address?.port ?? 0) : 0);
      });
    });
    try {
      const { status, stderr } = await user.run("wherry", [
        "run",
        "--rm",
        "-p",
        `127.0.0.1:${port}:80`,
        "bb",
        "true",
      ]);
      assert.equal(status, 125, stderr);
      assert.match(stderr, new RegExp(`${port}.*in use`));
      assert.equal((await user.run("wherry", ["ps", "-a", "-q"])).stdout, "");
    } finally {
      server.close();
    }
  });

  it("leaves a store that is whole, and no process", async () => {
    const { status, stdout, stderr } = await user.run("wherry", ["system", "check"]);
    assert.equal(status, 0, stdout + stderr);
    const monitors = async (): Promise<string> =>
      (await user.run("pgrep", ["-u", String(user.uid), "-a", "-x", "conmon"])).stdout;
    for (let tries = 0; tries < 50 && (await monitors()) !== ""; tries++) await sleep(100);
    assert.equal(await monitors(), "");
  });
});

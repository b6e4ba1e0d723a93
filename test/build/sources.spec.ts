import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { makeRepository, serveGit, type GitServer } from "../support/git-server.ts";
import { hasSshd, serveSsh } from "../support/ssh-server.ts";
import { testUser, type Result, type TestUser } from "../support/user.ts";

const hasGit = spawnSync("git", ["--version"]).status === 0;

/** Files, a link, a program, a tag before the last commit, a branch, and a submodule beside it. */
const PROJECT = `
mkdir sub; echo one >f; echo s >sub/s; ln -s f l; echo x >run; chmod 755 run
printf 'FROM scratch\\nCOPY . /\\n' >Containerfile
git add .; git commit -qm one; git tag -am v1 v1
echo two >f; git commit -qam two
git checkout -q -b other; echo other >f; git commit -qam other; git checkout -q main
git rev-parse HEAD`;

/** What a stranger may try: a link that leads out, hooks and helpers in files, a submodule by a helper's protocol. */
const HOSTILE = `
ln -s /etc out; ln -s /etc/passwd Containerfile; mkdir d; ln -s /etc/hostname d/.containerignore
printf 'FROM scratch\\nCOPY . /\\n' >d/Containerfile
git add .; git commit -qm one; git rev-parse HEAD`;
const HELPER = `
printf '[submodule "s"]\\n\\tpath = s\\n\\turl = "ext::sh -c touch%% /tmp/wherry-helper-ran"\\n' >.gitmodules
git add .; git update-index --add --cacheinfo 160000,0123456789012345678901234567890123456789,s
git commit -qm one; git rev-parse HEAD`;

describe(`sources from far away${hasGit ? "" : " (skipped: git is not installed)"}`, function () {
  this.timeout(60_000);
  let user: TestUser;
  let git: GitServer;
  let files: Server;
  let url: string;
  let commit: string;
  const asked: string[] = [];
  let content = "first";

  before(async function () {
    if (!hasGit) this.skip();
    user = testUser();
    const root = join(user.home, "repositories");
    commit = makeRepository(root, "project.git", PROJECT);
    makeRepository(root, "hostile.git", HOSTILE);
    makeRepository(root, "helper.git", HELPER);
    git = await serveGit(root);
    mkdirSync(join(user.home, "ctx"));
    writeFileSync(join(user.home, "ctx/Containerfile"), "FROM scratch\nCOPY f /f\n");
    writeFileSync(join(user.home, "ctx/f"), "tarred\n");
    spawnSync("tar", ["-C", join(user.home, "ctx"), "-czf", join(user.home, "ctx.tgz"), "."]);
    files = createServer((request, response) => {
      const { url: path = "", headers } = request;
      asked.push(`${path} ${headers["if-none-match"] ?? "-"}`);
      if (path === "/ctx.tgz") response.end(readFileSync(join(user.home, "ctx.tgz")));
      else if (path === "/Containerfile") response.end("FROM scratch\nLABEL from=url\n");
      else if (path === "/file" && headers["if-none-match"] === `"${content}"`) response.writeHead(304).end();
      else if (path === "/file") response.setHeader("etag", `"${content}"`).end(`${content}\n`);
      else response.writeHead(404).end();
    });
    await once(files.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  });
  after(async () => {
    if (!hasGit) return;
    files.closeAllConnections();
    files.close();
    await git[Symbol.asyncDispose]();
    await user[Symbol.asyncDispose]();
  });

  let count = 0;
  /** Builds a Containerfile on standard input and gives its files, one `PATH MODE TEXT` each. */
  async function build(
    containerfile: string,
    ...args: readonly string[]
  ): Promise<Result & { tree: string[] }> {
    const out = join(user.home, `out-${++count}`);
    const built = await user.run(
      "wherry-build",
      ["build", "-t", "x", "-o", `type=local,dest=${out}`, ...args, ...(containerfile === "" ? [] : ["-"])],
      { input: containerfile },
    );
    const listed = await user.run("sh", [
      "-c",
      'cd "$0" 2>/dev/null && find . -mindepth 1 -not -path "./.git/*" -not -type d -printf "%P %m %l" -type f -exec cat {} \\; -o -type l -not -path "./.git/*" -printf "\\n" | sort',
      out,
    ]);
    return { ...built, tree: listed.stdout.trim().split("\n") };
  }

  it("ADD takes a repository, a tag, a branch, a folder of a commit, and an abbreviated one", async () => {
    const remote = `${git.url}/project.git`;
    const { status, stderr, tree } = await build(`FROM scratch
ADD ${remote} /
ADD ${remote}#v1 /tag
ADD ${remote}#other /branch/
ADD ${remote}#${commit}:sub /commit
ADD --checksum=${commit} ${remote}#${commit.slice(0, 9)}:sub /short
`);
    assert.equal(status, 0, stderr);
    const files = tree.filter((line) => line !== "COPY . /" && !/(?:tag|branch)\/[^f]/.test(line));
    assert.deepEqual(files, [
      "Containerfile 644 FROM scratch",
      "branch/f 644 other",
      "commit/s 644 s",
      "f 644 two",
      "l 777 f",
      "run 755 x",
      "short/s 644 s",
      "sub/s 644 s",
      "tag/f 644 one",
    ]);
  });

  it("ADD fetches a commit once, keeps its times, and .git where that is asked", async () => {
    const file = `FROM scratch\nADD --keep-git-dir ${git.url}/project.git#v1 /p\n`;
    const first = await build(file);
    assert.equal(first.status, 0, first.stderr);
    const out = join(user.home, `out-${count}/p`);
    assert.equal(statSync(join(out, "f")).mtimeMs, 1e12);
    assert.ok(statSync(join(out, ".git/HEAD")).isFile());
    git.requests.length = 0;
    const again = await build(file);
    assert.match(again.stdout, /Using cache/);
    assert.deepEqual(
      git.requests.filter((request) => request.startsWith("POST")).length,
      1,
      "only the list of references is asked for",
    );
    const fresh = await build(file, "--no-cache");
    assert.equal(fresh.stdout.trim().split("\n").at(-1), first.stdout.trim().split("\n").at(-1));
  });

  it("is a context, with a folder of it, and a named one that is fetched when it is used", async () => {
    const context = await build("", `${git.url}/project.git#v1`);
    assert.equal(context.status, 0, context.stderr);
    assert.ok(context.tree.includes("f 644 one"));
    const named = await build(
      "FROM scratch\nCOPY --from=n s /\nCOPY --from=t f /\n",
      ...["--build-context", `n=${git.url}/project.git#:sub`],
      ...["--build-context", `t=${url}/ctx.tgz`],
      ...["--build-context", `unused=${url}/nosuch`],
    );
    assert.equal(named.status, 0, named.stderr);
    assert.deepEqual(named.tree, ["f 644 tarred", "s 644 s"]);
  });

  it("takes an archive and a Containerfile by URL for a context", async () => {
    assert.deepEqual((await build("", `${url}/ctx.tgz`)).tree, ["f 644 tarred"]);
    const alone = await build("", `${url}/Containerfile`);
    assert.equal(alone.status, 0, alone.stderr);
  });

  it("ADD of a URL asks whether it has changed, and is in the cache when not", async () => {
    asked.length = 0;
    const file = `FROM scratch\nADD ${url}/file /\n`;
    assert.deepEqual((await build(file)).tree, ["file 600 first"]);
    const again = await build(file);
    assert.match(again.stdout, /Using cache/);
    // a step after another parent needs the content again
    assert.deepEqual(
      (await build(`FROM scratch\nADD ${git.url}/project.git#:sub /\nADD ${url}/file /\n`)).tree,
      ["file 600 first", "s 644 s"],
    );
    content = "second";
    assert.deepEqual((await build(file)).tree, ["file 600 second"]);
    assert.deepEqual(asked, ["/file -", '/file "first"', '/file "first"', "/file -", '/file "first"']);
  });

  it("ADD with a checksum that is in the cache asks nobody", async () => {
    const file = `FROM scratch\nADD --checksum=sha256:${hash("sha256", `${content}\n`)} ${url}/file /\n`;
    const first = await build(file);
    assert.equal(first.status, 0, first.stderr);
    asked.length = 0;
    assert.match((await build(file)).stdout, /Using cache/);
    assert.deepEqual(asked, []);
  });

  it(`ADD and contexts come by ssh, as GIT_SSH_COMMAND says${hasSshd ? "" : " (skipped: no /usr/sbin/sshd or ssh)"}`, async function () {
    if (!hasSshd) this.skip();
    const root = join(user.home, "by-ssh");
    makeRepository(root, "project.git", PROJECT);
    await using ssh = await serveSsh(user, join(user.home, "ssh"));
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, root]);
    const place = `${user.name}@127.0.0.1:${root}/project.git`;
    const url = `ssh://${user.name}@127.0.0.1:${ssh.port}${root}/project.git`;
    const added = await user.run("wherry-build", ["build", "-o", "type=local,dest=added", "-"], {
      input: `FROM scratch\nADD ${place}#v1 /scp/\nADD git+${url}#${commit}:sub /url\n`,
      env: { GIT_SSH_COMMAND: `${ssh.command} -p ${ssh.port}` },
    });
    assert.equal(added.status, 0, added.stderr);
    assert.equal(readFileSync(join(user.home, "added/scp/f"), "utf8"), "one\n");
    assert.equal(readFileSync(join(user.home, "added/url/s"), "utf8"), "s\n");
    const context = ["build", "-o", "type=local,dest=whole", `${url}#other`];
    const env = { GIT_SSH_COMMAND: ssh.command };
    const built = await user.run("wherry-build", context, { env });
    assert.equal(built.status, 0, built.stderr);
    assert.equal(readFileSync(join(user.home, "whole/f"), "utf8"), "other\n");
    const stranger = await user.run("wherry-build", context, {
      env: { GIT_SSH_COMMAND: "ssh -F /dev/null" },
    });
    assert.equal(stranger.status, 125);
    assert.match(stranger.stderr, /cannot fetch ssh:.*Host key verification failed/);
  });

  const refused: { what: string; args: () => readonly [string, ...string[]]; message: RegExp }[] = [
    {
      what: "a Containerfile that is a link to a file of this machine",
      args: () => ["", `${git.url}/hostile.git`],
      message: /Error: Containerfile is a link that leads out of the context\n/,
    },
    {
      what: "an ignore file that is one",
      args: () => ["", `${git.url}/hostile.git#:d`],
      message: /Error: \.containerignore is a link that leads out of the context\n/,
    },
    {
      what: "a folder that is one",
      args: () => ["", `${git.url}/hostile.git#:out`],
      message: /the repository has no folder out of its own/,
    },
    {
      what: "a folder of ADD that is one",
      args: () => [`FROM scratch\nADD ${git.url}/hostile.git#:out /\n`],
      message: /the repository has no folder out/,
    },
    {
      what: "a submodule by a program",
      args: () => ["", `${git.url}/helper.git`],
      message: /cannot fetch .*transport 'ext' not allowed/,
    },
    {
      what: "a reference that is not there",
      args: () => [`FROM scratch\nADD ${git.url}/project.git#nosuch /\n`],
      message: /has no branch, tag or commit nosuch/,
    },
    {
      what: "another commit than --checksum says",
      args: () => [`FROM scratch\nADD --checksum=0123456 ${git.url}/project.git /\n`],
      message: /is at commit [0-9a-f]{40}, expected 0123456/,
    },
    {
      what: "a repository that is not there, without its password",
      args: () => [`FROM scratch\nADD ${git.url.replace("//", "//me:secret@")}/nosuch.git /\n`],
      message: /^(?!.*secret).*cannot fetch http:\/\/127/s,
    },
    {
      what: "--keep-git-dir of something else",
      args: () => [`FROM scratch\nADD --keep-git-dir ${url}/file /\n`],
      message: /--keep-git-dir is for git repositories/,
    },
  ];
  for (const { what, args, message } of refused)
    it(`refuses ${what}`, async () => {
      const { status, stderr } = await build(...args());
      assert.equal(status, 125);
      assert.match(stderr, message);
      assert.equal((await user.run("ls", [join(user.home, ".local/share/wherry/staging")])).stdout, "");
      assert.equal(
        (await user.run("sh", ["-c", "ls -d /var/tmp/wherry-context-* | wc -l"])).stdout.trim(),
        "0",
      );
    });

  it("gives a password to its own host only, and never as an argument", async () => {
    await using guarded = await serveGit(join(user.home, "repositories"), { credentials: "me:s3cret" });
    const { status, stderr, stdout } = await build(
      "FROM scratch\nCOPY --from=n s /\n",
      "--log-level=debug",
      ...["--build-context", `n=${guarded.url.replace("//", "//me:s3cret@")}/project.git#:sub`],
    );
    assert.equal(status, 0, stderr);
    const git = `${stdout}${stderr}`
      .split("\n")
      .filter((line) => /git/.test(line) && line.includes("ls-remote"));
    assert.ok(git.length > 0 && !git.join("").includes("s3cret"), stderr);
  });
});

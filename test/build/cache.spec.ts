import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busyboxTree } from "../support/layout.ts";
import { startRegistry } from "../support/registry.ts";
import { testUser, type TestUser } from "../support/user.ts";

describe("a build's cache, as an ordinary user", function () {
  this.timeout(120_000);
  let user: TestUser;
  before(() => {
    user = testUser();
    const context = join(user.home, "c");
    mkdirSync(context);
    busyboxTree(context);
    writeFileSync(
      join(context, "Containerfile"),
      'FROM scratch AS tools\nCOPY busybox-root /\nRUN ["/bin/sh", "-c", "date +%s%N >/now"]\nENV a=1\nFROM scratch\nCOPY --from=tools /now /\nCOPY Containerfile /\n',
    );
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, user.home]);
  });
  after(async () => {
    await user[Symbol.asyncDispose]();
  });

  /** Runs in a store of its own. Gives all it printed. */
  async function at(root: string, ...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await user.run("wherry-build", ["--root", root, ...args]);
    assert.equal(status, 0, stderr + stdout);
    return stdout + stderr;
  }
  const idOf = (text: string) => /^[0-9a-f]{64}$/m.exec(text)?.[0];
  const hits = (text: string) => text.match(/--> Using cache/g)?.length ?? 0;

  it("goes through a registry by one request, and fetches only what the image has", async () => {
    await using registry = await startRegistry();
    const place = `${registry.host}/team/app`;
    const flags = ["build", "--tls-verify=false"];
    const first = await at("one", ...flags, "--cache-to", place, "c");
    registry.requests.length = 0;
    const second = await at("two", ...flags, "--cache-from", place, "c");
    assert.deepEqual([hits(second), idOf(second)], [5, idOf(first)]);
    const asked = registry.requestLines().filter((line) => !line.endsWith("/v2/"));
    assert.equal(asked.filter((line) => line.includes("/manifests/")).length, 1, asked.join("\n"));
    assert.equal(asked.filter((line) => line.includes("/blobs/")).length, 2, asked.join("\n"));
    const gone = await at(
      "three",
      ...flags,
      "--cache-from",
      `type=registry,ref=${registry.host}/no/such`,
      "c",
    );
    assert.match(gone, /no cache from docker:\/\/127\.0\.0\.1:\d+\/no\/such:build-cache: /);
    assert.equal(hits(gone), 0);
  });

  it("goes through an archive and a layout, and is kept in both", async () => {
    const first = await at("one", "build", "--cache-to", "type=local,dest=layout,mode=max", "c");
    assert.match(await at("one", "cache", "export", "oci-archive:cache.tar"), /^Wrote 4 steps/m);
    assert.match(await at("four", "cache", "import", "oci-archive:cache.tar"), /^Took over 4 steps/m);
    const imported = await at("four", "build", "c");
    const asked = await at("five", "build", "--cache-from", "type=local,src=layout", "c");
    assert.deepEqual([idOf(imported), idOf(asked)], [idOf(first), idOf(first)]);
    assert.deepEqual([hits(imported), hits(asked)], [5, 5]);
    const { status, stderr } = await user.run("wherry-build", ["build", "--cache-to", "type=inline", "c"]);
    assert.equal(status, 125);
    assert.match(stderr, /type=inline: .*write them beside it/);
  });

  it("has no secret in it, nor has a log", async () => {
    const secret = "s3cr3t-0f-a-cache";
    writeFileSync(join(user.home, "given"), secret);
    writeFileSync(
      join(user.home, "c", "secretive"),
      'FROM scratch\nCOPY busybox-root /\nRUN --mount=type=secret,id=s,env=S test -n "$S" && sha256sum /run/secrets/s || true\n',
    );
    const to = [
      "--cache-to",
      "type=local,dest=held,mode=max",
      "--logfile",
      "log",
      "--secret",
      "id=s,src=given",
    ];
    await at("six", "build", ...to, "-f", "c/secretive", "c");
    await at("six", "cache", "export", "dir:held-dir");
    const found = spawnSync("grep", ["-r", "-l", "-a", "-e", secret, "."], {
      cwd: user.home,
      encoding: "utf8",
    });
    assert.equal(found.stdout, "./given\n");
    assert.match(readFileSync(join(user.home, "log"), "utf8"), /STEP 3\/3: RUN --mount/);
  });

  it("knows how commands run by the flags, which mean what they do for buildah", async () => {
    writeFileSync(
      join(user.home, "c", "flags"),
      "FROM scratch\nCOPY busybox-root /\nRUN grep CapBnd /proc/self/status; ulimit -n; cat /etc/resolv.conf /etc/hosts; ls /dev/odd; cat /etc/hostname; cat /v/f; readlink /proc/self/ns/uts; readlink /proc/self/ns/ipc; cat; echo >/v/g || echo cannot\n",
    );
    mkdirSync(join(user.home, "v"));
    writeFileSync(join(user.home, "v", "f"), "in a volume\n");
    const flags = [
      ...["--cap-drop", "all", "--cap-add", "chown", "--ulimit", "nofile=77:77", "--dns", "192.0.2.1"],
      ...["--dns-search", "search.example", "--add-host", "other:192.0.2.2", "-v", `${user.home}/v:/v:ro`],
      ...["--device", "/dev/zero:/dev/odd:r", "--no-hostname", "--uts", "host", "--userns", "container"],
    ];
    const text = await at("one", "build", ...flags, "-f", "c/flags", "c");
    assert.match(text, /CapBnd:\s+0000000000000001\n77\n/);
    for (const said of [
      /nameserver 192\.0\.2\.1/,
      /search search\.example/,
      /192\.0\.2\.2\s+other/,
      /in a volume\n[^]*cannot/,
      /^\/dev\/odd$/m,
      /hostname.*No such file/,
    ])
      assert.match(text, said);
    const ours = (type: string) => text.includes(readlinkSync(`/proc/self/ns/${type}`));
    assert.deepEqual([ours("uts"), ours("ipc")], [true, false]);
    assert.equal(hits(await at("one", "build", ...flags, "-f", "c/flags", "c")), 2);
    assert.equal(hits(await at("one", "build", ...flags, "--ulimit", "core=0", "-f", "c/flags", "c")), 1);
    // how much of the machine it may use is no input: the step is not run again, and so needs no cgroup
    assert.equal(hits(await at("one", "build", ...flags, "--memory", "64m", "-f", "c/flags", "c")), 2);
    const input = ["--root", "one", "build", ...flags, "--stdin", "-f", "c/flags", "c"];
    const fed = await user.run("wherry-build", input, { input: "what is fed\n" });
    assert.match(fed.stdout, /what is fed/); // and never taken from the cache
    assert.match((await user.run("wherry-build", input, { input: "again\n" })).stdout, /again/);
    const refused = [
      { extra: ["--pid", "host"], says: /--pid host: a command may not outlive its step/ },
      { extra: ["--memory", "1k"], says: /invalid --memory "1k"/ },
      { extra: ["--memory", "64m", "--isolation", "chroot"], says: /--memory needs an OCI runtime/ },
      { extra: ["--no-hosts"], says: /--no-hosts and --add-host cannot be set together/ },
      { extra: ["--device", "zero"], says: /invalid --device "zero"/ },
    ];
    for (const { extra, says } of refused) {
      const { status, stderr } = await user.run("wherry-build", ["build", ...flags, ...extra, "c"]);
      assert.match(`${status} ${stderr}`, new RegExp(`^125 [^]*${says.source}`));
    }
  });

  it("is not asked without layers, of which only one new one is made", async () => {
    await at("one", "build", "-t", "many", "c");
    const text = await at("one", "build", "--layers=false", "-t", "single", "c");
    assert.equal(hits(text), 0);
    const { stdout } = await user.run("wherry-build", [
      "--root",
      "one",
      "inspect",
      "--type",
      "image",
      "single",
    ]);
    const { OCIv1 } = JSON.parse(stdout) as { OCIv1: { rootfs: { diff_ids: string[] } } };
    assert.equal(OCIv1.rootfs.diff_ids.length, 1);
    const byEnv = await user.run("wherry-build", ["--root", "one", "build", "c"], {
      env: { BUILDAH_LAYERS: "false" },
    });
    assert.equal(hits(byEnv.stdout), 0);
  });
});

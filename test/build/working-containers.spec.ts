import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { busyboxTree, writeLayout } from "../support/layout.ts";
import { textOf } from "../support/processes.ts";
import { memoryFolder } from "../support/memory-folder.ts";
import { testUser, type Result, type TestUser } from "../support/user.ts";
import { openWarmCommand, type WarmCommand } from "../support/warm-command.ts";
import { readImage } from "./read-image.ts";

/**
 * Scripts in buildah's words: `$B` is the program, `$BASE` an image with busybox. Each leaves an image called `result`.
 * What they print must be the same, and so must config and tree.
 */
const SCRIPTS: readonly { readonly name: string; readonly script: string; readonly needsRun?: boolean }[] = [
  {
    name: "from scratch, copy and config",
    script: `c=$($B from scratch); echo $c
      $B copy -q $c files /srv/; $B copy -q --chown 5:6 --chmod 0600 $c files/a /srv/private
      $B config --cmd 'serve --all "the files"' --env A=1 --env B=2 --label x=y --port 80/tcp --user 5:6 --workingdir /srv --volume /data --stop-signal SIGINT $c
      $B commit -q $c result >/dev/null`,
  },
  {
    name: "config that takes away",
    script: `c=$($B from scratch)
      $B config --env A=1 --env B=2 --label x=y --label z=1 --port 80 --port 81 --volume /a --volume /b $c
      $B config --env A- --label x- --port 80- --volume /a- --entrypoint '["/bin/e","x"]' --cmd '' $c
      $B config --healthcheck 'CMD test -f /ok' --healthcheck-interval 30s --healthcheck-timeout 5s --healthcheck-retries 2 --shell '/bin/ash -c' --onbuild 'RUN true' $c
      $B commit -q --format docker $c result >/dev/null`,
  },
  {
    name: "an entrypoint for the shell",
    script: `c=$($B from scratch); $B config --cmd x --entrypoint 'serve $FILE' $c 2>/dev/null; $B commit -q $c result >/dev/null`,
  },
  {
    name: "add unpacks archives, copy does not",
    script: `c=$($B from scratch)
      $B add -q $c a.tar /unpacked/; $B copy -q $c a.tar /kept/; $B copy -q $c files/a files/b /several/; $B config --workingdir /w $c; $B copy -q $c files/a relative
      $B commit -q $c result >/dev/null`,
  },
  {
    name: "--from another container, and an image",
    script: `one=$($B from --name one scratch); $B copy -q one files /out; $B commit -q one first >/dev/null
      two=$($B from --name two scratch); $B copy -q --from one two /out/a /from-container; $B copy -q --from first two /out /from-image
      $B commit -q two result >/dev/null; $B containers --format '{{.ContainerName}} {{.ImageName}}'; $B rm one two >/dev/null; $B containers -q`,
  },
  {
    name: "run, and what it exits with",
    needsRun: true,
    script: `c=$($B from -q $BASE); $B run $c -- sh -c 'echo made > /made; rm -r /etc/gone; mkdir /etc/gone; echo new > /etc/gone/new; ln /made /linked; cat /etc/motd'
      $B run $c sh -c 'rm /etc/motd; exit 3'; echo status $?
      $B run --user 7:8 --workingdir /tmp --env X=5 $c -- sh -c 'id -u; id -g; pwd; echo $X'
      $B commit -q $c result >/dev/null`,
  },
  {
    name: "commit with --squash and --unsetenv",
    needsRun: true,
    script: `c=$($B from -q $BASE); $B config --env SECRET=1 --env KEPT=2 $c; $B run $c -- rm -r /etc/gone; $B copy -q $c files /f
      $B commit -q --squash --rm --unsetenv SECRET $c result >/dev/null; $B containers -q`,
  },
  {
    name: "from an image that was committed",
    script: `c=$($B from scratch); $B copy -q $c files/a /a; $B config --env A=1 --author me $c; $B commit -q --rm $c first >/dev/null
      c=$($B from --pull=never first); echo $c; $B copy -q $c files/b /b; $B config --env B=2 --created-by "by hand" $c; $B commit -q $c result >/dev/null
      $B inspect --type image --format '{{.FromImage}} {{.OCIv1.Author}}' result; $B inspect --format '{{.FromImage}} {{.Container}}' $c`,
  },
  {
    name: "names, tags and what is gone",
    script: `$B from --name a scratch; $B from scratch; $B from scratch; $B containers --noheading --format '{{.ContainerName}} {{.Builder}}'
      $B commit -q a result >/dev/null; $B tag result other:1 third; $B images --format '{{.Name}}:{{.Tag}}' | sort; $B rmi third other:1 | grep untagged
      $B rm nosuch; echo $?; $B rm a nosuch >/dev/null; echo $?; $B rmi nosuch; echo $?; $B inspect nosuch; echo $?; $B run nosuch true; echo $?; $B from --name b scratch; $B from --name b scratch; echo $?`,
  },
];

/** buildah leaves the places where it mounted its own files; wherry leaves nothing. */
function withoutTraces(tree: Readonly<Record<string, string>>): Record<string, string> {
  const traces = ["etc/hostname", "etc/hosts", "etc/resolv.conf", "run"];
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !traces.includes(path)));
}

const hasBuildah = spawnSync("buildah", ["version"], { stdio: "ignore" }).status === 0;

describe("working containers", function () {
  this.timeout(120_000);
  let user: TestUser;
  let warm: WarmCommand;
  let peers: string;
  // buildah makes an image name of the path, which must be in lower case
  const layout = join(tmpdir(), `wherry-base-${process.pid}`);
  const at = (...names: readonly string[]) => join(user.home, ...names);
  const sh = (script: string, env: Readonly<Record<string, string>> = {}): Promise<Result> =>
    user.run("sh", ["-c", script], { env: { B: "wherry-build", ...env }, cwd: at("work") });
  /** @param program of the scripts: by default one that runs already, outside of any `unshare` */
  const ok = async (script: string, program = warm.path): Promise<string> => {
    const { status, stdout, stderr } = await sh(`set -e; ${script}`, { B: program });
    assert.equal(status, 0, stderr);
    return stdout.trimEnd();
  };

  before(async () => {
    user = testUser();
    warm = await openWarmCommand(user, "wherry-build");
    for (const name of ["work", "work/files", "base"]) mkdirSync(at(name));
    for (const name of ["a", "b"]) writeFileSync(at("work/files", name), `${name}\n`, { mode: 0o644 });
    const tree = busyboxTree(at("base"));
    mkdirSync(join(tree, "etc/gone"), { recursive: true });
    writeFileSync(join(tree, "etc/gone/old"), "old");
    writeFileSync(join(tree, "etc/motd"), "hello\n");
    mkdirSync(join(tree, "tmp"), { recursive: true });
    writeLayout(layout, "bb", [tree]);
    peers = memoryFolder("wherry-peers-");
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, user.home, layout, peers]);
    await user.run("tar", ["cf", "a.tar", "files"], { cwd: at("work") });
  });
  after(async () => {
    rmSync(layout, { recursive: true, force: true });
    await user.run("buildah", ["unshare", "rm", "-rf", peers]);
    rmSync(peers, { recursive: true, force: true });
    await warm[Symbol.asyncDispose]();
    await user[Symbol.asyncDispose]();
  });

  describe(`run the scripts that buildah runs${hasBuildah ? "" : " (skipped: buildah is not installed)"}`, () => {
    for (const [index, { name, script }] of SCRIPTS.entries()) {
      it(name, async function () {
        if (!hasBuildah) this.skip();
        // a store for each script, so that nothing need be removed
        const [store, peer] = [at(`store-${index}`), join(peers, String(index))];
        const ours = await made(["sh"], `${warm.path} --root ${store}`, script);
        const theirs = await made(
          ["buildah", "unshare", "sh"], // or each command makes the namespace anew
          `buildah --root ${peer} --runroot ${peer}-run --storage-driver=vfs`,
          script,
        );
        assert.equal(ours.stdout, theirs.stdout);
        assert.deepEqual(ours.image.tree, withoutTraces(theirs.image.tree));
        assert.deepEqual(ours.image.config, theirs.image.config);
        assert.equal(Math.max(1, ours.image.layers), theirs.image.layers); // buildah writes empty layers
      });
    }
  });

  async function made([program, ...args]: readonly [string, ...string[]], command: string, script: string) {
    const folder = at("pushed");
    rmSync(folder, { recursive: true, force: true });
    const push = `$B push -q --disable-compression result dir:${folder} >&2`;
    const env = { B: command, BASE: `oci:${layout}:bb`, BUILDAH_ISOLATION: "chroot" };
    const { status, stdout, stderr } = await user.run(program, [...args, "-c", `${script}\n${push}`], {
      env,
      cwd: at("work"),
    });
    assert.equal(status, 0, stderr);
    // columns are as wide as the widest; that is not looked at
    return { stdout: stdout.replace(/ {2,}/g, " ").replace(/ +$/gm, ""), image: await readImage(folder) };
  }

  it("are written to in a mount inside of unshare, while other commands go on", async () => {
    const printed = await ok(
      `c=$($B from -q oci:${layout}:bb)
      $B unshare sh -ec 'm=$($B mount '$c'); echo one > $m/one; $B copy -q '$c' files/a /two; cat $m/two; $B run --isolation chroot '$c' cat /one; echo three > $m/three; $B umount '$c' >/dev/null'
      $B run --isolation chroot $c cat /one /two /three; $B rm $c >/dev/null`,
      "wherry-build",
    );
    assert.equal(printed, "a\none\none\na\nthree");
  });

  it("keep what was written into a mount whose last process ended without umount", async () => {
    const printed = await ok(`c=$($B from scratch); $B unshare --mount ROOT=$c sh -c 'echo kept > $ROOT/kept'
      $B commit -q $c kept >/dev/null; $B unshare --mount ROOT=$c cat '$ROOT/kept' 2>/dev/null || $B unshare --mount ROOT=$c sh -c 'cat $ROOT/kept'; $B rm $c >/dev/null`);
    assert.equal(printed, "kept");
  });

  it("refuse to be mounted outside of unshare, saying where", async () => {
    const { status, stderr } = await sh(
      "c=$($B from scratch); $B mount $c; s=$?; $B rm $c >/dev/null; exit $s",
    );
    assert.equal(status, 125);
    assert.match(stderr, /rootless mode[^]*wherry-build unshare/);
  });

  it("run by the OCI runtime, with hosts, limits, capabilities and mounts as from and run say", async () => {
    const printed =
      await ok(`c=$($B from -q --ulimit nofile=100:200 --add-host boat:192.0.2.1 --volume $PWD/files:/mnt:ro --shm-size 3m --device /dev/zero:/dev/odd --network none oci:${layout}:bb)
      $B run $c -- sh -c 'ulimit -n; grep boat /etc/hosts; cat /mnt/a; df -k /dev/shm | tail -1 | awk "{print \\$2}"; touch /mnt/x 2>/dev/null || echo read-only; ls /dev/odd'
      $B run --mount type=tmpfs,destination=/scratch --hostname other $c -- sh -c 'hostname; touch /scratch/x'; $B run $c -- ls /scratch 2>/dev/null || true; $B rm $c >/dev/null`);
    assert.equal(printed, "100\n192.0.2.1\tboat\na\n3072\nread-only\n/dev/odd\nother");
  });

  it("are as before after a kill in any moment, and go on", async () => {
    await ok(`$B from -q --name killed oci:${layout}:bb; $B copy -q killed files/a /before`);
    for (const delay of [60, 150, 250, 400, 600]) {
      const child = user.start(
        "wherry-build",
        ["run", "--network", "none", "killed", "--", "sh", "-c", "echo x >> /log; sleep 0.2"],
        { stdio: "ignore" },
      );
      await sleep(delay);
      child.kill("SIGKILL");
      assert.equal(await ok("$B run --isolation chroot killed cat /before"), "a");
    }
    await ok("$B commit -q --rm killed after-kills");
    const { stdout } = await user.run("wherry", ["system", "check"]);
    assert.doesNotMatch(stdout, /missing|damaged|lost/);
  });

  it("hear of SIGTERM while another command changes them", async () => {
    const command = `wherry-build --root ${at("store-locked")}`;
    await ok(`${command} from --name locked scratch`);
    // it holds the lock itself, by a descriptor that it has from the shell
    const script = `cd ${at("store-locked")}/working/*; exec 3>>lock; flock 3; exec ${command} config --env A=1 locked`;
    const child = user.start("sh", ["-c", script], { stdio: "ignore" });
    const status = new Promise<number | null>((resolve) => child.once("close", resolve));
    const isWaiting = () =>
      textOf(child.pid ?? 0, `task/${child.pid}/children`)
        .split(" ")
        .some((pid) => textOf(Number(pid), "cmdline").startsWith("flock\0-x\0-w"));
    for (const deadline = Date.now() + 10_000; !isWaiting() && Date.now() < deadline;) await sleep(20);
    child.kill("SIGTERM");
    assert.equal(await status, 143);
    await ok(`${command} config --env A=2 locked`);
  });

  it("are committed with the times that are asked for", async () => {
    const printed = await ok(`c=$($B from scratch); touch -d @5 files/old; $B copy -q $c files/a files/old /
      $B commit -q --source-date-epoch 9 --rewrite-timestamp $c timed >/dev/null; $B inspect --type image timed | grep -o -m1 '"created": .*Z"'
      $B from -q --name t timed >/dev/null; $B unshare --mount ROOT=t sh -c 'stat -c %Y $ROOT/a $ROOT/old'
      $B rm t $c >/dev/null; rm files/old; SOURCE_DATE_EPOCH=soon wherry-build commit x y 2>&1 | grep -c 'invalid SOURCE_DATE_EPOCH "soon"'`);
    assert.equal(printed, '"created": "1970-01-01T00:00:09Z"\n9\n5\n1');
  });

  it("take files with a time that is given, and how often a check is made while it starts", async () => {
    const printed =
      await ok(`$B from --name timed scratch >/dev/null; $B copy -q --timestamp 7 timed files/a /t
      $B unshare --mount ROOT=timed sh -c 'stat -c %Y $ROOT/t'; $B config --healthcheck true --healthcheck-start-interval 2s timed
      $B inspect timed | grep -c '"StartInterval": 2000000000'; $B rm timed >/dev/null`);
    assert.match(printed, /^7\n[1-9]$/);
  });

  it("are told apart by name and ID, and keep what they need when their image is removed", async () => {
    const printed =
      await ok(`c=$($B from scratch); $B copy -q $c files/a /a; $B commit -q --rm $c goner >/dev/null
      $B from --name keeps goner; $B rmi goner 2>&1 | grep -c 'in use' ; $B rmi -f goner >/dev/null; $B containers --filter name=keeps -q | wc -l; $B from --name a scratch; $B rename a b; $B containers --filter name=b --filter ancestor=scratch --format "{{.ContainerName}}"; $B rm b >/dev/null`);
    assert.equal(printed.replace(/ /g, ""), "keeps\n1\n0\na\nb");
  });
});

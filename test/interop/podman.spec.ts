import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  dockerRegistryProgram,
  startDockerRegistry,
  type DockerRegistry,
} from "../support/docker-registry.ts";
import { noGnupg } from "../support/gnupg.ts";
import { busyboxTree, writeLayout } from "../support/layout.ts";
import { trickyLayers } from "../support/tricky-layers.ts";
import { testUser, type TestUser } from "../support/user.ts";

/** Every file a container sees, with type, mode, owner, size, time and link target; without what engines mount over. */
const LISTING = `find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /etc/hosts \
-o -path /etc/resolv.conf -o -path /etc/hostname -o -path /etc/mtab \\) -prune -o -type d -print -o -print | sort | while read -r name; do
  if [ -L "$name" ]; then echo "$name -> $(readlink "$name") $(stat -c '%u:%g' "$name")";
  elif [ -d "$name" ]; then stat -c '%n %f %u:%g' "$name";
  else stat -c '%n %f %u:%g %s %Y %h' "$name"; fi; done`;

const missing = ["podman", "docker-registry"].filter((name) =>
  name === "podman" ? spawnSync(name, ["--version"]).status !== 0 : dockerRegistryProgram() === undefined,
);
const reason = missing.length === 0 ? "" : ` (skipped: ${missing.join(" and ")} not installed)`;

describe(`images shared with podman${reason}`, function () {
  this.timeout(120_000);
  let user: TestUser;
  let registry: DockerRegistry;
  const tls = "--tls-verify=false";

  before(async function () {
    if (missing.length > 0) this.skip();
    user = testUser();
    registry = await startDockerRegistry({ parent: user.home });
    const folder = join(user.home, "made");
    mkdirSync(folder);
    writeLayout(join(folder, "layout"), "tricky", [busyboxTree(folder), ...trickyLayers(folder)], {
      Cmd: ["sh"],
      Env: ["PATH=/bin", "LANG=C.UTF-8"],
      Labels: { "org.example.name": "grüße" },
      WorkingDir: "/srv",
      ExposedPorts: { "80/tcp": {} },
      User: "alice",
      StopSignal: "SIGUSR1",
    });
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
    await succeed("wherry-image", [
      "copy",
      `oci:${folder}/layout:tricky`,
      `docker://${registry.host}/tricky:1`,
      `--dest-tls-verify=false`,
    ]);
  });

  after(async () => {
    await user.run("podman", ["rmi", "-f", "-a"]);
    await user.run("podman", ["unshare", "rm", "-rf", `${user.home}/.local/share/containers`]);
    await registry[Symbol.asyncDispose]();
    await user[Symbol.asyncDispose]();
  });

  async function succeed(program: string, args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await user.run(program, args, { timeoutMs: 100_000 });
    assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  it("shows the same files, entry by entry, when podman and wherry unpack it", async () => {
    await succeed("podman", ["pull", "-q", tls, `${registry.host}/tricky:1`]);
    await succeed("wherry", ["pull", "-q", tls, `${registry.host}/tricky:1`]);
    const mount = `mnt=$(podman image mount ${registry.host}/tricky:1) && chroot "$mnt" /bin/sh -c '${LISTING.replaceAll("'", `'\\''`)}'`;
    const theirs = await succeed("podman", [
      "unshare",
      "env",
      "PATH=/bin:/usr/bin:/sbin:/usr/sbin",
      "sh",
      "-c",
      mount,
    ]);
    const ours = await succeed("wherry", [
      "run",
      "--rm",
      "--network",
      "none",
      "--user",
      "0",
      `${registry.host}/tricky:1`,
      "sh",
      "-c",
      LISTING,
    ]);
    const [left, right] = [ours, theirs].map((text) =>
      text.split("\n").filter((line) => / \/?srv|owned|hidden|removed|becomes|sticky|bin\//.test(` ${line}`)),
    );
    assert.ok(left !== undefined && left.length > 20);
    assert.deepEqual(left, right);
  });

  it("has the config that podman reads", async () => {
    const fields = ["Env", "Labels", "Cmd", "WorkingDir", "User", "ExposedPorts", "StopSignal"];
    const [ours, theirs] = await Promise.all(
      ["wherry", "podman"].map(async (program) => {
        const [image] = JSON.parse(
          await succeed(program, ["image", "inspect", `${registry.host}/tricky:1`]),
        ) as {
          Config: Record<string, unknown>;
          Id: string;
          Digest: string;
        }[];
        assert.ok(image);
        return {
          id: image.Id,
          digest: image.Digest,
          config: Object.fromEntries(fields.map((field) => [field, image.Config[field]])),
        };
      }),
    );
    assert.deepEqual(ours, theirs);
  });

  it("pushes what podman runs, and runs what podman pushes", async () => {
    await succeed("wherry", ["push", "-q", tls, `${registry.host}/tricky:1`, `${registry.host}/by-wherry:1`]);
    await succeed("podman", ["pull", "-q", tls, `${registry.host}/by-wherry:1`]);
    await succeed("podman", ["push", "-q", tls, `${registry.host}/tricky:1`, `${registry.host}/by-podman:1`]);
    const output = await succeed("wherry", [
      "run",
      "--rm",
      "--network",
      "none",
      "--pull=always",
      tls,
      `${registry.host}/by-podman:1`,
      "cat",
      "/hidden/new",
    ]);
    assert.equal(output, "new\n");
  });

  it(`takes what podman has signed, and signs what podman takes${noGnupg}`, async function () {
    if (noGnupg !== "") this.skip();
    const env = { GNUPGHOME: join(user.home, "gnupg") };
    const run = async (program: string, ...args: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = await user.run(program, args, { env });
      assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
      return stdout;
    };
    const script = `mkdir -m 0700 -p "$GNUPGHOME" .config/containers/registries.d && cd "$GNUPGHOME"
gpg -q --batch --passphrase '' --quick-generate-key me@example.com ed25519 sign never && gpg --export >key.gpg
cat >../.config/containers/registries.d/here.yaml <<E
docker: { "${registry.host}/signed": { lookaside: "file://$HOME/signatures" } }
E
cat >../.config/containers/policy.json <<E
{ "default": [{ "type": "insecureAcceptAnything" }], "transports": { "docker": { "${registry.host}/signed":
  [{ "type": "signedBy", "keyType": "GPGKeys", "keyPath": "$GNUPGHOME/key.gpg" }] } } }
E`;
    try {
      await run("sh", "-e", "-c", script);
      const [tricky, theirs, ours, none] = ["tricky", "signed/theirs", "signed/ours", "signed/none"].map(
        (name) => `${registry.host}/${name}:1`,
      ) as [string, string, string, string];
      await run("podman", "push", "-q", tls, "--sign-by", "me@example.com", tricky, theirs);
      await run("wherry", "pull", "-q", tls, theirs);
      await run("wherry", "push", "-q", tls, "--sign-by", "me@example.com", tricky, ours);
      await run("podman", "pull", "-q", tls, ours);
      await run("wherry", "push", "-q", tls, tricky, none);
      for (const program of ["podman", "wherry"]) {
        const { status, stderr } = await user.run(program, ["pull", "-q", tls, none], { env });
        assert.equal(status, 125);
        assert.match(stderr, /Source image rejected: .*no signature exists/);
      }
    } finally {
      await user.run("gpgconf", ["--kill", "all"], { env });
      await user.run("rm", [
        "-rf",
        ".config/containers/registries.d",
        ".config/containers/policy.json",
        "gnupg",
      ]);
    }
  });

  for (const format of ["docker-archive", "oci-archive"]) {
    it(`exchanges ${format} files both ways`, async () => {
      const [ours, theirs] = [join(user.home, `ours-${format}.tar`), join(user.home, `theirs-${format}.tar`)];
      await succeed("wherry", ["save", "--format", format, "-o", ours, `${registry.host}/tricky:1`]);
      await succeed("podman", ["save", "--format", format, "-o", theirs, `${registry.host}/tricky:1`]);
      const loaded = await succeed("podman", ["load", "-i", ours]);
      assert.match(loaded, /Loaded image/);
      assert.match(await succeed("wherry", ["load", "-i", theirs]), /Loaded image/);
    });
  }
});

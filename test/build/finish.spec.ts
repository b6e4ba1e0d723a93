import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testUser, type TestUser } from "../support/user.ts";

interface Inspected {
  readonly FromImageDigest: string;
  readonly Manifest: string;
  readonly ImageAnnotations: Readonly<Record<string, string>>;
  readonly OCIv1: {
    readonly config: { readonly Env?: readonly string[]; readonly Labels?: Readonly<Record<string, string>> };
    readonly rootfs: { readonly diff_ids: readonly string[] };
    readonly history?: readonly object[];
  };
}

describe("what build makes of an image, and where it puts it", function () {
  this.timeout(60_000);
  let user: TestUser;
  const at = (...names: readonly string[]) => join(user.home, ...names);
  /** A line that needs no shell is the program's own, which runs already. */
  const sh = (script: string) => {
    const line = script.replaceAll("$PWD", at("work"));
    const [program = "", ...args] = /^wherry[\w ./:=@,+-]+$/.test(line)
      ? line.split(" ")
      : ["sh", "-ec", line];
    return user.run(program, args, { cwd: at("work") });
  };
  const ok = async (script: string): Promise<string> => {
    const { status, stdout, stderr } = await sh(script);
    assert.equal(status, 0, stderr);
    return stdout.trimEnd();
  };
  const inspect = async (name: string) =>
    JSON.parse(await ok(`wherry-build inspect --type image ${name}`)) as Inspected;

  before(() => {
    user = testUser();
    mkdirSync(at("work/ctx"), { recursive: true });
    writeFileSync(at("work/ctx/f"), "content\n");
    writeFileSync(
      at("work/ctx/Containerfile"),
      "FROM scratch\nARG V=none\nENV A=1 B=2\nLABEL l=1 v=$V\nCOPY f /f\nCOPY f /g\n",
    );
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, at("work")]);
  });
  after(() => user[Symbol.asyncDispose]());

  it("changes variables, labels, annotations and history at the end", async () => {
    await ok(
      "wherry-build build -q -t changed --annotation a=b --env C=3 --unsetenv A --unsetlabel l --label m=2 --omit-history ctx",
    );
    const { OCIv1, ImageAnnotations } = await inspect("changed");
    assert.deepEqual(OCIv1.config.Env?.slice(1), ["B=2", "C=3"]);
    assert.deepEqual(OCIv1.config.Labels, { m: "2", v: "none" });
    assert.deepEqual([ImageAnnotations, OCIv1.history], [{ a: "b" }, undefined]);
  });

  it("keeps the base's annotations and names the base, as buildah does, unless told not to", async () => {
    await ok(`wherry-build build -q -t based --annotation k=base --annotation gone=1 --created-annotation ctx
printf 'FROM localhost/based AS one\\nCOPY f /h\\nFROM one\\nLABEL own=1\\n' >upon
wherry-build build -q -t upon --unsetannotation gone -f upon ctx
wherry-build build -q -t alone --inherit-annotations=false --annotation x=y -f upon ctx
c=$(wherry-build from based)
wherry-build commit -q --annotation q=r --unsetannotation gone $c worked`);
    const base = {
      "org.opencontainers.image.base.digest": (await inspect("based")).FromImageDigest,
      "org.opencontainers.image.base.name": "localhost/based:latest",
    };
    assert.deepEqual((await inspect("upon")).ImageAnnotations, { k: "base", ...base });
    assert.deepEqual((await inspect("alone")).ImageAnnotations, { x: "y" });
    assert.deepEqual((await inspect("worked")).ImageAnnotations, { k: "base", q: "r", ...base });
  });

  it("squashes layers, and leaves no image without a name", async () => {
    await ok("wherry-build build -q -t squashed --squash-all ctx");
    const { OCIv1 } = await inspect("squashed");
    assert.equal(OCIv1.rootfs.diff_ids.length, 1);
    assert.doesNotMatch(await ok("wherry-build images"), /<none>/);
  });

  it("squashes what it added to another base, and tells what it is only when asked", async () => {
    await ok("wherry-build build -q -t lower ctx");
    await ok(
      "wherry-build build -q -t upper --from lower --squash --inherit-labels=false --identity-label --created-annotation ctx",
    );
    const [lower, upper] = [await inspect("lower"), await inspect("upper")];
    assert.deepEqual(upper.OCIv1.rootfs.diff_ids.slice(0, 2), lower.OCIv1.rootfs.diff_ids);
    assert.equal(upper.OCIv1.rootfs.diff_ids.length, 3);
    assert.deepEqual([lower.ImageAnnotations, lower.OCIv1.config.Labels], [{}, { l: "1", v: "none" }]);
    assert.match(upper.OCIv1.config.Labels?.["io.buildah.version"] ?? "", /^\d/);
    assert.match(upper.ImageAnnotations["org.opencontainers.image.created"] ?? "", /^\d{4}-\d\d-\d\dT/);
    await ok(
      "printf 'FROM lower\\nLABEL own=1\\n' >own && wherry-build build -q -t bare --inherit-labels=false -f own ctx",
    );
    assert.deepEqual((await inspect("bare")).OCIv1.config.Labels, { own: "1" });
  });

  it("writes docker's format where the flag or the environment says so", async () => {
    await ok("BUILDAH_FORMAT=docker wherry-build build -q -t docker ctx");
    assert.match((await inspect("docker")).Manifest, /docker\.distribution\.manifest\.v2/);
    await ok("BUILDAH_FORMAT=docker wherry-build build -q -t oci --format oci ctx");
    assert.match((await inspect("oci")).Manifest, /oci\.image\.manifest\.v1/);
    assert.equal((await sh("wherry-build build -q --format x ctx")).status, 125);
  });

  it("gives several names, places by transport among them, and tells digests in a file", async () => {
    await ok(
      "wherry-build build -q -t one -t two:2 -t oci:$PWD/layout:x --label names=2 --metadata-file md.json --iidfile iid ctx",
    );
    const metadata = JSON.parse(readFileSync(at("work/md.json"), "utf8")) as Record<string, string>;
    assert.equal(metadata["image.name"], "localhost/one:latest,localhost/two:2");
    assert.equal(metadata["containerimage.digest"], (await inspect("one")).FromImageDigest);
    assert.equal(metadata["containerimage.config.digest"], readFileSync(at("work/iid"), "utf8"));
    assert.ok(existsSync(at("work/layout/index.json")));
    await ok("wherry-build push -q --compression-format zstd one oci:packed:one");
    assert.match(await ok("wherry-image inspect --raw oci:packed:one"), /layer\.v1\.tar\+zstd/);
    assert.match(
      (await sh("wherry-build push --compression-level 12 one oci:x:x")).stderr,
      /levels from 1 to 9/,
    );
    const listed = "wherry-build images -n --history --format '{{.Name}} {{.History}}' --filter reference=";
    assert.equal(
      await ok(`${listed}two`),
      "localhost/one localhost/one:latest, localhost/two:2\nlocalhost/two localhost/one:latest, localhost/two:2",
    );
    assert.equal(await ok(`${listed}nosuch`), "");
  });

  it("writes the files to a folder, a tar and standard output, with nothing else there", async () => {
    await ok("wherry-build build -q -o out -o type=tar,dest=out.tar ctx");
    assert.equal(readFileSync(at("work/out/f"), "utf8"), "content\n");
    assert.equal(await ok("tar tf out.tar"), "f\ng");
    assert.equal(await ok("wherry-build build -o - ctx | tar t"), "f\ng");
    assert.match((await sh("wherry-build build -o type=zip,dest=x ctx")).stderr, /type is local or tar/);
  });

  const contexts = [
    { what: "an archive", command: "tar -C ctx -czf ctx.tgz .; wherry-build build -q -t c ctx.tgz" },
    { what: "an archive on standard input", command: "tar -C ctx -c . | wherry-build build -q -t c -" },
    {
      what: "a Containerfile on standard input",
      command: "wherry-build build -q -t c -f - ctx < ctx/Containerfile",
    },
  ];
  for (const { what, command } of contexts) {
    it(`takes ${what} for a context`, async () => {
      await ok(command);
      assert.equal((await inspect("c")).OCIv1.rootfs.diff_ids.length, 2);
    });
  }

  it("takes a Containerfile alone on standard input, and build arguments out of a file", async () => {
    await ok("printf 'FROM scratch\\nLABEL a=b\\n' | wherry-build build -q -t alone -");
    assert.deepEqual((await inspect("alone")).OCIv1.config.Labels, { a: "b" });
    await ok(
      "printf '# no\\n\\nV=filed\\n' > args; wherry-build build -q -t filed --build-arg-file args ctx",
    );
    assert.equal((await inspect("filed")).OCIv1.config.Labels?.["v"], "filed");
  });

  it("puts images into lists, an equal one under two platforms, and writes these", async () => {
    await ok(
      "wherry-build build -q -t part --manifest multi ctx; wherry-build manifest add --arch arm64 --variant v8 multi part",
    );
    const index = JSON.parse(await ok("wherry-build manifest inspect multi")) as {
      manifests: readonly { digest: string; platform: { architecture: string } }[];
    };
    assert.deepEqual(
      index.manifests.map(({ platform }) => platform.architecture),
      ["amd64", "arm64"],
    );
    assert.equal(new Set(index.manifests.map(({ digest }) => digest)).size, 1);
    await ok(
      "wherry-build manifest annotate --annotation k=v --features sse4,avx multi part; wherry-build rmi -f part",
    );
    await ok("printf 'FROM multi\\nCOPY f /h\\n' | wherry-build build -q --all-platforms -t both -f - ctx");
    assert.equal(
      await ok('wherry-build manifest inspect both | grep -c \'"architecture": "\\(arm\\|amd\\)64"\''),
      "2",
    );
    assert.match(
      (await sh("wherry-build build --all-platforms -t x ctx")).stderr,
      /--all-platforms: no base image says for which platforms/,
    );
    await ok("wherry-build manifest push -q multi oci:$PWD/pushed:x; wherry-build manifest exists multi");
    const pushed = JSON.parse(await ok("wherry-image inspect --raw oci:$PWD/pushed:x")) as {
      manifests: readonly object[];
    };
    assert.equal(pushed.manifests.length, 2);
    assert.match(JSON.stringify(pushed.manifests[0]), /"features":\["sse4","avx"\]/);
    const digest = index.manifests[0]?.digest ?? "";
    await ok(`wherry-build manifest remove multi ${digest}; wherry-build manifest rm multi`);
    assert.equal((await sh("wherry-build manifest exists multi")).status, 1);
    assert.match(
      (await sh("wherry-build manifest create --annotation k=v l; wherry-build manifest create l")).stderr,
      /already in use/,
    );
    await ok("wherry-build manifest annotate --index --annotation n=m --subject oci:$PWD/pushed:x l");
    const own = JSON.parse(await ok("wherry-build manifest inspect l")) as {
      annotations: object;
      subject: object;
    };
    const written = readFileSync(at("work/pushed/index.json"), "utf8");
    const [subject] = (JSON.parse(written) as { manifests: readonly { digest: string; size: number }[] })
      .manifests;
    assert.deepEqual(own.annotations, { k: "v", n: "m" });
    assert.deepEqual(own.subject, {
      ...{
        mediaType: "application/vnd.oci.image.index.v1+json",
        digest: subject?.digest,
        size: subject?.size,
      },
    });
    assert.equal((await sh("wherry-build manifest create --amend l")).status, 0);
  });
});

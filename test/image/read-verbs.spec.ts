import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createManifest, MEDIA_TYPE, type Descriptor } from "@wherry/core/oci";
import { writeLayout } from "../support/layout.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { ImageCli } from "../support/run-image.ts";

const TLS = "--tls-verify=false";
const INDEX = "application/vnd.oci.image.index.v1+json";

/** Makes a tree and packs it as a layer; values ending in `@` are symbolic links, `=` hard links. */
function tree(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(join(file, ".."), { recursive: true });
    if (content.endsWith("@")) symlinkSync(content.slice(0, -1), file);
    else if (content.endsWith("=")) linkSync(join(folder, content.slice(0, -1)), file);
    else writeFileSync(file, content);
  }
  return folder;
}

describe("commands that read images without a pull", function () {
  this.timeout(30_000);
  let cli: ImageCli;
  let registry: TestRegistry;
  const name = (rest: string): string => `docker://${registry.host}/${rest}`;

  before(async () => {
    cli = new ImageCli();
    registry = await startRegistry();
    const base = tree(cli.path("base"), {
      "etc/os-release": "NAME=base\n",
      "etc/gone": "x\n",
      "usr/bin/tool": "tool 1\n",
      "usr/bin/hidden": "linked content\n",
      "usr/bin/shown": "usr/bin/hidden=",
      bin: "usr/bin@",
      "data/old/deep/file": "deep\n",
      "data/old/more": "more\n",
    });
    const top = tree(cli.path("top"), {
      "etc/.wh.gone": "",
      "usr/bin/tool": "tool 2\n",
      "usr/bin/hidden": "replaced\n",
      "data/old/.wh..wh..opq": "",
      "data/old/new": "new\n",
    });
    writeLayout(cli.path("layout"), "two", [base, top], { Env: ["A=1"] });
    writeLayout(cli.path("one"), "one", [base], { Env: ["A=2"] });
    for (const [from, to] of [
      [`oci:${cli.path("layout")}:two`, "app:2"],
      [`oci:${cli.path("one")}:one`, "app:1"],
    ] as const) {
      const copied = await cli.run("copy", "-q", "--dest-tls-verify=false", from, name(to));
      assert.equal(copied.status, 0, copied.err);
    }
  });
  after(async () => {
    await registry[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  describe("cat", () => {
    for (const [path, expected] of [
      ["/etc/os-release", "NAME=base\n"],
      ["usr/bin/tool", "tool 2\n"],
      ["/bin/tool", "tool 2\n"],
      ["/bin/../bin/shown", "linked content\n"],
      ["/usr/bin/shown", "linked content\n"],
      ["/data/old/new", "new\n"],
    ] as const) {
      it(`prints ${path}`, async () => {
        assert.deepEqual(await cli.run("cat", TLS, name("app:2"), path), {
          status: 0,
          out: expected,
          err: "",
        });
      });
    }

    it("reads no lower layer than it must", async () => {
      const seen = registry.requests.length;
      await cli.run("cat", TLS, name("app:2"), "/usr/bin/tool");
      const blobs = registry.requests.slice(seen).filter(({ path }) => path.includes("/blobs/"));
      assert.equal(new Set(blobs.map(({ path }) => path)).size, 1);
    });

    for (const [path, err] of [
      ["/etc/gone", /the image has no \/etc\/gone/],
      ["/data/old/more", /the image has no/],
      ["/etc", /\/etc is no file in the image but a directory/],
      ["/../../etc/nosuch", /the image has no/],
    ] as const) {
      it(`refuses ${path}`, async () => {
        const result = await cli.run("cat", TLS, name("app:2"), path);
        assert.match(result.err, err);
        assert.deepEqual([result.status, result.out], [1, ""]);
      });
    }
  });

  describe("blob get", () => {
    it("prints config and layers as they are stored, and nothing that was changed", async () => {
      const image = registry.storage.manifest("app", "2");
      assert.ok(image);
      const { config, layers } = JSON.parse(image.bytes.toString()) as {
        config: { digest: string };
        layers: { digest: string }[];
      };
      for (const { digest } of [config, ...layers]) {
        const { status, out } = await cli.run("blob", "get", TLS, name("app:2"), digest);
        assert.equal(status, 0);
        assert.equal(out, registry.storage.blob("app", digest)?.toString());
      }
      registry.faults.push({ on: /blobs/, damage: true });
      const damaged = await cli.run("blob", "get", TLS, name("app:2"), config.digest);
      assert.match(damaged.err, /digest/);
      assert.notEqual(damaged.status, 0);
      registry.faults.clear();
    });

    it("wants a blob of the image", async () => {
      const { status, err } = await cli.run("blob", "get", TLS, name("app:2"), `sha256:${"0".repeat(64)}`);
      assert.equal(status, 2);
      assert.match(err, /app:2 has no blob sha256:0{64}/);
    });
  });

  describe("export", () => {
    it("writes what a container would see, each layer read once, and GNU tar unpacks it", async () => {
      const seen = registry.requests.length;
      const { status, err } = await cli.run("export", TLS, "-o", cli.path("root.tar"), name("app:2"));
      assert.equal(status, 0, err);
      const layers = registry.requests.slice(seen).filter(({ path }) => path.includes("/blobs/"));
      assert.equal(layers.length, 2);
      mkdirSync(cli.path("root"));
      const unpacked = spawnSync("tar", ["-xf", cli.path("root.tar"), "-C", cli.path("root")], {
        encoding: "utf8",
      });
      assert.equal(unpacked.status, 0, unpacked.stderr);
      const found = spawnSync("find", [".", "-type", "f", "-o", "-type", "l"], {
        cwd: cli.path("root"),
        encoding: "utf8",
      });
      assert.deepEqual(found.stdout.trim().split("\n").sort(), [
        "./bin",
        "./data/old/new",
        "./etc/os-release",
        "./usr/bin/hidden",
        "./usr/bin/shown",
        "./usr/bin/tool",
      ]);
      const read = (path: string): string => readFileSync(cli.path("root", path), "utf8");
      assert.deepEqual([read("usr/bin/shown"), read("usr/bin/hidden")], ["linked content\n", "replaced\n"]);
      assert.equal(read("bin/tool"), "tool 2\n");
    });

    it("leaves no file behind when a layer breaks off", async () => {
      registry.faults.push({ on: /GET .*blobs/, damage: true, times: 20 });
      const { status } = await cli.run("export", TLS, "-o", cli.path("bad.tar"), name("app:2"));
      registry.faults.clear();
      assert.equal(status, 1);
      assert.equal(spawnSync("sh", ["-c", `ls ${cli.path("bad.tar")}*`]).stdout.toString(), "");
    });
  });

  describe("diff", () => {
    it("tells files, config and manifest that differ", async () => {
      const { status, out } = await cli.run(
        "diff",
        TLS,
        "--files",
        "--exit-code",
        name("app:1"),
        name("app:2"),
      );
      assert.equal(status, 1);
      assert.deepEqual(
        out.split("\n").filter((line) => !/^C \/[\w/]* \((?:mode|owner)/.test(line)),
        [
          "A /data/old/new",
          "D /data/old/deep",
          "D /data/old/deep/file",
          "D /data/old/more",
          "D /etc/gone",
          "C /usr/bin/hidden (content, size)",
          "C /usr/bin/tool (content)",
          "",
        ]
          .sort((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1))
          .slice(1)
          .concat(""),
      );
      const config = await cli.run("diff", TLS, "--config", "--format", "json", name("app:1"), name("app:2"));
      const { config: changes } = JSON.parse(config.out) as { config: { at: string }[] };
      assert.ok(changes.some(({ at }) => at === "config.Env[0]"));
      assert.match(
        (await cli.run("diff", TLS, name("app:1"), name("app:2"))).out,
        /^[-+] manifest layers\[1\]/m,
      );
    });

    it("finds no difference between an image and its copy elsewhere, and reads no layer for that", async () => {
      const seen = registry.requests.length;
      const result = await cli.run(
        "diff",
        TLS,
        "--exit-code",
        name("app:2"),
        `oci:${cli.path("layout")}:two`,
      );
      assert.deepEqual(result, { status: 0, out: "", err: "" });
      assert.equal(registry.requests.slice(seen).filter(({ path }) => path.includes("/blobs/")).length, 1);
    });
  });

  describe("verify-content", () => {
    it("finds all parts good", async () => {
      const { status, out } = await cli.run("verify-content", TLS, name("app:2"));
      assert.equal(status, 0);
      assert.equal(out.match(/^good {4}sha256:/gm)?.length, 4);
      assert.match(out, /^4 parts, .* all good$/m);
    });

    it("names a layer of a layout whose bytes were changed", async () => {
      writeLayout(cli.path("broken"), "x", [cli.path("base")]);
      const raw = JSON.parse((await cli.run("inspect", "--raw", `oci:${cli.path("broken")}:x`)).out) as {
        layers: [Descriptor];
      };
      const blob = cli.path("broken", "blobs", "sha256", raw.layers[0].digest.slice(7));
      const bytes = readFileSync(blob);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(blob, bytes);
      const { status, out, err } = await cli.run("verify-content", "-q", `oci:${cli.path("broken")}:x`);
      assert.equal(status, 1);
      assert.match(out, new RegExp(`^damaged ${raw.layers[0].digest}: `));
      assert.match(err, /is damaged: 1 of its parts is not what its digest says/);
      rmSync(cli.path("broken"), { recursive: true });
    });

    it("finds a layer that is not what the config says", async () => {
      registry.storage.addImage("liar", {
        tag: "1",
        layers: [Buffer.from("layer")],
        config: { rootfs: { type: "layers", diff_ids: [`sha256:${"a".repeat(64)}`] } },
      });
      const { status, out } = await cli.run("verify-content", TLS, "-q", name("liar:1"));
      assert.equal(status, 1);
      assert.match(out, /^damaged .*and the config names sha256:aaaa/);
    });
  });

  describe("inspect", () => {
    it("joins the history with the layers", async () => {
      const steps = JSON.parse((await cli.run("inspect", TLS, "--history", name("app:2"))).out) as {
        CreatedBy: string;
        Layer: string;
        Size: number;
      }[];
      assert.deepEqual(
        steps.map(({ CreatedBy }) => CreatedBy),
        ["layer 0", "layer 1"],
      );
      assert.ok(steps.every(({ Layer, Size }) => Layer.startsWith("sha256:") && Size > 0));
    });

    it("sums up what is stored", async () => {
      const out = await cli.run("inspect", TLS, "--sizes", name("app:2"));
      const sizes = JSON.parse(out.out) as {
        Total: number;
        Manifest: number;
        Config: number;
        Layers: { Size: number }[];
      };
      const sum = sizes.Manifest + sizes.Config + sizes.Layers.reduce((total, { Size }) => total + Size, 0);
      assert.equal(sizes.Total, sum);
      assert.equal(
        (await cli.run("inspect", TLS, "--sizes", "--format={{.Total}}", name("app:2"))).out,
        `${sum}\n`,
      );
    });

    it("lists the platforms of an index", async () => {
      const child = registry.storage.manifest("app", "1");
      const manifests = [
        {
          mediaType: child?.mediaType,
          digest: child?.digest,
          size: child?.bytes.length,
          platform: { os: "linux", architecture: "arm", variant: "v7" },
        },
        {
          mediaType: child?.mediaType,
          digest: child?.digest,
          size: child?.bytes.length,
          platform: { os: "unknown", architecture: "unknown" },
        },
      ];
      registry.storage.addManifest(
        "app",
        Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests })),
        INDEX,
        "multi",
      );
      const { out } = await cli.run("inspect", TLS, "--platforms", name("app:multi"));
      const platforms = JSON.parse(out) as {
        Platform: string;
        Digest: string;
        Size: number;
        Layers: number;
      }[];
      assert.deepEqual(
        platforms.map(({ Platform, Layers }) => [Platform, Layers]),
        [
          ["linux/arm/v7", 1],
          ["", 1],
        ],
      );
    });

    for (const [format, asked] of [
      ["{{.Digest}}", 0],
      ["{{.RepoTags}}", 1],
      ["{{json .}}", 1],
      ["{{index .Env 0}}", 0],
      ["{{ range .RepoTags }}{{ . }}{{ end }}", 1],
      ["{{ . }}", 1],
    ] as const) {
      it(`asks ${asked === 0 ? "not" : "once"} for tags to print ${format}`, async () => {
        const seen = registry.requests.length;
        const { status, err } = await cli.run("inspect", TLS, "--format", format, name("app:2"));
        assert.equal(status, 0, err);
        assert.equal(
          registry.requests.slice(seen).filter(({ path }) => path.includes("/tags/list")).length,
          asked,
        );
      });
    }

    it("goes on without tags where the registry refuses to list them", async () => {
      registry.faults.push({
        on: /tags\/list/,
        status: 403,
        body: '{"errors":[{"code":"DENIED","message":"no"}]}',
      });
      const { status, out, err } = await cli.run("inspect", TLS, name("app:2"));
      assert.equal(status, 0);
      assert.deepEqual((JSON.parse(out) as { RepoTags: string[] }).RepoTags, []);
      assert.match(err, /does not list tags/);
    });
  });

  describe("ratelimit", () => {
    it("tells what the headers of a HEAD say", async () => {
      registry.faults.push({
        on: /HEAD .*manifests/,
        addHeaders: {
          "ratelimit-limit": "100;w=21600",
          "ratelimit-remaining": "76;w=21600",
          "docker-ratelimit-source": "192.0.2.1",
        },
        times: 2,
      });
      assert.equal(
        (await cli.run("ratelimit", TLS, name("app:2"))).out,
        "76 of 100 pulls in 6 h are left for 192.0.2.1\n",
      );
      const { out } = await cli.run("ratelimit", TLS, "--format=json", name("app:2"));
      assert.deepEqual(JSON.parse(out), {
        limit: 100,
        remaining: 76,
        windowSeconds: 21600,
        source: "192.0.2.1",
      });
      assert.match((await cli.run("ratelimit", TLS, name("app:2"))).out, /names no limit of pulls/);
      assert.equal((await cli.run("ratelimit", TLS, name("app:nosuch"))).status, 2);
    });
  });

  describe("referrers", () => {
    it("draws a tree, and gives JSON", async () => {
      const image = registry.storage.manifest("app", "2");
      assert.ok(image);
      const empty = registry.storage.addBlob("app", Buffer.from("{}"));
      const artifact = (subject: Descriptor, artifactType: string): Descriptor => {
        const manifest = createManifest({
          schemaVersion: 2,
          mediaType: MEDIA_TYPE.ociManifest,
          artifactType,
          config: { mediaType: MEDIA_TYPE.ociEmpty, ...empty },
          layers: [],
          subject,
        });
        registry.storage.addManifest("app", manifest.bytes, MEDIA_TYPE.ociManifest);
        return manifest.descriptor;
      };
      const root = {
        mediaType: image.mediaType,
        digest: image.digest as Descriptor["digest"],
        size: image.bytes.length,
      };
      const sbom = artifact(root, "application/spdx+json");
      const signature = artifact(sbom, "application/x.signature");
      const { out } = await cli.run("referrers", TLS, name("app:2"));
      assert.deepEqual(
        out.split("\n").map((line) => line.replace(/ [\d.]+ ?\w*B$/, "")),
        [
          `${registry.host}/app@${image.digest}`,
          `└── application/spdx+json ${sbom.digest}`,
          `    └── application/x.signature ${signature.digest}`,
          "",
        ],
      );
      const json = JSON.parse(
        (await cli.run("referrers", TLS, "--format=json", "--depth=1", name("app:2"))).out,
      ) as {
        referrers: { digest: string; referrers: [] }[];
      };
      assert.deepEqual(
        json.referrers.map(({ digest, referrers }) => [digest, referrers]),
        [[sbom.digest, []]],
      );
      const none = await cli.run("referrers", TLS, "--artifact-type=other/type", name("app:2"));
      assert.equal(none.out.trim().split("\n").length, 1);
    });

    it("are of registries only", async () => {
      const { status, err } = await cli.run("referrers", "oci:x:1");
      assert.equal(status, 1);
      assert.match(err, /referrers is for images in a registry/);
    });
  });
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileTree, indexLayer } from "@wherry/core/layer";
import {
  compressionOf,
  encodedOf,
  parseImageConfig,
  parseManifest,
  type ImageConfig,
} from "@wherry/core/oci";
import { LayeredTree } from "../../packages/build/src/builder/layered-tree.ts";
import { CONFIG_CASES, COPY_CASES } from "../../packages/build/src/builder/testdata/cases.ts";
import { writeContext, type ContextFile } from "../../packages/build/src/builder/testdata/context-files.ts";
import { listing } from "../../packages/build/src/builder/testdata/listing.ts";

/** Cases that Debian's buildah cannot build or builds otherwise, with the reason why we differ. */
const DIFFERENT: readonly (readonly [what: RegExp, reason: string])[] = [
  [/by \/\.$/, "buildah 1.28 does not take /. for a directory; docker does"],
  [/across directories/, "buildah 1.28 has no **"],
  [/with a bracket/, "buildah 1.28 does not read [[]"],
  [/heredoc|WORKDIR of another user|--unpack/, "buildah 1.28 has no heredocs"],
  [/symbolic/, "buildah 1.28 has octal --chmod only"],
  [/over a link at the end/, "buildah 1.28 makes a directory of the missing target; BuildKit the file"],
  [/--exclude|--parents/, "buildah 1.28 has no such flag"],
  [/by name and number/, "stage names are case-sensitive in buildah"],
  [/form SHELL says/, "buildah uses /bin/sh whatever SHELL says (imagebuilder#154)"],
  [/empty lists/, "buildah writes no empty lists; they take away what a base has"],
  [/EXPOSE/, "buildah 1.28 neither lowers the protocol nor writes out ranges"],
  [/ARG inherited/, "buildah 1.28 forgets ARGs at FROM (buildah#5762)"],
  [/unset is not empty|platform ARGs/, "buildah has no ${v-w}"],
  [/backtick/, "buildah 1.28 expands with the backslash whatever the directive says"],
  [/global ARG and a platform/, "buildah 1.28 finds no stage by a variable"],
];

const { status } = spawnSync("buildah", ["version"], { stdio: "ignore" });

describe(`the same Containerfiles built by buildah${status === 0 ? "" : " (skipped: buildah is not installed)"}`, function () {
  this.timeout(60_000);
  let root: string;
  before(function () {
    if (status !== 0) this.skip();
    root = mkdtempSync(join(tmpdir(), "wherry-buildah-"));
  });
  after(() => {
    if (status !== 0) return;
    buildah(["rm", "--all"]);
    buildah(["rmi", "--all", "--force"]);
    spawnSync("buildah", ["unshare", "rm", "-rf", root]);
    rmSync(root, { recursive: true, force: true });
  });

  for (const { what, context, containerfile, tree } of COPY_CASES) {
    const reason = DIFFERENT.find(([pattern]) => pattern.test(what))?.[1];
    it(`copies ${what}${reason === undefined ? "" : ` (skipped: ${reason})`}`, async function () {
      if (reason !== undefined) this.skip();
      assert.deepEqual((await build(containerfile, context)).tree, tree);
    });
  }

  for (const { what, containerfile, expected, options } of CONFIG_CASES) {
    const reason = DIFFERENT.find(([pattern]) => pattern.test(what))?.[1];
    it(`writes the config of ${what}${reason === undefined ? "" : ` (skipped: ${reason})`}`, async function () {
      if (reason !== undefined) this.skip();
      const args = [...(options?.buildArgs ?? [])].map(([name, value]) => `--build-arg=${name}=${value}`);
      const labels = (options?.labels ?? []).map(([name, value]) => `--label=${name}=${value}`);
      const { config } = await build(containerfile, {}, [...args, ...labels]);
      assert.deepEqual(config, expected);
    });
  }

  async function build(
    containerfile: string,
    context: Record<string, ContextFile> = {},
    args: readonly string[] = [],
  ): Promise<{ tree: Record<string, string>; config: object }> {
    const folder = mkdtempSync(join(root, "case-"));
    await writeContext(join(folder, "context"), { ...context, Containerfile: containerfile });
    const options = [
      "--isolation=chroot",
      "--layers=false",
      "--format=docker",
      "--quiet",
      "--tag=case",
      ...args,
    ];
    must(buildah(["bud", ...options, join(folder, "context")]));
    must(buildah(["push", "--quiet", "--disable-compression", "case", `dir:${join(folder, "image")}`]));
    return readImage(join(folder, "image"));
  }

  function buildah(args: readonly string[]): ReturnType<typeof spawnSync> {
    const storage = [
      "--storage-driver=vfs",
      `--root=${join(root, "store")}`,
      `--runroot=${join(root, "run")}`,
    ];
    return spawnSync("buildah", [...storage, ...args], { encoding: "utf8" });
  }
});

function must({ status: ending, stderr }: ReturnType<typeof spawnSync>): void {
  assert.equal(ending, 0, String(stderr));
}

/** Tree and config of an image in a `dir:` folder. */
async function readImage(folder: string): Promise<{ tree: Record<string, string>; config: object }> {
  const manifest = parseManifest(readFileSync(join(folder, "manifest.json")));
  assert.equal(manifest.kind, "image");
  const { config, layers } = manifest.content;
  const paths = layers.map(({ digest }) => join(folder, encodedOf(digest)));
  const lists = await Promise.all(
    paths.map((path, index) => indexLayer(path, compressionOf(layers[index]?.mediaType ?? ""))),
  );
  const fds = paths.map((path) => openSync(path, "r"));
  try {
    const tree = new LayeredTree(FileTree.merge(lists), (layer) => Promise.resolve(fds[layer] ?? -1));
    const image = parseImageConfig(readFileSync(join(folder, encodedOf(config.digest))));
    return { tree: await listing(tree), config: comparable(image) };
  } finally {
    fds.forEach((fd) => closeSync(fd));
  }
}

/** The config without what buildah writes of itself. */
function comparable({ config = {} }: ImageConfig): object {
  const known = [
    "Env",
    "Cmd",
    "Entrypoint",
    "ExposedPorts",
    "Volumes",
    "User",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "Shell",
    "Healthcheck",
    "OnBuild",
  ];
  const { ["io.buildah.version"]: _version, ...labels } = config.Labels ?? {};
  const fields = Object.entries({ ...config, Labels: labels }).filter(
    ([name, value]) =>
      known.includes(name) &&
      !(value === "" || (typeof value === "object" && Object.keys(value).length === 0)),
  );
  return Object.fromEntries(fields);
}

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONFIG_CASES, COPY_CASES } from "../../packages/build/src/builder/testdata/cases.ts";
import { writeContext, type ContextFile } from "../../packages/build/src/builder/testdata/context-files.ts";
import { readImage } from "./read-image.ts";

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

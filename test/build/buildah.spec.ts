import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_CASES, COPY_CASES } from "../../packages/build/src/builder/testdata/cases.ts";
import { writeContext, type ContextFile } from "../../packages/build/src/builder/testdata/context-files.ts";
import { memoryFolder } from "../support/memory-folder.ts";
import { readImage } from "./read-image.ts";

interface Difference {
  readonly what: RegExp;
  /** Why we differ. */
  readonly reason: string;
  /** The minor version of buildah from which on it does not. */
  readonly until?: number;
}

/** Cases that the installed buildah cannot build or builds otherwise: seen with Debian's 1.28 and with 1.43. */
const DIFFERENT: readonly Difference[] = [
  { what: /by \/\.$/, until: 43, reason: "buildah 1.28 does not take /. for a directory; docker does" },
  { what: /across directories/, until: 43, reason: "buildah 1.28 has no **" },
  { what: /with a bracket/, until: 43, reason: "buildah 1.28 does not read [[]" },
  { what: /heredoc|WORKDIR of another user/, until: 43, reason: "buildah 1.28 has no heredocs" },
  { what: /heredocs$/, reason: "buildah keeps the escape before a $ in a heredoc; BuildKit takes it away" },
  { what: /global header/, reason: "buildah makes the folder that GNU tar names the header in" },
  { what: /--unpack/, reason: "buildah has no such flag" },
  { what: /symbolic/, reason: "buildah has octal --chmod only, up to 1.44 (imagebuilder#324)" },
  {
    what: /over a link at the end/,
    reason: "buildah makes a directory of the missing target; BuildKit the file",
  },
  { what: /--exclude|--parents/, until: 43, reason: "buildah 1.28 has no such flag" },
  { what: /by name and number/, reason: "stage names are case-sensitive in buildah" },
  { what: /form SHELL says/, reason: "buildah uses /bin/sh whatever SHELL says (imagebuilder#154)" },
  { what: /empty lists/, reason: "buildah writes no empty lists; they take away what a base has" },
  { what: /EXPOSE/, reason: "buildah neither lowers the protocol nor writes out ranges" },
  { what: /ARG inherited/, until: 43, reason: "buildah 1.28 forgets ARGs at FROM (buildah#5762)" },
  { what: /unset is not empty|platform ARGs/, reason: "buildah has no ${v-w}" },
  { what: /the version of the system|stage that nobody named/, reason: "buildah has no TARGETSTAGE" },
  { what: /SOURCE_DATE_EPOCH/, until: 43, reason: "buildah 1.28 has no --source-date-epoch" },
  { what: /backtick/, reason: "buildah expands with the backslash whatever the directive says" },
  { what: /global ARG and a platform/, until: 43, reason: "buildah 1.28 finds no stage by a variable" },
];

const { status, stdout } = spawnSync("buildah", ["--version"], { encoding: "utf8" });
const version = Number(/version 1\.(\d+)/.exec(status === 0 ? stdout : "")?.[1] ?? 0);

function reasonFor(what: string): string | undefined {
  return DIFFERENT.find(({ what: pattern, until = Infinity }) => pattern.test(what) && version < until)
    ?.reason;
}

describe(`the same Containerfiles built by buildah${status === 0 ? "" : " (skipped: buildah is not installed)"}`, function () {
  this.timeout(60_000);
  let root: string;
  before(function () {
    if (status !== 0) this.skip();
    root = memoryFolder("wherry-buildah-");
  });
  after(() => {
    if (status !== 0) return;
    buildah(["rm", "--all"]);
    buildah(["rmi", "--all", "--force"]);
    spawnSync("buildah", ["unshare", "rm", "-rf", root]);
    rmSync(root, { recursive: true, force: true });
  });

  for (const { what, context, containerfile, tree } of COPY_CASES) {
    const reason = reasonFor(what);
    it(`copies ${what}${reason === undefined ? "" : ` (skipped: ${reason})`}`, async function () {
      if (reason !== undefined) this.skip();
      assert.deepEqual((await build(containerfile, context)).tree, tree);
    });
  }

  for (const { what, containerfile, expected, options } of CONFIG_CASES) {
    const reason = reasonFor(what);
    it(`writes the config of ${what}${reason === undefined ? "" : ` (skipped: ${reason})`}`, async function () {
      if (reason !== undefined) this.skip();
      const args = [...(options?.buildArgs ?? [])].map(([name, value]) => `--build-arg=${name}=${value}`);
      const labels = (options?.labels ?? []).map(([name, value]) => `--label=${name}=${value}`);
      const date = options?.date === undefined ? [] : [`--source-date-epoch=${options.date.seconds}`];
      const target = options?.target === undefined ? [] : [`--target=${options.target}`];
      const { config } = await build(containerfile, {}, [...args, ...labels, ...date, ...target]);
      // buildah 1.43 writes the root directory where nothing was said; it is what is meant then
      assert.deepEqual({ WorkingDir: "/", ...config }, { WorkingDir: "/", ...expected });
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
      `--tag=dir:${join(folder, "image")}`,
      ...args,
    ];
    must(buildah(["bud", ...options, join(folder, "context")]));
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

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Result, TestUser } from "../test/support/user.ts";
import type { Row, Side } from "./pairs.ts";

export interface BuildSetting {
  readonly user: TestUser;
  /** Folder of the user for contexts. */
  readonly folder: string;
}

const GIB = 2 ** 30;

/** Builds beside buildah's, and beside smaller ones of our own: how time grows with steps, files and bytes. */
export function graphRows({ user, folder }: BuildSetting): Row[] {
  const path = (name: string) => join(folder, "build", name);
  /** Makes a context by a shell script, once, before the first run. */
  const made = (name: string, script: string) => async (): Promise<Result | undefined> => {
    if (existsSync(path(name))) return undefined;
    const words = `mkdir -p "$1.new" && cd "$1.new" && ${script} && mv "$1.new" "$1"`;
    const result = await user.run("sh", ["-c", words, "sh", path(name)], { timeoutMs: 300_000 });
    if (result.status !== 0) throw new Error(`${name}: ${result.stderr}`);
    return result;
  };
  const build = (program: string, name: string, ...flags: readonly string[]): readonly string[] => {
    const layers = program === "buildah" ? ["--layers"] : [];
    return [program, "build", "-q", ...layers, ...flags, "-t", `localhost/bench-${name}`, path(name)];
  };
  const pair = (
    name: string,
    script: string,
    flags: readonly string[],
  ): Pick<Row, "ours" | "theirs" | "peer"> => ({
    peer: "buildah",
    ours: { argv: build("wherry-build", name, ...flags), before: made(name, script) },
    theirs: { argv: build("buildah", name, ...flags) },
  });
  /** A build of our own of another size. */
  const own = (name: string, script: string, ...flags: readonly string[]): Side => ({
    argv: build("wherry-build", name, ...flags),
    before: made(name, script),
  });
  const touched = (name: string, script: string) => async (): Promise<void> => {
    await made(name, script)();
    await user.run("sh", ["-c", `date +%s%N >"${path(name)}/d/0/f-1"`]);
  };
  const files = pair("files-20000", manyFiles(20_000), []);
  return [
    {
      work: "build, 50 steps, config-heavy, cached",
      ...pair("steps-50", manySteps(50), []),
      budget: { ratio: 0.05 },
      pairs: 3,
    },
    {
      work: "build, 50 steps, config-heavy, no cache",
      ...pair("steps-50", manySteps(50), ["--no-cache"]),
      ...{ budget: { ratio: 0.2 }, pairs: 1 },
    },
    {
      work: "build, context of 20,000 files, one changed",
      ...files,
      ours: { ...files.ours, before: touched("files-20000", manyFiles(20_000)) },
      ...{ budget: { ratio: 0.3 }, pairs: 2 },
    },
    {
      work: "build, two stages of 5 s, beside one",
      peer: "–",
      ours: own("stages-2", stages(2), "--no-cache", "--jobs", "2"),
      theirs: own("stages-1", stages(1), "--no-cache"),
      ...{ budget: { ratio: 1.2 }, pairs: 1 },
    },
    {
      work: "build, layer of 1 GiB, memory of all its processes",
      peer: "–",
      ours: own("layer-1024", layer(1024), "--no-cache"),
      theirs: undefined,
      ...{ budget: { peakMiB: 250 }, pairs: 1 },
    },
    {
      work: "build, layer of 1 GiB by RUN, disk beside what the command wrote",
      peer: "–",
      ours: own("layer-1024", layer(1024), "--no-cache"),
      theirs: undefined,
      ...{ budget: { diskRatio: 1.1, folder: user.home, bytes: GIB, besides: GIB }, pairs: 1 },
    },
    {
      work: "build, layer of 1 GiB by COPY, disk",
      peer: "–",
      ours: own(
        "copy-1024",
        "head -c 1073741824 /dev/urandom >big && printf 'FROM scratch\\nCOPY big /\\n' >Containerfile",
        "--no-cache",
      ),
      theirs: undefined,
      ...{ budget: { diskRatio: 1.1, folder: user.home, bytes: GIB, besides: 0 }, pairs: 1 },
    },
    {
      work: "build, growth: 200 steps beside 50, no cache",
      peer: "–",
      ours: own("steps-200", manySteps(200), "--no-cache"),
      theirs: own("steps-50", manySteps(50), "--no-cache"),
      ...{ budget: { ratio: 4 }, pairs: 1 },
    },
    {
      work: "build, growth: 20,000 files beside 5,000, no cache",
      peer: "–",
      ours: own("files-20000", manyFiles(20_000), "--no-cache"),
      theirs: own("files-5000", manyFiles(5000), "--no-cache"),
      ...{ budget: { ratio: 4 }, pairs: 1 },
    },
    {
      work: "build, growth: layer of 1 GiB beside 256 MiB",
      peer: "–",
      ours: own("layer-1024", layer(1024), "--no-cache"),
      theirs: own("layer-256", layer(256), "--no-cache"),
      ...{ budget: { ratio: 4 }, pairs: 1 },
    },
  ];
}

/** A Containerfile of so many steps, most of which only change the config. */
function manySteps(count: number): string {
  const lines = `for i in $(seq ${count - 2}); do case $((i % 3)) in 0) echo "ENV V$i=$i";; 1) echo "LABEL l$i=$i";; *) echo "ARG A$i=$i";; esac; done`;
  return `echo hello >f && { echo FROM localhost/small; ${lines}; echo "COPY f /f"; echo "RUN cat /f >/g"; } >Containerfile`;
}

function manyFiles(count: number): string {
  return `for d in $(seq 0 ${count / 100 - 1}); do mkdir -p d/$d; for f in $(seq 100); do echo "$d $f" >d/$d/f-$f; done; done; printf 'FROM localhost/small\\nCOPY d /d\\n' >Containerfile`;
}

/** So many stages that wait 5 seconds each, put together in one more. */
function stages(count: number): string {
  const each = Array.from(
    { length: count },
    (_, index) => `FROM localhost/small AS s${index}\\nRUN sleep 5; echo ${index} >/o\\n`,
  );
  const copies = each.map((_, index) => `COPY --from=s${index} /o /o${index}\\n`);
  return `printf '${each.join("")}FROM scratch\\n${copies.join("")}' >Containerfile`;
}

function layer(mebibytes: number): string {
  return `printf 'FROM localhost/small\\nRUN head -c ${mebibytes * 2 ** 20} /dev/urandom >/big\\n' >Containerfile`;
}

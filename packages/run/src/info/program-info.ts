import { findProgram, ProgramFailedError, run } from "@wherry/core/process";

/** How package managers other than Debian's are asked whose a file is, each with what its answer is taken from. */
const MANAGERS: readonly {
  readonly program: string;
  readonly args: readonly string[];
  readonly answer: RegExp;
}[] = [
  { program: "rpm", args: ["--query", "--file"], answer: /^(\S+)$/m },
  { program: "pacman", args: ["-Qoq"], answer: /^(\S+)$/m },
  { program: "apk", args: ["info", "--who-owns"], answer: /owned by (\S+)$/m },
];

/** What podman says where nobody knows. */
const UNKNOWN = "Unknown";
const TIMEOUT_MS = 5000;

/** A program as `info` shows it; all empty where there is none. */
export interface ProgramInfo {
  readonly package: string;
  readonly path: string;
  readonly version: string;
}

/** Package, path and version of each program. Debian's package manager is slow: it is asked once for all. */
export async function programInfos(paths: readonly (string | undefined)[]): Promise<ProgramInfo[]> {
  const found = paths.filter((path) => path !== undefined);
  const [owners, versions] = await Promise.all([
    ownersOf(found),
    Promise.all(found.map(async (path) => [path, await versionOf(path)] as const)),
  ]);
  const known = new Map(versions);
  return paths.map((path) =>
    path === undefined
      ? { package: "", path: "", version: "" }
      : { package: owners.get(path) ?? UNKNOWN, path, version: known.get(path) ?? UNKNOWN },
  );
}

/** The packages that programs came with, by path, as their package manager calls them. */
async function ownersOf(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (findProgram("dpkg-query") !== undefined) return await debianOwners(paths);
  const manager = MANAGERS.find(({ program }) => findProgram(program) !== undefined);
  if (manager === undefined) return new Map();
  const { program, args, answer } = manager;
  const owners = await Promise.all(
    paths.map(async (path) => {
      const owner = answer.exec(await answerOf(program, [...args, path]))?.[1];
      return owner === undefined ? [] : [[path, owner] as const];
    }),
  );
  return new Map(owners.flat());
}

async function debianOwners(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const line of (await answerOf("dpkg-query", ["--search", ...paths])).split("\n")) {
    const [, name, path] = /^([^:\s,]+).*: (\/.*)$/.exec(line) ?? [];
    if (name !== undefined && path !== undefined) names.set(path, name);
  }
  if (names.size === 0) return names;
  const shown = [
    "--show",
    "--showformat=${Package} ${Package}_${Version}_${Architecture}\\n",
    ...new Set(names.values()),
  ];
  const full = new Map(
    (await answerOf("dpkg-query", shown)).split("\n").map((line) => line.split(" ") as [string, string]),
  );
  return new Map([...names].map(([path, name]) => [path, full.get(name) ?? name]));
}

async function versionOf(path: string): Promise<string> {
  const [first = ""] = (await answerOf(path, ["--version"])).split("\n");
  return first === "" ? UNKNOWN : first;
}

/** What a program prints, of the questions that it can answer. */
async function answerOf(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, { timeoutMs: TIMEOUT_MS, okStatus: [0, 1] });
    return (stdout.toString() || stderr).trim();
  } catch (error) {
    if (error instanceof ProgramFailedError) return "";
    throw error;
  }
}

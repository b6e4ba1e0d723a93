import { findProgram, ProgramFailedError, run } from "@wherry/core/process";

/** How package managers are asked whose a file is, each with what its answer is taken from. */
const MANAGERS: readonly {
  readonly program: string;
  readonly args: readonly string[];
  readonly answer: RegExp;
}[] = [
  { program: "dpkg-query", args: ["--search"], answer: /^([^:\s,]+)/ },
  { program: "rpm", args: ["--query", "--file"], answer: /^(\S+)$/m },
  { program: "pacman", args: ["-Qoq"], answer: /^(\S+)$/m },
  { program: "apk", args: ["info", "--who-owns"], answer: /owned by (\S+)$/m },
];

/** What podman says where nobody knows. */
const UNKNOWN = "Unknown";
const TIMEOUT_MS = 5000;

/** Package, path and version of a program; empty where there is none. */
export async function programInfo(
  path: string | undefined,
): Promise<{ package: string; path: string; version: string }> {
  if (path === undefined) return { package: "", path: "", version: "" };
  const [owner, version] = await Promise.all([packageOf(path), versionOf(path)]);
  return { package: owner, path, version };
}

/** The same of programs whose path is called `executable`. */
export async function executableInfo(
  executable: string | undefined,
): Promise<{ executable: string; package: string; version: string }> {
  const { path, ...others } = await programInfo(executable);
  return { executable: path, ...others };
}

/** The package that a program came with, as its package manager calls it. */
async function packageOf(path: string): Promise<string> {
  const manager = MANAGERS.find(({ program }) => findProgram(program) !== undefined);
  if (manager === undefined) return UNKNOWN;
  const { program, args, answer } = manager;
  const name = answer.exec(await answerOf(program, [...args, path]))?.[1];
  if (name === undefined) return UNKNOWN;
  if (program !== "dpkg-query") return name;
  const full = await answerOf(program, [
    "--show",
    "--showformat=${Package}_${Version}_${Architecture}",
    name,
  ]);
  return full === "" ? name : full;
}

async function versionOf(path: string): Promise<string> {
  const [first = ""] = (await answerOf(path, ["--version"])).split("\n");
  return first === "" ? UNKNOWN : first;
}

/** What a program prints; nothing where it fails. */
async function answerOf(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, { timeoutMs: TIMEOUT_MS });
    return (stdout.toString() || stderr).trim();
  } catch (error) {
    if (error instanceof ProgramFailedError) return "";
    throw error;
  }
}

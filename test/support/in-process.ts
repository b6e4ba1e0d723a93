import { join } from "node:path";
import { runCommandLine, type Invocation } from "@wherry/core/cli";
import { Engine, type Host } from "@wherry/core/engine";

/** What a command line ended with. */
export interface InProcessResult {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A host that has all its folders below one, and nothing of this machine's configuration. */
export function hostIn(home: string, different: Partial<Host> = {}): Host {
  return {
    env: { XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home, TMPDIR: home },
    home,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    userName: "me",
    procRoot: "/proc",
    etc: join(home, "etc"),
    now: () => new Date(),
    workerProgram: undefined,
    selfProgram: [],
    ...different,
  };
}

/**
 * Runs a command line in this process.
 *
 * @param different what of the invocation is otherwise than usual
 * @param runIt what runs it, where that is not the sources
 */
export async function runInProcess(
  argv: readonly string[],
  host: Host,
  different: Pick<Invocation, "program"> & Partial<Invocation>,
  runIt: typeof runCommandLine = runCommandLine,
): Promise<InProcessResult> {
  const result = { out: "", err: "" };
  const invocation: Invocation = {
    calledAs: different.program.name,
    openEngine: (options) => Promise.resolve(Engine.open(host, options)),
    becomeSibling: () => Promise.reject(new Error("no sibling in this test")),
    out: (text) => void (result.out += Buffer.from(text).toString()),
    redirectOutput: () => undefined,
    err: (text) => void (result.err += text),
    errIsTerminal: false,
    signal: new AbortController().signal,
    releaseSignals: () => undefined,
    now: () => new Date(),
    ...different,
  };
  const status = await runIt(argv, invocation);
  return { status, ...result };
}

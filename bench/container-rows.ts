import { join } from "node:path";
import type { TestUser } from "../test/support/user.ts";
import type { Row, Side } from "./pairs.ts";

/** Containers that are there when they are listed; podman needs too long to make the thousand. */
const LISTED = 100;
const GIB = 2 ** 30;
/** As conmon writes it; repeated until the log has 1 GB. */
const LOG_LINE = "2026-01-01T00:00:00.000000000+00:00 stdout F one line of a program that says a lot";

/** Rows of many containers, of much output, and of what a run costs while it waits. They leave containers behind: keep them last. */
export function manyContainerRows(user: TestUser): Row[] {
  return [...manyRows(user), ...outputRows(user), ...memoryRows()];
}

function manyRows(user: TestUser): Row[] {
  const [ours, theirs] = [make(user, "wherry"), make(user, "podman")];
  const listed = (work: string, args: readonly string[]): Row => ({
    work: `${work}, ${LISTED} containers`,
    peer: "podman",
    ours: { argv: ["wherry", ...args], before: ours },
    theirs: { argv: ["podman", ...args], before: theirs },
    budget: { ratio: 0.5 },
    pairs: 7,
  });
  return [
    scripted(
      "8 parallel run --rm",
      "for i in 1 2 3 4 5 6 7 8; do $P run --rm --network none localhost/small true & done; wait",
      { ratio: 0.4 },
      5,
    ),
    scripted(
      "100 containers started and removed",
      `for i in $(seq 100); do $P run -d --name many-$i --network none localhost/small sleep 100000 || exit 1; done >/dev/null
       $P rm -f -t 0 $(seq -f many-%g 100) >/dev/null`,
      { ratio: 0.4 },
      1,
    ),
    listed("ps -a", ["ps", "-a"]),
    listed("inspect of one", ["inspect", `listed-${LISTED}`]),
  ];
}

function outputRows(user: TestUser): Row[] {
  const node = join(user.tools.root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  return [
    {
      work: "logs --tail 10 of a 1 GB log, beside bare node",
      peer: "node",
      ours: { argv: ["wherry", "logs", "--tail", "10", "bench-log"], before: once(() => writeLog(user)) },
      theirs: { argv: [node, "-e", "0"] },
      budget: { ratio: 3 },
      pairs: 11,
    },
    scripted(
      "1 GiB through stdin and stdout of run -i",
      `test "$(head -c ${GIB} /dev/zero | $P run --rm -i --network none localhost/small cat | wc -c)" = ${GIB}`,
      { ratio: 1.25 }, // 0.8 of the peer's throughput
      3,
    ),
  ];
}

function memoryRows(): Row[] {
  const waiting = (work: string, counts: (name: string) => boolean, peakMiB: number): Row => ({
    work,
    peer: "–",
    ours: { argv: ["wherry", "run", "--rm", "--network", "none", "localhost/small", "sleep", "3"], counts },
    theirs: undefined,
    budget: { peakMiB },
    pairs: 1,
  });
  return [
    waiting("foreground run, memory of wherry", (name) => name === "node" || name === "MainThread", 100),
    waiting("foreground run, memory of conmon", (name) => name === "conmon", 5),
  ];
}

/** The same script by both, as `$P`. */
function scripted(work: string, script: string, budget: Row["budget"], pairs: number): Row {
  const side = (program: string): Side => ({ argv: ["sh", "-c", `P=${program}\n${script}`] });
  return { work, peer: "podman", ours: side("wherry"), theirs: side("podman"), budget, pairs };
}

/** Makes the containers that are listed, the first time. */
function make(user: TestUser, program: string): () => Promise<unknown> {
  const script = `for i in $(seq ${LISTED}); do ${program} create --name listed-$i --network none localhost/small true || exit 1; done`;
  return once(() => must(user, script));
}

function writeLog(user: TestUser): Promise<unknown> {
  return must(
    user,
    `wherry run --name bench-log --network none localhost/small true
     yes '${LOG_LINE}' | head -c 1000000000 >"$(wherry inspect -f '{{.HostConfig.LogConfig.Path}}' bench-log)"`,
  );
}

function once(work: () => Promise<unknown>): () => Promise<unknown> {
  let done: Promise<unknown> | undefined;
  return () => (done ??= work());
}

async function must(user: TestUser, script: string): Promise<void> {
  const { status, stderr } = await user.run("sh", ["-c", script], { timeoutMs: 300_000 });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

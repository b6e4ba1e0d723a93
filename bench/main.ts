/**
 * `npm run bench`: pairs of the same work done by wherry and by the peer installed on this machine, run in turn.
 *
 *   npm run bench -- --json         the table as JSON
 *   npm run bench -- --only pull,push    rows whose name has one of these words
 */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execaSync } from "execa";
import { startDockerRegistry } from "../test/support/docker-registry.ts";
import { testUser, type TestUser } from "../test/support/user.ts";
import { makeLayout } from "./fixtures.ts";
import { growthTable, measureGrowth } from "./growth.ts";
import { serveManyTags } from "./mirror-rows.ts";
import { measure, type Outcome } from "./pairs.ts";
import { rowsFor, type Setting } from "./rows.ts";

const { values: flags } = parseArgs({
  options: { json: { type: "boolean" }, only: { type: "string" }, growth: { type: "boolean" } },
});

/** In a private mount namespace a hybrid cgroup host is made a plain v1 one, so that the peers' crun starts at all. */
const NEEDS_PRIVATE_MOUNTS =
  process.getuid?.() === 0 &&
  process.env["WHERRY_BENCH_INSIDE"] === undefined &&
  readFileSync("/proc/self/cgroup", "utf8").split("\n").filter(Boolean).length > 1;

if (NEEDS_PRIVATE_MOUNTS) inPrivateMounts();
else await bench();

function inPrivateMounts(): void {
  const script = `mount --make-rprivate / || exit
    { echo -hugetlb >/sys/fs/cgroup/unified/cgroup.subtree_control; } 2>/dev/null
    mkdir -p /sys/fs/cgroup/hugetlb && { mountpoint -q /sys/fs/cgroup/hugetlb || mount -t cgroup -o hugetlb cgroup /sys/fs/cgroup/hugetlb; } &&
    exec "$@"`;
  const { exitCode } = execaSync(
    "unshare",
    ["--mount", "sh", "-c", script, "sh", process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: "inherit", reject: false, env: { WHERRY_BENCH_INSIDE: "1" } },
  );
  process.exitCode = exitCode ?? 1;
}

async function bench(): Promise<void> {
  await using user = testUser(`wherry-bench-${process.pid}`);
  await using servers = new AsyncDisposableStack();
  try {
    if (flags.growth === true) {
      console.log(await growth(user, servers));
      return;
    }
    const setting = await prepare(user, servers);
    const outcomes: Outcome[] = [];
    for (const row of rowsFor(setting)) {
      if (!isWanted(row.work)) continue;
      process.stderr.write(`measuring: ${row.work}\n`);
      try {
        outcomes.push(await measure(row, user));
      } catch (error) {
        process.stderr.write(
          `not measured: ${row.work}: ${error instanceof Error ? error.message : String(error)}\n`,
        );
        process.exitCode = 1;
      }
    }
    console.log(
      flags.json === true
        ? JSON.stringify({ machine: machine(), versions: versions(), outcomes }, undefined, 2)
        : table(outcomes),
    );
  } finally {
    await user.run("wherry", ["rm", "-f", "-a"]);
    await user.run("podman", ["rm", "-f", "-a"]);
    await user.run("podman", ["unshare", "rm", "-rf", join(user.home, ".local", "share", "containers")]);
  }
}

async function growth(user: TestUser, servers: AsyncDisposableStack): Promise<string> {
  const folder = join(user.home, "bench");
  mkdirSync(folder);
  own(folder, user);
  const plots = join(import.meta.dirname, "../docs/performance");
  const grown = await measureGrowth(user, folder, plots, isWanted, servers);
  return flags.json === true
    ? JSON.stringify({ machine: machine(), grown }, undefined, 2)
    : `${growthTable(grown)}\n\nmachine: ${machine()}`;
}

/** Whether the row is among those asked for. */
function isWanted(work: string): boolean {
  return flags.only === undefined || flags.only.split(",").some((word) => work.includes(word));
}

/** Images, registries and contexts that the rows work on. */
async function prepare(user: TestUser, servers: AsyncDisposableStack): Promise<Setting> {
  const folder = join(user.home, "bench");
  mkdirSync(folder);
  const registry = servers.use(await startDockerRegistry({ parent: folder })).host;
  const otherRegistry = servers.use(await startDockerRegistry({ parent: folder })).host;
  const images = [
    { name: "small", layers: [] },
    { name: "big", layers: [4000, 3000, 3000].map((files) => ({ files, bytesPerFile: 32_000 })) },
    { name: "blob", layers: [{ files: 1, bytesPerFile: 2 ** 30 }] },
  ].filter(({ name }) => name !== "blob" || isWanted("copy of a 1 GiB blob"));
  for (const { name, layers } of images) {
    const layout = makeLayout(folder, name, layers);
    own(folder, user);
    await must(user, "wherry-image", [
      "copy",
      "-q",
      "--dest-tls-verify=false",
      `oci:${layout}:${name}`,
      `docker://${registry}/bench/${name}:1`,
    ]);
    await user.run("rm", ["-rf", layout]);
  }
  const peers = new Set(["podman", "buildah", "skopeo"].filter((name) => versionOf(name) !== undefined));
  for (const program of ["wherry", ...(peers.has("podman") ? ["podman"] : [])]) {
    for (const name of ["small", "big"]) {
      await must(user, program, ["pull", "-q", "--tls-verify=false", `${registry}/bench/${name}:1`]);
    }
    await must(user, program, ["tag", `${registry}/bench/small:1`, "localhost/small"]);
    await must(user, program, [
      "run",
      "-d",
      "--name",
      "bench",
      "--network",
      "none",
      "localhost/small",
      "sleep",
      "100000",
    ]);
  }
  makeContext(folder, `${registry}/bench/big:1`);
  own(folder, user);
  const many = servers.use(await serveManyTags());
  return { user, registry, otherRegistry, many, folder, peers };
}

function makeContext(folder: string, base: string): void {
  const context = join(folder, "context");
  mkdirSync(context);
  writeFileSync(join(context, "hello.txt"), "hello\n");
  const steps = [
    "COPY hello.txt /hello.txt",
    "RUN mkdir /made && touch /made/file",
    "ENV A=1",
    "RUN cat /hello.txt",
  ];
  writeFileSync(join(context, "Containerfile"), [`FROM ${base}`, ...steps, ""].join("\n"));
}

function own(path: string, { uid, gid }: TestUser): void {
  chownSync(path, uid, gid);
  execaSync("chown", ["-R", `${uid}:${gid}`, path]);
}

async function must(user: TestUser, program: string, args: readonly string[]): Promise<void> {
  const { status, stderr } = await user.run(program, args, { timeoutMs: 300_000 });
  if (status !== 0)
    throw new Error(`${program} ${args.join(" ")} ended with status ${String(status)}: ${stderr}`);
}

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
}

function versions(): Record<string, string> {
  const programs = ["podman", "buildah", "skopeo", "crun", "runc", "conmon", "pasta"];
  return Object.fromEntries(programs.map((name) => [name, versionOf(name) ?? "not installed"]));
}

function versionOf(program: string): string | undefined {
  const { stdout, exitCode } = execaSync(program, ["--version"], { reject: false });
  return exitCode === 0 ? stdout.split("\n")[0] : undefined;
}

function table(outcomes: readonly Outcome[]): string {
  const header = ["work", "wherry", "peer", "", "ratio", "peak", "budget", ""];
  const rows = outcomes.map(({ work, oursMs, theirsMs, peer, ratio, peakMiB, budget, met }) => [
    work,
    `${oursMs.toFixed(0)} ms`,
    theirsMs === undefined ? "–" : `${theirsMs.toFixed(0)} ms`,
    peer,
    ratio === undefined ? "–" : `${ratio.toFixed(2)} ×`,
    `${peakMiB.toFixed(0)} MiB`,
    budget,
    met ? "met" : "MISSED",
  ]);
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const tools = Object.values(versions()).join("; ");
  return [...lines, "", `machine: ${machine()}`, `peers: ${tools}`].join("\n");
}

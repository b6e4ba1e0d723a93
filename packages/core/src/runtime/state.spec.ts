import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leftOvers, readState, writeStartRecord, type StartRecord } from "./index.ts";

const ID = "c".repeat(64);
const BOOT = "boot-1";
const [monitor, init, starter] = [10, 11, 12].map((pid) => ({ pid, startTime: `${pid}00` })) as [
  StartRecord["monitor"],
  StartRecord["monitor"],
  StartRecord["monitor"],
];
const started: StartRecord = { boot: BOOT, starter, monitor, init, startedAt: "2026-01-01T00:00:00.000Z" };

describe("readState", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-state-"));
    mkdirSync(join(folder, "proc/sys/kernel/random"), { recursive: true });
    writeFileSync(join(folder, "proc/sys/kernel/random/boot_id"), `${BOOT}\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function runProcess(pid: number, { startTime = `${pid}00`, status = "S" } = {}): void {
    mkdirSync(join(folder, "proc", String(pid)));
    const fields = [status, ...Array.from({ length: 18 }, () => "0"), startTime, "0"];
    writeFileSync(join(folder, "proc", String(pid), "stat"), `${pid} (a) b) ${fields.join(" ")}`);
  }

  it("finds the process that a failed creation left, which no file tells of", () => {
    const bundle = join(folder, "bundle");
    for (const [pid, words] of [
      [20, ["crun", "create", "--bundle", `${bundle}2`, ID]],
      [21, ["crun", "create", "--bundle", bundle, ID]],
    ] as const) {
      runProcess(pid);
      writeFileSync(join(folder, "proc", String(pid), "cmdline"), `${words.join("\0")}\0`);
    }
    const found = leftOvers({ boot: BOOT, monitor, starter }, bundle, join(folder, "proc"));
    assert.deepEqual(found, [{ pid: 21, startTime: "2100" }]);
  });

  const { init: _init, startedAt: _startedAt, ...half } = started;
  const cases: {
    what: string;
    record?: StartRecord;
    exit?: string;
    alive?: readonly (readonly [number, { startTime?: string; status?: string }?])[];
    expected: object;
  }[] = [
    { what: "nothing", expected: { status: "created" } },
    { what: "a start under way", record: half, alive: [[10], [12]], expected: { status: "starting" } },
    {
      what: "a start whose starter was killed",
      record: half,
      alive: [[10]],
      expected: { status: "created" },
    },
    {
      what: "a half start that its guard ended",
      record: half,
      exit: "137",
      expected: { status: "created" },
    },
    { what: "a running monitor", record: started, alive: [[10], [11]], expected: { status: "running" } },
    {
      what: "an exit file",
      record: started,
      exit: "7\n",
      alive: [[10]],
      expected: { status: "exited", exitCode: 7 },
    },
    {
      what: "an exit by signal",
      record: started,
      exit: "137",
      expected: { status: "exited", exitCode: 137 },
    },
    {
      what: "a killed monitor",
      record: started,
      alive: [[11]],
      expected: { status: "exited", exitCode: 255, error: "conmon process killed" },
    },
    {
      what: "a monitor that waits to be reaped",
      record: started,
      alive: [[10, { status: "Z" }]],
      expected: { status: "exited", exitCode: 255 },
    },
    {
      what: "another process with the monitor's pid",
      record: started,
      alive: [[10, { startTime: "9" }]],
      expected: { status: "exited", exitCode: 255 },
    },
    {
      what: "a run before the host was restarted",
      record: { ...started, boot: "boot-0" },
      alive: [[10], [11]],
      expected: { status: "exited", exitCode: 255, error: "the host was restarted" },
    },
    {
      what: "an empty exit file",
      record: started,
      exit: "",
      alive: [[10], [11]],
      expected: { status: "running" },
    },
  ];
  for (const { what, record, exit, alive = [], expected } of cases) {
    it(`reads ${what} as ${JSON.stringify(expected)}`, () => {
      if (record !== undefined) writeStartRecord(folder, record);
      if (exit !== undefined) writeFileSync(join(folder, ID), exit);
      for (const [pid, process] of alive) runProcess(pid, process);
      assert.partialDeepStrictEqual(readState(ID, folder, join(folder, "proc")), expected);
    });
  }
});

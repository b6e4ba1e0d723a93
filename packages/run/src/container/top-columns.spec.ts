import assert from "node:assert/strict";
import type { ProcessInfo } from "@wherry/core/container";
import { capabilityList } from "./capability-list.ts";
import { topColumns } from "./top-columns.ts";

const seen = (container: number, host = container + 100_000) => ({ container, host });
const PROCESS: ProcessInfo = {
  pid: seen(7, 4007),
  ppid: seen(1, 4001),
  pgid: seen(7, 4007),
  uid: seen(33),
  realUid: seen(0, 1000),
  gid: seen(33),
  realGid: seen(0, 1000),
  groups: [seen(33), seen(5)],
  command: "sleep",
  args: ["sleep", "1\t0"],
  state: "S",
  cpuMs: 1500,
  familyCpuMs: 1500,
  elapsedMs: 60_000,
  nice: 5,
  tty: 34_816,
  virtual: 2_048_000,
  resident: 1_000_000,
  seccomp: 2,
  capabilities: {
    amb: "0",
    bnd: "00000000800405fb",
    eff: "000001ffffffffff",
    inh: "",
    prm: "0000000000000001",
  },
  label: "",
};
const NAMES = {
  user: (id: number) => (id === 33 ? "www" : String(id)),
  group: (id: number) => (id === 5 ? "tty" : String(id)),
  hostUser: (id: number) => (id === 1000 ? "me" : String(id)),
  hostGroup: (id: number) => String(id),
  memory: 100_000_000,
  now: new Date("2026-01-01T00:01:00Z"),
};

describe("topColumns", () => {
  const cases = [
    { names: "pid,hpid,ppid,pgid", heading: "PID HPID PPID PGID", expected: "7 4007 1 7" },
    {
      names: "user,huser,uid,huid,ruser",
      heading: "USER HUSER UID HUID RUSER",
      expected: "www 100033 33 100033 0",
    },
    {
      names: "group,hgroup,gid,hgid,rgroup",
      heading: "GROUP HGROUP GID HGID RGROUP",
      expected: "33 100033 33 100033 0",
    },
    { names: "groups,hgroups", heading: "GROUPS HGROUPS", expected: "33,tty 100033,100005" },
    { names: "%C,%x,%t", heading: "%CPU TIME ELAPSED", expected: "2.500 1.5s 1m0s" },
    { names: "rss,vsz,pmem", heading: "RSS VSZ %MEM", expected: "1MB 2000 1.00" },
    { names: "comm,state,nice,tty", heading: "COMMAND STATE NI TTY", expected: "sleep S 5 pts/0" },
    {
      names: "seccomp,label,stime",
      heading: "SECCOMP LABEL STIME",
      expected: "filter - 2026-01-01T00:00:00",
    },
    {
      names: "capeff,capamb,capprm",
      heading: "EFFECTIVE CAPS AMBIENT CAPS PERMITTED CAPS",
      expected: "full none CHOWN",
    },
  ];
  for (const { names, heading, expected } of cases) {
    it(`shows ${names}`, () => {
      const columns = topColumns([names]);
      assert.equal(columns.map((column) => column.heading).join(" "), heading);
      assert.equal(columns.map(({ value }) => value(PROCESS, NAMES)).join(" "), expected);
    });
  }

  it("has podman's columns when none are named, and says which it has", () => {
    const headings = topColumns([]).map(({ heading }) => heading);
    assert.equal(headings.join(" "), "USER PID PPID %CPU ELAPSED TTY TIME COMMAND");
    assert.throws(() => topColumns(["pid", "mood"]), /unknown descriptor "mood": known are args, capamb/);
  });
});

describe("capabilityList", () => {
  it("names podman's default set", () => {
    assert.equal(
      capabilityList(PROCESS.capabilities.bnd),
      "CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,SETGID,SETUID,SETPCAP,NET_BIND_SERVICE,SYS_CHROOT,SETFCAP",
    );
  });
});

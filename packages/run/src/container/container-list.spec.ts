import assert from "node:assert/strict";
import type { ContainerSettings, ListedContainer } from "@wherry/core/container";
import { asksForState, containerFilter } from "./container-filters.ts";
import { containerRow } from "./container-rows.ts";
import { portsText, statusText } from "./describe.ts";
import { LogLines } from "./log-lines.ts";

const NOW = new Date("2026-01-02T00:00:00Z");

function listed(
  name: string,
  state: ListedContainer["state"],
  config: Partial<ContainerSettings> = {},
): ListedContainer {
  const id = name.padEnd(64, "0");
  return {
    state,
    container: {
      id,
      name,
      created: "2026-01-01T00:00:00.000Z",
      imageId: "sha256:feedfeed00",
      imageName: "docker.io/library/alpine:3",
      config: {
        args: ["sleep", "1"],
        labels: {},
        mounts: [],
        ports: [],
        network: { kind: "pasta", options: [] },
        autoRemove: false,
        ...config,
      } as unknown as ContainerSettings,
    },
  };
}

const init = { pid: 7, startTime: "1" };
const record = { boot: "x", starter: init, monitor: init };
const created = listed("a1", { status: "created" }, { labels: { k: "v" } });
const exited = listed("b2", {
  status: "exited",
  exitCode: 3,
  finishedAt: "2026-01-01T23:00:00.000Z",
  startedAt: "2026-01-01T22:00:00.000Z",
  record,
});
const running = listed(
  "c3",
  { status: "running", record, init, startedAt: "2026-01-01T22:00:00.000Z", isPaused: false },
  {
    network: { kind: "host" },
    mounts: [{ type: "bind", source: "/src", destination: "/dst" }],
    restart: { name: "always" },
  },
);
const starting = listed("d4", { status: "starting", record });
const all = [created, exited, { ...running, health: "healthy" as const }, starting];

describe("statusText", () => {
  const cases = [
    { of: created, expected: "Created" },
    { of: exited, expected: "Exited (3) About an hour ago" },
    { of: running, expected: "Up 2 hours" },
    { of: starting, expected: "Initialized" },
  ];
  for (const { of, expected } of cases) {
    it(`is ${expected}`, () => {
      assert.equal(statusText(of, NOW), expected);
    });
  }
});

describe("statusText when the clock was set back", () => {
  const before = new Date("2025-12-31T00:00:00Z");
  const cases = [
    { of: exited, expected: "Exited (3) Less than a second ago" },
    { of: running, expected: "Up Less than a second" },
  ];
  for (const { of, expected } of cases) {
    it(`is ${expected}`, () => {
      assert.equal(statusText(of, before), expected);
    });
  }
});

describe("portsText", () => {
  it("shows addresses and ranges", () => {
    const ports = [
      { hostPort: 8080, containerPort: 80, protocol: "tcp", range: 1 },
      { hostIp: "127.0.0.1", hostPort: 50, containerPort: 60, protocol: "udp", range: 3 },
    ] as const;
    assert.equal(portsText(ports), "0.0.0.0:8080->80/tcp, 127.0.0.1:50-52->60-62/udp");
  });
});

describe("containerFilter", () => {
  const cases = [
    { filters: [], names: ["a1", "b2", "c3", "d4"] },
    { filters: ["name=[ab]"], names: ["a1", "b2"] },
    { filters: ["name=a1", "name=c3"], names: ["a1", "c3"] },
    { filters: ["name=a1", "status=exited"], names: [] },
    { filters: ["id=b2"], names: ["b2"] },
    { filters: ["status=running", "status=created"], names: ["a1", "c3"] },
    { filters: ["status=stopped"], names: ["b2"] },
    { filters: ["status=initialized"], names: ["d4"] },
    { filters: ["exited=3"], names: ["b2"] },
    { filters: ["exited=0"], names: [] },
    { filters: ["label=k"], names: ["a1"] },
    { filters: ["label=k=v"], names: ["a1"] },
    { filters: ["label=k", "label=other"], names: [] },
    { filters: ["label!=k"], names: ["b2", "c3", "d4"] },
    { filters: ["ancestor=alpine"], names: ["a1", "b2", "c3", "d4"] },
    { filters: ["ancestor=alpine:4"], names: [] },
    { filters: ["ancestor=feedfeed"], names: ["a1", "b2", "c3", "d4"] },
    { filters: ["network=host"], names: ["c3"] },
    { filters: ["volume=/dst"], names: ["c3"] },
    { filters: ["volume=/src"], names: ["c3"] },
    { filters: ["until=1h"], names: ["a1", "b2", "c3", "d4"] },
    { filters: ["until=48h"], names: [] },
    { filters: ["health=none"], names: ["a1", "b2", "d4"] },
    { filters: ["health=healthy"], names: ["c3"] },
    { filters: ["restart-policy=always"], names: ["c3"] },
    { filters: ["restart-policy=none"], names: ["a1", "b2", "d4"] },
    { filters: ["should-start-on-boot=true"], names: ["c3"] },
    { filters: ["command=sleep"], names: ["a1", "b2", "c3", "d4"] },
    { filters: ["command=1"], names: [] },
    { filters: ["status=configured"], names: ["a1"] },
  ];
  for (const { filters, names } of cases) {
    it(`${filters.join(" and ") || "nothing"} finds ${names.join(", ") || "nothing"}`, () => {
      const fits = containerFilter(filters, { listed: all, now: NOW });
      assert.deepEqual(
        all.filter(fits).map(({ container }) => container.name),
        names,
      );
    });
  }

  for (const filter of [
    "frob=1",
    "name",
    "status=frob",
    "exited=x",
    "name=[",
    "before=nosuch",
    "health=well",
    "restart-policy=x",
  ]) {
    it(`refuses ${filter}`, () => {
      assert.throws(() => containerFilter([filter], { listed: all, now: NOW }), { code: "ERR_WHERRY_USAGE" });
    });
  }

  it("asks for states only by some filters", () => {
    assert.equal(asksForState(["status=exited"]), true);
    assert.equal(asksForState(["name=x"]), false);
  });
});

describe("containerRow", () => {
  it("shortens IDs and commands, or not", () => {
    const long = listed("e5", { status: "created" }, { args: ["sh", "-c", "a command that is long"] });
    assert.equal(containerRow(long, NOW, true)["Command"], "sh -c a command t...");
    assert.equal(containerRow(long, NOW, false)["Command"], "sh -c a command that is long");
    assert.equal(String(containerRow(long, NOW, true)["ID"]).length, 12);
  });
});

describe("LogLines", () => {
  it("puts pieces together, and heads before whole lines only", () => {
    const lines = new LogLines({ name: "web", timestamps: true });
    const entry = (stream: "stdout" | "stderr", text: string, isPartial: boolean) =>
      lines.format({ time: "T", stream, text: Buffer.from(text), isPartial }).toString();
    assert.equal(
      entry("stdout", "a", true) +
        entry("stderr", "x", false) +
        entry("stdout", "b", false) +
        entry("stdout", "c", false),
      "web T aweb T x\nb\nweb T c\n",
    );
  });
});

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  assignHostPorts,
  exposedPortMappings,
  formatNetworkMode,
  parseNetworkMode,
  parsePortMapping,
  parsePortMappings,
  pastaArguments,
} from "./index.ts";

const tcp = { protocol: "tcp", range: 1 } as const;

describe("parsePortMapping", () => {
  const cases = [
    { text: "8080:80", expected: [{ ...tcp, hostPort: 8080, containerPort: 80 }] },
    { text: "80", expected: [{ ...tcp, hostPort: 0, containerPort: 80 }] },
    {
      text: "127.0.0.1:8080:80",
      expected: [{ ...tcp, hostIp: "127.0.0.1", hostPort: 8080, containerPort: 80 }],
    },
    { text: "127.0.0.1::80", expected: [{ ...tcp, hostIp: "127.0.0.1", hostPort: 0, containerPort: 80 }] },
    { text: "0.0.0.0:1:2", expected: [{ ...tcp, hostPort: 1, containerPort: 2 }] },
    { text: "[::1]:8080:80", expected: [{ ...tcp, hostIp: "::1", hostPort: 8080, containerPort: 80 }] },
    { text: "53:53/udp", expected: [{ hostPort: 53, containerPort: 53, protocol: "udp", range: 1 }] },
    { text: "1-3:11-13/TCP", expected: [{ hostPort: 1, containerPort: 11, protocol: "tcp", range: 3 }] },
    {
      text: "53:53/tcp,udp",
      expected: [
        { ...tcp, hostPort: 53, containerPort: 53 },
        { hostPort: 53, containerPort: 53, protocol: "udp", range: 1 },
      ],
    },
  ];
  for (const { text, expected } of cases) {
    it(`reads ${text}`, () => {
      assert.deepEqual(parsePortMapping(text), expected);
    });
  }

  const wrong = [
    "",
    ":",
    "a",
    "0",
    "65536",
    "8080:",
    "80:80/sctp",
    "80:80/x",
    "1-2:1",
    "3-1",
    "1:2:3:4",
    "host:1:2",
  ];
  for (const text of [...wrong, "::1:80:80", "[zz]:1:2", "80/", "-1:80", "1.5:80"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parsePortMapping(text), { code: "ERR_WHERRY_INVALID_PORT" });
    });
  }

  it("reads back what it means", () => {
    const port = fc.integer({ min: 1, max: 65535 });
    fc.assert(
      fc.property(port, port, fc.constantFrom("tcp", "udp"), (hostPort, containerPort, protocol) => {
        assert.deepEqual(parsePortMapping(`${hostPort}:${containerPort}/${protocol}`), [
          { hostPort, containerPort, protocol, range: 1 },
        ]);
      }),
    );
  });
});

describe("parsePortMappings", () => {
  it("counts equal mappings once and refuses rivals", () => {
    assert.equal(parsePortMappings(["80:80", "80:80"]).length, 1);
    assert.equal(parsePortMappings(["80:80", "80:80/udp", "127.0.0.1:81:80", "127.0.0.2:81:80"]).length, 4);
    for (const rivals of [
      ["80:80", "80:81"],
      ["127.0.0.1:80:80", "80:80"],
      ["80-90:80-90", "85:1"],
    ])
      assert.throws(() => parsePortMappings(rivals), { code: "ERR_WHERRY_CONFLICTING_PORTS" });
  });
});

describe("assignHostPorts", () => {
  let procRoot: string;
  beforeEach(() => {
    procRoot = mkdtempSync(join(tmpdir(), "wherry-ports-"));
    mkdirSync(join(procRoot, "net"));
    mkdirSync(join(procRoot, "sys/net/ipv4"), { recursive: true });
    writeFileSync(join(procRoot, "sys/net/ipv4/ip_local_port_range"), "40000\t40003\n");
    const line = (port: number, state: string) =>
      `   0: 00000000:${port.toString(16).toUpperCase()} 00000000:0000 ${state} 00000000:00000000`;
    writeFileSync(join(procRoot, "net/tcp"), `header\n${line(40000, "0A")}\n${line(40001, "01")}\n`);
  });
  afterEach(() => {
    rmSync(procRoot, { recursive: true });
  });

  it("chooses ports that nobody listens on, each once", () => {
    const ports = assignHostPorts(exposedPortMappings(["80", "443", "1/tcp"]), procRoot).map(
      (port) => port.hostPort,
    );
    assert.deepEqual([...ports].sort(), [40001, 40002, 40003]);
  });

  it("leaves chosen ports alone", () => {
    const mappings = parsePortMappings(["40000:80"]);
    assert.deepEqual(assignHostPorts(mappings, procRoot), mappings);
  });

  it("says when none is left", () => {
    const four = exposedPortMappings(["1-4"]);
    assert.throws(() => assignHostPorts(four, procRoot), { code: "ERR_WHERRY_PORT_IN_USE" });
  });
});

describe("parseNetworkMode", () => {
  const cases = [
    { text: "none", expected: { kind: "none" }, formatted: "none" },
    { text: "host", expected: { kind: "host" }, formatted: "host" },
    { text: "default", expected: { kind: "pasta", options: [] }, formatted: "pasta" },
    {
      text: "pasta:-T,5432",
      expected: { kind: "pasta", options: ["-T", "5432"] },
      formatted: "pasta:-T,5432",
    },
    { text: "ns:/run/x", expected: { kind: "path", path: "/run/x" }, formatted: "ns:/run/x" },
    { text: "container:web", expected: { kind: "container", container: "web" }, formatted: "container:web" },
  ] as const;
  for (const { text, expected, formatted } of cases) {
    it(`reads ${text}`, () => {
      assert.deepEqual(parseNetworkMode(text), expected);
      assert.equal(formatNetworkMode(expected), formatted);
    });
  }
  for (const text of ["none:x", "ns:", "ns:rel", "container:", "mynet"]) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseNetworkMode(text), { code: "ERR_WHERRY_INVALID_NETWORK" });
    });
  }
});

describe("pastaArguments", () => {
  const base = { target: { pid: 7 }, pidFile: "/p", ports: [] };
  it("forwards nothing unless told to", () => {
    assert.deepEqual(
      pastaArguments(base).join(" "),
      "--config-net -t none -u none -T none -U none --no-map-gw --dns-forward 169.254.1.1 --quiet --pid /p 7",
    );
  });

  it("publishes ports, with address and range", () => {
    const ports = parsePortMappings(["8080:80", "127.0.0.1:90-91:80-81", "[::1]:53:53/udp"]);
    const args = pastaArguments({ ...base, ports }).join(" ");
    assert.match(args, /-t 8080:80 -t 127\.0\.0\.1\/90-91:80-81 -u ::1\/53:53 -T none/);
  });

  it("lets the user's options win", () => {
    const options = ["--map-gw", "-T", "5432", "--dns-forward", "10.0.0.1"];
    assert.deepEqual(
      pastaArguments({ ...base, options, mapGuestAddress: true, asRoot: true }).join(" "),
      "--config-net --runas 0:0 -T 5432 --dns-forward 10.0.0.1 -t none -u none -U none --map-guest-addr 169.254.1.2 --quiet --pid /p 7",
    );
  });
});

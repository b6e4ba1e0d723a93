import assert from "node:assert/strict";
import { parsePortQuery, portLines } from "./port-lines.ts";

const ports = [
  { hostPort: 8080, containerPort: 80, protocol: "tcp", range: 1 },
  { hostIp: "127.0.0.1", hostPort: 5000, containerPort: 6000, protocol: "udp", range: 2 },
  { hostIp: "::1", hostPort: 80, containerPort: 80, protocol: "tcp", range: 1 },
] as const;

describe("portLines", () => {
  const cases = [
    {
      query: undefined,
      expected: [
        "80/tcp -> 0.0.0.0:8080",
        "6000/udp -> 127.0.0.1:5000",
        "6001/udp -> 127.0.0.1:5001",
        "80/tcp -> [::1]:80",
      ],
    },
    { query: "80", expected: ["0.0.0.0:8080", "[::1]:80"] },
    { query: "6001/udp", expected: ["127.0.0.1:5001"] },
    { query: "6001", expected: [] },
  ];
  for (const { query, expected } of cases) {
    it(`lists ${query ?? "all"}`, () => {
      assert.deepEqual(portLines(ports, query === undefined ? undefined : parsePortQuery(query)), expected);
    });
  }

  for (const text of ["", "http", "0", "65536", "80/icmp", "80/"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parsePortQuery(text), { code: "ERR_WHERRY_USAGE" });
    });
  }
});

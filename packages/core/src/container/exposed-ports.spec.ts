import assert from "node:assert/strict";
import { decidePorts, unpublishedPorts } from "./exposed-ports.ts";

const tcp = (hostPort: number, containerPort: number, range = 1) =>
  ({ hostPort, containerPort, protocol: "tcp", range }) as const;
const image = (...ports: string[]) => ({
  ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
});

describe("decidePorts", () => {
  const cases = [
    { what: "nothing", of: image(), choices: {}, expected: { ports: [] } },
    {
      what: "what the image and the user expose",
      of: image("80/tcp", "53/udp"),
      choices: { exposedPorts: ["90", "80", "100-102/udp"] },
      expected: { ports: [], exposedPorts: ["80/tcp", "53/udp", "90/tcp", "100-102/udp"] },
    },
    {
      what: "what is published",
      of: image("80/tcp"),
      choices: { ports: [tcp(8080, 80)] },
      expected: { ports: [tcp(8080, 80)], exposedPorts: ["80/tcp"] },
    },
    { what: "nothing an image says wrongly", of: image("x", "99999"), choices: {}, expected: { ports: [] } },
  ];
  for (const { what, of, choices, expected } of cases)
    it(`writes down ${what}`, () => {
      assert.deepEqual(decidePorts(of, choices, "/proc"), expected);
    });

  it("publishes all that is exposed and not published yet", () => {
    const { ports, publishesAll } = decidePorts(
      image("80/tcp", "81/tcp", "82/udp"),
      { ports: [tcp(8080, 79, 2)], publishAll: true },
      "/proc",
    );
    assert.equal(publishesAll, true);
    assert.deepEqual(
      ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`),
      ["79/tcp", "81/tcp", "82/udp"],
    );
    assert.ok(ports.every(({ hostPort }) => hostPort > 0));
  });

  for (const [of, choices] of [
    [image("x"), { publishAll: true }],
    [image(), { exposedPorts: ["x"] }],
    [image(), { exposedPorts: ["1:2"] }],
  ] as const)
    it(`refuses ${JSON.stringify({ of, choices })}`, () => {
      assert.throws(() => decidePorts(of, choices, "/proc"), { code: "ERR_WHERRY_INVALID_PORT" });
    });
});

describe("unpublishedPorts", () => {
  it("has each once, by protocol", () => {
    const found = unpublishedPorts({
      ports: [tcp(1, 80)],
      exposedPorts: ["80/tcp", "80/udp", "79-81/tcp", "81/tcp"],
    });
    assert.deepEqual(
      found.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`),
      ["80/udp", "79/tcp", "81/tcp"],
    );
  });
});

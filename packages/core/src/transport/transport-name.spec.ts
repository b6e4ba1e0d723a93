import assert from "node:assert/strict";
import fc from "fast-check";
import { formatTransportName, parseTransportName, placeNamed, type TransportName } from "./index.ts";

const digest = `sha256:${"a".repeat(64)}` as const;

describe("parseTransportName", () => {
  const cases: { text: string; expected: TransportName; formatted?: string }[] = [
    {
      text: "docker://alpine",
      expected: {
        transport: "docker",
        reference: { registry: "docker.io", repository: "library/alpine", tag: "latest" },
      },
      formatted: "docker://docker.io/library/alpine:latest",
    },
    {
      text: "docker://localhost:5000/a/b:1",
      expected: {
        transport: "docker",
        reference: { registry: "localhost:5000", repository: "a/b", tag: "1" },
      },
    },
    { text: "oci:/x/y", expected: { transport: "oci", path: "/x/y" } },
    { text: "oci:x:latest", expected: { transport: "oci", path: "x", image: "latest" } },
    {
      text: "oci:x:docker.io/library/a:1",
      expected: { transport: "oci", path: "x", image: "docker.io/library/a:1" },
    },
    { text: "oci:x:@2", expected: { transport: "oci", path: "x", image: 2 } },
    { text: `oci:x:@${digest}`, expected: { transport: "oci", path: "x", image: `@${digest}` } },
    { text: "oci-archive:x.tar:v1", expected: { transport: "oci-archive", path: "x.tar", image: "v1" } },
    { text: "docker-archive:x.tar", expected: { transport: "docker-archive", path: "x.tar" } },
    {
      text: "docker-archive:x.tar:alpine:3",
      expected: {
        transport: "docker-archive",
        path: "x.tar",
        image: { registry: "docker.io", repository: "library/alpine", tag: "3" },
      },
    },
    { text: "docker-archive:x.tar:@0", expected: { transport: "docker-archive", path: "x.tar", image: 0 } },
    { text: "dir:a:b", expected: { transport: "dir", path: "a:b" } },
    {
      text: "containers-storage:alpine:3",
      expected: { transport: "containers-storage", image: "alpine:3" },
    },
    {
      text: "containers-storage:[overlay@/a/root+/a/run:overlay.x=y]app@abc123",
      expected: { transport: "containers-storage", image: "app@abc123", podmanRoot: "/a/root" },
      formatted: "containers-storage:[overlay@/a/root]app@abc123",
    },
    {
      text: "docker-daemon:alpine:3",
      expected: {
        transport: "docker-daemon",
        image: { registry: "docker.io", repository: "library/alpine", tag: "3" },
      },
    },
    { text: `docker-daemon:${digest}`, expected: { transport: "docker-daemon", image: digest } },
    {
      text: "wherry:abc123",
      expected: { transport: "containers-storage", image: "abc123" },
      formatted: "containers-storage:abc123",
    },
  ];
  for (const { text, expected, formatted } of cases) {
    it(`reads ${text.slice(0, 50)}`, () => {
      const name = parseTransportName(text);
      assert.deepEqual(name, expected);
      assert.equal(formatTransportName(name), formatted ?? text);
    });
  }

  const wrong = [
    { text: "alpine", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "docker:alpine", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "docker://Alpine", code: "ERR_WHERRY_INVALID_REFERENCE" },
    { text: "ostree:x", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "oci:", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "oci::latest", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "oci:x:@one", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "dir:", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "docker-archive:x:Name", code: "ERR_WHERRY_INVALID_REFERENCE" },
    { text: "containers-storage:[vfs@/x]a", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "containers-storage:[overlay@x]a", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "containers-storage:[overlay@/x]", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "containers-storage:[/x", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "docker-daemon:", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
    { text: "containers-storage:", code: "ERR_WHERRY_INVALID_TRANSPORT_NAME" },
  ];
  for (const { text, code } of wrong) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseTransportName(text), { code });
    });
  }

  it("reads back what it formats", () => {
    const path = fc.stringMatching(/^[\w/.-]{1,12}$/);
    const label = fc.stringMatching(/^[\w.-]{1,12}$/);
    const names: fc.Arbitrary<TransportName> = fc.oneof(
      path.map((text) => ({ transport: "dir" as const, path: text })),
      fc.record(
        {
          transport: fc.constantFrom("oci" as const, "oci-archive" as const),
          path,
          image: fc.oneof(label, fc.nat()),
        },
        { requiredKeys: ["transport", "path"], noNullPrototype: true },
      ),
      fc.record(
        {
          transport: fc.constant("docker-archive" as const),
          path,
          image: fc.oneof(
            fc.nat(),
            label.map((tag) => ({ registry: "quay.io", repository: "a/b", tag: `v${tag}` })),
          ),
        },
        { requiredKeys: ["transport", "path"], noNullPrototype: true },
      ),
    );
    fc.assert(
      fc.property(names, (name) => {
        assert.deepEqual(parseTransportName(formatTransportName(name)), name);
      }),
    );
  });
});

describe("placeNamed", () => {
  for (const [text, transport] of [
    ["docker://alpine", "docker"],
    ["docker:24", undefined],
    ["oci:x", "oci"],
    ["oci", undefined],
    ["wherry:app", "containers-storage"],
    ["localhost:5000/app:1", undefined],
    ["alpine", undefined],
  ] as const)
    it(`takes ${text} for ${transport === undefined ? "an image's name" : `a place of ${transport}`}`, () => {
      assert.equal(placeNamed(text)?.transport, transport);
    });
});

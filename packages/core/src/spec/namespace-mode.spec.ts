import assert from "node:assert/strict";
import { formatNamespaceMode, parseNamespaceMode, type NamespaceKind } from "./namespace-mode.ts";

describe("parseNamespaceMode", () => {
  const cases: readonly { kind: NamespaceKind; text: string; expected: object }[] = [
    { kind: "pid", text: "host", expected: { kind: "host" } },
    { kind: "pid", text: "", expected: { kind: "private" } },
    { kind: "pid", text: "container:web", expected: { kind: "container", container: "web" } },
    { kind: "uts", text: "ns:/proc/1/ns/uts", expected: { kind: "path", path: "/proc/1/ns/uts" } },
    { kind: "ipc", text: "", expected: { kind: "shareable" } },
    { kind: "ipc", text: "none", expected: { kind: "none" } },
    { kind: "ipc", text: "shareable", expected: { kind: "shareable" } },
    { kind: "cgroup", text: "private", expected: { kind: "private" } },
  ];
  for (const { kind, text, expected } of cases) {
    it(`reads ${kind} ${JSON.stringify(text)}`, () => {
      const mode = parseNamespaceMode(kind, text);
      assert.deepEqual(mode, expected);
      if (text !== "") assert.equal(formatNamespaceMode(mode), text);
    });
  }

  const wrong: readonly [NamespaceKind, string][] = [
    ["pid", "none"],
    ["pid", "frob"],
    ["uts", "container:"],
    ["cgroup", "ns:relative"],
    ["ipc", "host:x"],
  ];
  for (const [kind, text] of wrong) {
    it(`refuses ${kind} ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseNamespaceMode(kind, text), { code: "ERR_WHERRY_INVALID_NAMESPACE_MODE" });
    });
  }
});

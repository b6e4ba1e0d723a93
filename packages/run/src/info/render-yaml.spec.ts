import assert from "node:assert/strict";
import { renderYaml } from "./render-yaml.ts";

describe("renderYaml", () => {
  it("prints nested data as podman does", () => {
    const value = {
      a: 1,
      b: { c: "text", d: [] },
      e: [
        { f: 1, g: "x" },
        { f: 2, g: "y" },
      ],
      h: {},
      i: null,
      j: ["k8s"],
    };
    const expected =
      "a: 1\nb:\n  c: text\n  d: []\ne:\n- f: 1\n  g: x\n- f: 2\n  g: y\nh: {}\ni: null\nj:\n- k8s\n";
    assert.equal(renderYaml(value), expected);
  });

  const cases = [
    { text: "", expected: '""' },
    { text: "12", expected: '"12"' },
    { text: "true", expected: '"true"' },
    { text: "1.0.2", expected: '"1.0.2"' },
    { text: "a: b", expected: '"a: b"' },
    { text: "line\nline", expected: '"line\\nline"' },
    { text: "/usr/bin/crun", expected: "/usr/bin/crun" },
    { text: "-x", expected: '"-x"' },
  ];
  for (const { text, expected } of cases) {
    it(`prints ${JSON.stringify(text)} as ${expected}`, () => {
      assert.equal(renderYaml({ a: text }), `a: ${expected}\n`);
    });
  }
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { digestOf } from "../oci/index.ts";
import {
  familiarName,
  formatReference,
  isShortName,
  parseQualified,
  parseReference,
  withDefaultTag,
} from "./index.ts";

const digest = digestOf("content");

describe("parseReference", () => {
  const cases = [
    { text: "alpine", full: "docker.io/library/alpine", familiar: "alpine", short: true },
    { text: "alpine:3.20", full: "docker.io/library/alpine:3.20", familiar: "alpine:3.20", short: true },
    { text: "library/alpine", full: "docker.io/library/alpine", familiar: "alpine", short: true },
    { text: "docker.io/alpine", full: "docker.io/library/alpine", familiar: "alpine", short: false },
    { text: "index.docker.io/me/app", full: "docker.io/me/app", familiar: "me/app", short: false },
    { text: "me/app", full: "docker.io/me/app", familiar: "me/app", short: true },
    { text: "docker.io/a.b/c", full: "docker.io/a.b/c", familiar: "docker.io/a.b/c", short: false },
    {
      text: "docker.io/localhost/c",
      full: "docker.io/localhost/c",
      familiar: "docker.io/localhost/c",
      short: false,
    },
    { text: "quay.io/a/b/c:x", full: "quay.io/a/b/c:x", familiar: "quay.io/a/b/c:x", short: false },
    { text: "localhost/app", full: "localhost/app", familiar: "localhost/app", short: false },
    {
      text: "localhost:5000/app:1",
      full: "localhost:5000/app:1",
      familiar: "localhost:5000/app:1",
      short: false,
    },
    { text: "[::1]:5000/app", full: "[::1]:5000/app", familiar: "[::1]:5000/app", short: false },
    { text: "[::1]/app:1", full: "[::1]/app:1", familiar: "[::1]/app:1", short: false },
    { text: "Host/app", full: "Host/app", familiar: "Host/app", short: false },
    {
      text: `app:1@${digest}`,
      full: `docker.io/library/app:1@${digest}`,
      familiar: `app:1@${digest}`,
      short: true,
    },
    { text: "a__b--c/e_f.d", full: "docker.io/a__b--c/e_f.d", familiar: "a__b--c/e_f.d", short: true },
  ];
  for (const { text, full, familiar, short } of cases) {
    it(`reads ${text}`, () => {
      const reference = parseReference(text);
      assert.equal(formatReference(reference), full);
      assert.equal(familiarName(reference), familiar);
      assert.equal(isShortName(text), short);
    });
  }

  const hostile = [
    "",
    ":tag",
    "App",
    "docker.io/App",
    "a//b",
    "/a",
    "a/",
    "-a",
    "a_",
    "a___b",
    "a..b",
    "a:",
    "a:-x",
    `a:${"x".repeat(129)}`,
    "a@sha256:short",
    "a@md5:d41d8cd98f00b204e9800998ecf8427e",
    "a b",
    "a\n",
    "../a",
    "a.b/../c",
    "ho_st.io/a",
    "host:port/a",
    "https://quay.io/a",
    "user@host/a",
    "f".repeat(64),
    `quay.io/${"a".repeat(250)}`,
    "[::1/a",
    "quay.io/é",
  ];
  for (const text of hostile) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(() => parseReference(text), { code: "ERR_WHERRY_INVALID_REFERENCE" });
    });
  }

  it("says that upper case is the trouble", () => {
    assert.throws(() => parseReference("quay.io/App"), /repository name must be lowercase/);
  });

  it("reads back what it formats, in full and in familiar form", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
    const references = fc.record(
      {
        registry: fc.oneof(
          fc.constantFrom("docker.io", "localhost", "quay.io", "[fe80::1]:443"),
          fc.stringMatching(/^[a-z0-9]{1,5}\.[a-zA-Z0-9]{1,5}(?::[0-9]{1,5})?$/),
        ),
        repository: fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join("/")),
        tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
        digest: fc.string().map((text) => digestOf(text)),
      },
      { requiredKeys: ["registry", "repository"], noNullPrototype: true },
    );
    fc.assert(
      fc.property(references, (reference) => {
        assert.deepEqual(parseReference(formatReference(reference)), reference);
        assert.deepEqual(parseReference(familiarName(reference)), reference);
      }),
    );
  });

  it("either refuses a text or formats it to something that stays", () => {
    const texts = fc.string({
      unit: fc.constantFrom("a", "A", "0", ".", "/", ":", "@", "-", "_", "[", "]", "\n", "ü"),
      maxLength: 24,
    });
    fc.assert(
      fc.property(texts, (text) => {
        let full: string;
        try {
          full = formatReference(parseReference(text));
        } catch (error) {
          assert.equal((error as { code?: string }).code, "ERR_WHERRY_INVALID_REFERENCE");
          return;
        }
        assert.equal(formatReference(parseReference(full)), full);
      }),
    );
  });
});

describe("withDefaultTag", () => {
  it("adds latest only where neither tag nor digest is", () => {
    const tagged = (text: string) => formatReference(withDefaultTag(parseReference(text)));
    assert.equal(tagged("a"), "docker.io/library/a:latest");
    assert.equal(tagged("a:1"), "docker.io/library/a:1");
    assert.equal(tagged(`a@${digest}`), `docker.io/library/a@${digest}`);
  });
});

describe("parseQualified", () => {
  it("asks for the registry", () => {
    assert.throws(() => parseQualified("me/app"), { code: "ERR_WHERRY_UNQUALIFIED_NAME" });
    assert.equal(parseQualified("quay.io/me/app").registry, "quay.io");
  });
});

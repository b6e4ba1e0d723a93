import assert from "node:assert/strict";
import fc from "fast-check";
import { digestOf } from "../oci/index.ts";
import { parsePayload, writePayload } from "./payload.ts";

const digest = digestOf("manifest");
const good = {
  critical: {
    identity: { "docker-reference": "registry.example.com/app:1" },
    image: { "docker-manifest-digest": digest },
    type: "atomic container signature",
  },
  optional: { creator: "atomic 0.1.0", timestamp: 1458239713 },
};

describe("parsePayload", () => {
  const { critical, optional } = good;
  const taken = [
    { what: "all of it", payload: good },
    { what: "nothing optional", payload: { critical, optional: {} } },
    { what: "something optional that nobody knows", payload: { critical, optional: { more: [1] } } },
    {
      what: "a name that is none, which matches no image",
      payload: { critical: { ...critical, identity: { "docker-reference": "" } }, optional },
    },
  ];
  for (const { what, payload } of taken)
    it(`takes ${what}`, () => {
      const { identity, digest: signed } = parsePayload(Buffer.from(JSON.stringify(payload)));
      assert.equal(identity, payload.critical.identity["docker-reference"]);
      assert.equal(signed, digest);
    });

  const text = JSON.stringify(good);
  const refused = [
    { what: "nothing", bytes: "" },
    { what: "what is not JSON", bytes: "&" },
    { what: "what is not UTF-8", bytes: Buffer.concat([Buffer.from(text), Buffer.from([0xff])]) },
    { what: "a list", bytes: "[]" },
    { what: "null", bytes: "null" },
    { what: "no critical part", bytes: JSON.stringify({ optional }) },
    { what: "no optional part", bytes: JSON.stringify({ critical }) },
    { what: "a third part", bytes: JSON.stringify({ ...good, more: {} }) },
    {
      what: "something critical that nobody knows",
      bytes: JSON.stringify({ critical: { ...critical, only: "arm64" }, optional }),
    },
    { what: "another type", bytes: text.replace("atomic container", "atomic kitchen") },
    { what: "no type", bytes: text.replace(',"type":"atomic container signature"', "") },
    { what: "a digest that is none", bytes: text.replace(digest, "sha256:../../etc") },
    {
      what: "a digest of another algorithm",
      bytes: text.replace(digest, "md5:d41d8cd98f00b204e9800998ecf8427e"),
    },
    { what: "a name that is no text", bytes: text.replace('"registry.example.com/app:1"', "1") },
    {
      what: "more about the image",
      bytes: text.replace('"docker-manifest-digest"', '"x":1,"docker-manifest-digest"'),
    },
    { what: "a creator that is no text", bytes: text.replace('"atomic 0.1.0"', "{}") },
    { what: "a time with a fraction", bytes: text.replace("1458239713", "1458239713.5") },
    { what: "a critical part twice", bytes: text.replace("{", `{"critical":${JSON.stringify(critical)},`) },
    {
      what: "a name twice, once with an escape",
      bytes: text.replace('"docker-reference"', '"docker-re\\u0066erence":"other:1","docker-reference"'),
    },
    { what: "an optional field twice", bytes: text.replace('"creator"', '"creator":"x","creator"') },
  ];
  for (const { what, bytes } of refused)
    it(`refuses ${what}`, () => {
      assert.throws(() => parsePayload(Buffer.from(bytes)), { code: "ERR_WHERRY_INVALID_SIGNATURE" });
    });

  it("takes no two objects for one, and no text for a name", () => {
    const more = { more: [{ a: 1 }, { a: '"a":' }], a: { a: "{" } };
    parsePayload(Buffer.from(JSON.stringify({ critical, optional: more })));
  });

  it("reads what writePayload writes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (identity, creator) => {
        const bytes = writePayload({ digest, identity }, { creator, at: new Date(1_700_000_000_900) });
        assert.deepEqual(parsePayload(bytes), { digest, identity: Buffer.from(identity).toString() });
      }),
    );
  });

  it("writes the time in whole seconds", () => {
    const bytes = writePayload({ digest, identity: "a:1" }, { creator: "me", at: new Date(1_999) });
    assert.deepEqual((JSON.parse(bytes.toString()) as typeof good).optional, { creator: "me", timestamp: 1 });
  });
});

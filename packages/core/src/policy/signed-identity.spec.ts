import assert from "node:assert/strict";
import { digestOf } from "../oci/index.ts";
import { parseReference } from "../reference/index.ts";
import { parsePolicy } from "./policy-file.ts";
import { matchesIdentity, type SignedIdentity } from "./signed-identity.ts";

const A = digestOf("a");
const B = digestOf("b");
const EXACT = { type: "matchExact" } as const;
const USUAL = { type: "matchRepoDigestOrExact" } as const;
const REPOSITORY = { type: "matchRepository" } as const;
const REFERENCE = { type: "exactReference", dockerReference: "r.io/x/app:1" } as const;
const ONE_REPOSITORY = { type: "exactRepository", dockerRepository: "r.io/x/app" } as const;
const REMAP = { type: "remapIdentity", prefix: "mirror.io/x", signedPrefix: "r.io/team" } as const;

type Row = readonly [rule: SignedIdentity, image: string | undefined, signed: string, isAccepted: boolean];

const ROWS: readonly Row[] = [
  [EXACT, "r.io/app:1", "r.io/app:1", true],
  [EXACT, "r.io/app:1", "r.io/app:2", false],
  [EXACT, "r.io/app:1", `r.io/app@${A}`, false],
  [EXACT, "r.io/app:1", "r.io/app", false],
  [EXACT, "r.io/app", "r.io/app", false],
  [EXACT, `r.io/app@${A}`, `r.io/app@${A}`, true],
  [EXACT, `r.io/app@${A}`, `r.io/app@${B}`, false],
  [EXACT, "docker.io/library/app:1", "app:1", true],
  [EXACT, "r.io/app:1", "other.io/app:1", false],
  [USUAL, "r.io/app:1", "r.io/app:1", true],
  [USUAL, "r.io/app:1", "r.io/app:2", false],
  [USUAL, "r.io/app:1", `r.io/app@${A}`, false],
  [USUAL, `r.io/app@${A}`, "r.io/app:1", true],
  [USUAL, `r.io/app@${A}`, `r.io/app@${B}`, true],
  [USUAL, `r.io/app@${A}`, "r.io/app", false],
  [USUAL, `r.io/app@${A}`, "r.io/other:1", false],
  [USUAL, `r.io/app:1@${A}`, "r.io/app:2", true],
  [USUAL, "r.io/app", "r.io/app", false],
  [USUAL, "app:1", "docker.io/library/app:1", true],
  [REPOSITORY, "r.io/app:1", "r.io/app:2", true],
  [REPOSITORY, "r.io/app:1", `r.io/app@${A}`, true],
  [REPOSITORY, "r.io/app:1", "r.io/app", true],
  [REPOSITORY, "r.io/app:1", "r.io/app/more:1", false],
  [REFERENCE, "other.io/y:2", "r.io/x/app:1", true],
  [REFERENCE, undefined, "r.io/x/app:1", true],
  [REFERENCE, "r.io/x/app:2", "r.io/x/app:2", false],
  [REFERENCE, "r.io/x/app:1", "r.io/x/app", false],
  [ONE_REPOSITORY, "other.io/y:2", "r.io/x/app:1", true],
  [ONE_REPOSITORY, undefined, `r.io/x/app@${A}`, true],
  [ONE_REPOSITORY, "r.io/x/other:1", "r.io/x/other:1", false],
  [REMAP, "mirror.io/x/app:1", "r.io/team/app:1", true],
  [REMAP, "mirror.io/x/app:1", "mirror.io/x/app:1", false],
  [REMAP, "mirror.io/x/app:1", "r.io/team/app:2", false],
  [REMAP, `mirror.io/x/app@${A}`, "r.io/team/app:2", true],
  [REMAP, "mirror.io/x:1", "r.io/team:1", true],
  [REMAP, "mirror.io/xy/app:1", "r.io/teamy/app:1", false],
  [REMAP, "mirror.io/xy/app:1", "mirror.io/xy/app:1", true],
  [REMAP, undefined, "r.io/team/app:1", false],
  [EXACT, undefined, "r.io/app:1", false],
  [USUAL, undefined, "r.io/app:1", false],
  [REPOSITORY, undefined, "r.io/app:1", false],
  ...[EXACT, USUAL, REPOSITORY, REFERENCE, ONE_REPOSITORY, REMAP].flatMap((rule): Row[] =>
    ["", "UPPER:1", "r.io/app:1\n", "../x:1", `r.io/app@sha256:1`].map((text) => [
      rule,
      "r.io/app:1",
      text,
      false,
    ]),
  ),
];

describe("matchesIdentity", () => {
  for (const [rule, image, signed, isAccepted] of ROWS)
    it(`${rule.type} ${isAccepted ? "takes" : "refuses"} ${JSON.stringify(signed)} for ${image ?? "a folder"}`, () => {
      assert.equal(
        matchesIdentity(rule, image === undefined ? undefined : parseReference(image), signed),
        isAccepted,
      );
    });
});

describe("signedBy in policy.json", () => {
  const parse = (...requirements: readonly object[]) =>
    parsePolicy(JSON.stringify({ default: requirements }), "/p.json").default[0];
  const usual = { type: "signedBy", keyType: "GPGKeys" };

  it("has its keys in files or in itself, and an identity of its own or the usual", () => {
    const none = { keyPaths: [], keyData: undefined, signedIdentity: USUAL };
    assert.deepEqual(parse({ ...usual, keyPath: "/k" }), { ...usual, ...none, keyPaths: ["/k"] });
    const several = { keyPaths: ["/a", "/b"], signedIdentity: REMAP };
    assert.deepEqual(parse({ ...usual, ...several }), { ...usual, ...none, ...several });
    assert.deepEqual(parse({ ...usual, keyData: "aGk=" }), { ...usual, ...none, keyData: Buffer.from("hi") });
  });

  const refused: readonly object[] = [
    { ...usual },
    { ...usual, keyPath: "/k", keyData: "aGk=" },
    { ...usual, keyPath: "/k", keyPaths: ["/k"] },
    { ...usual, keyPath: "" },
    { ...usual, keyPaths: [] },
    { ...usual, keyData: "not base64" },
    { ...usual, keyPath: "/k", keyFile: "/k" },
    { type: "signedBy", keyPath: "/k" },
    { type: "signedBy", keyType: "PGP", keyPath: "/k" },
    ...[
      { type: "matchAnything" },
      { type: "matchExact", dockerReference: "a:1" },
      { type: "exactReference" },
      { type: "exactReference", dockerReference: "r.io/app" },
      { type: "exactRepository", dockerRepository: "r.io/app:1" },
      { type: "remapIdentity", prefix: "r.io" },
      { type: "remapIdentity", prefix: "r.io/", signedPrefix: "x.io" },
      { type: "remapIdentity", prefix: "r.io/app:1", signedPrefix: "x.io" },
      { type: "remapIdentity", prefix: "*.io", signedPrefix: "x.io" },
    ].map((signedIdentity) => ({ ...usual, keyPath: "/k", signedIdentity })),
  ];
  for (const requirement of refused)
    it(`refuses ${JSON.stringify(requirement)}`, () => {
      assert.throws(() => parse(requirement), { code: "ERR_WHERRY_INVALID_CONFIGURATION" });
    });
});

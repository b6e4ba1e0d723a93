import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { admitImage, dockerScopes, pathScopes, storageScopes } from "./admit-image.ts";
import { parsePolicy, readPolicy } from "./policy-file.ts";

const ACCEPT = [{ type: "insecureAcceptAnything" }];
const REJECT = [{ type: "reject" }];
const SIGNED = [{ type: "signedBy", keyType: "GPGKeys", keyPath: "/key.gpg" }];

describe("admitImage", () => {
  const policy = parsePolicy(
    JSON.stringify({
      default: REJECT,
      transports: {
        docker: {
          "": SIGNED,
          "r.io": REJECT,
          "r.io/team": ACCEPT,
          "r.io/team/secret": REJECT,
          "r.io/team/secret:public": ACCEPT,
          "*.example.com": ACCEPT,
          "*.bad.example.com": REJECT,
          "r.io:5000/team": ACCEPT,
          "both.io": [...ACCEPT, ...REJECT],
          "twice.io": [...SIGNED, ...ACCEPT, ...SIGNED],
          "x509.io": [{ ...SIGNED[0], keyType: "X509Certificates" }],
          "never.io": [...SIGNED, ...REJECT],
          "sigstore.io": [
            { type: "sigstoreSigned", keyPath: "/k", signedIdentity: { type: "matchRepository" } },
          ],
        },
        dir: { "": ACCEPT, "/bad": REJECT },
        oci: { "/images": REJECT, "/images/app:1": ACCEPT },
      },
    }),
    "/policy.json",
  );
  const docker = (name: string) => {
    const [, registry = "", repository = "", tag, digest] =
      /^([^/]+)\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(name) ?? [];
    return dockerScopes({
      ...{ registry, repository },
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    });
  };
  const cases = [
    {
      transport: "docker",
      scopes: docker("r.io/other/app:1"),
      refused: /rejected by policy \(.*docker "r.io"\)/,
    },
    { transport: "docker", scopes: docker("r.io/team/app:1") },
    { transport: "docker", scopes: docker("r.io/team/secret:1"), refused: /rejected by policy/ },
    { transport: "docker", scopes: docker("r.io/team/secret:public") },
    {
      transport: "docker",
      scopes: docker("r.io/team/secret:public@sha256:aa"),
      refused: /rejected by policy/,
    },
    { transport: "docker", scopes: docker("r.io/teams/app:1"), refused: /rejected by policy/ },
    { transport: "docker", scopes: docker("r.io:5000/team/app:1") },
    { transport: "docker", scopes: docker("a.example.com/app:1") },
    { transport: "docker", scopes: docker("a.b.example.com:5000/app:1") },
    { transport: "docker", scopes: docker("a.bad.example.com/app:1"), refused: /rejected by policy/ },
    {
      transport: "docker",
      scopes: docker("example.com/app:1"),
      demands: 1,
    },
    { transport: "docker", scopes: docker("else.io/app:1"), demands: 1 },
    { transport: "docker", scopes: docker("twice.io/app:1"), demands: 2 },
    {
      transport: "docker",
      scopes: docker("x509.io/app:1"),
      refused: /signedBy with X509Certificates in .*docker "x509.io"/,
    },
    { transport: "docker", scopes: docker("never.io/app:1"), refused: /rejected by policy/ },
    { transport: "docker", scopes: docker("both.io/app:1"), refused: /rejected by policy/ },
    {
      transport: "docker",
      scopes: docker("sigstore.io/app:1"),
      refused: /signature of .*sigstoreSigned in .*not yet supported/,
    },
    { transport: "dir", scopes: pathScopes("/good/image") },
    { transport: "dir", scopes: pathScopes("/bad/image"), refused: /rejected by policy/ },
    { transport: "dir", scopes: pathScopes("/badly/image") },
    { transport: "oci", scopes: pathScopes("/images/app", "1") },
    { transport: "oci", scopes: pathScopes("/images/app", "2"), refused: /rejected by policy/ },
    { transport: "oci", scopes: pathScopes("/else"), refused: /\/policy.json, default/ },
    { transport: "docker-archive", scopes: [], refused: /default/ },
    { transport: "constructor", scopes: ["toString"], refused: /default/ },
  ];
  for (const { transport, scopes, refused, demands = 0 } of cases) {
    it(`${refused === undefined ? "admits" : "refuses"} ${transport} ${scopes[0] ?? ""}`, () => {
      const admit = () => admitImage(policy, { image: "it", transport, scopes });
      if (refused === undefined) assert.equal(admit().signedBy.length, demands);
      else assert.throws(admit, refused);
    });
  }
});

describe("scopes, as containers-policy.json(5) has them", () => {
  const named = { registry: "a.b.io:5000", repository: "team/app" };
  const above = ["a.b.io:5000/team/app", "a.b.io:5000/team", "a.b.io:5000"];
  const store = (...scopes: readonly string[]): string[] => [
    ...[...scopes, ""].map((scope) => `[overlay@/var/store]${scope}`),
    "[/var/store]",
  ];
  const rows = [
    {
      what: "a tag, then the repository, its namespaces, the host, and the domains above it without a port",
      given: dockerScopes({ ...named, tag: "1" }),
      expected: ["a.b.io:5000/team/app:1", ...above, "*.b.io", "*.io"],
    },
    {
      what: "no tag, which means latest",
      given: dockerScopes({ registry: "docker.io", repository: "library/busybox" }),
      expected: [
        ...[
          "docker.io/library/busybox:latest",
          "docker.io/library/busybox",
          "docker.io/library",
          "docker.io",
        ],
        "*.io",
      ],
    },
    {
      what: "a digest",
      given: dockerScopes({ registry: "localhost", repository: "app", digest: "sha256:aa" }),
      expected: ["localhost/app@sha256:aa", "localhost/app", "localhost"],
    },
    {
      what: "a folder, and those above it but the root",
      given: pathScopes("/srv/images/app"),
      expected: ["/srv/images/app", "/srv/images", "/srv"],
    },
    { what: "the root, which is no scope", given: pathScopes("/"), expected: [] },
    {
      what: "an image of a layout, then its folder",
      given: pathScopes("/srv/layout", "app:1"),
      expected: ["/srv/layout:app:1", "/srv/layout", "/srv"],
    },
    {
      what: "a name in a store, then the store, then the store without its driver",
      given: storageScopes({ root: "/var/store", name: { ...named, tag: "1" } }),
      expected: store("a.b.io:5000/team/app:1", ...above),
    },
    {
      what: "a name with an ID in a store",
      given: storageScopes({ root: "/var/store", name: { ...named, tag: "1" }, id: "abc" }),
      expected: store("a.b.io:5000/team/app:1@abc", "a.b.io:5000/team/app:1", ...above),
    },
    {
      what: "a digest in a store",
      given: storageScopes({ root: "/var/store", name: { ...named, digest: "sha256:aa" } }),
      expected: store("a.b.io:5000/team/app@sha256:aa", ...above),
    },
    {
      what: "tag and digest in a store, then the tag alone",
      given: storageScopes({ root: "/var/store", name: { ...named, tag: "1", digest: "sha256:aa" } }),
      expected: store("a.b.io:5000/team/app:1@sha256:aa", "a.b.io:5000/team/app:1", ...above),
    },
    {
      what: "an ID in a store",
      given: storageScopes({ root: "/var/store", id: "abc" }),
      expected: store("@abc"),
    },
  ];
  for (const { what, given, expected } of rows)
    it(`are of ${what}`, () => {
      assert.deepEqual(given, expected);
    });
});

describe("policy.json", () => {
  const broken = [
    { text: "{", why: /is not JSON/ },
    { text: "[]", why: /policy.json/ },
    { text: "{}", why: /default/ },
    { text: JSON.stringify({ default: [] }), why: /must not be empty/ },
    { text: JSON.stringify({ default: [{ type: "insecureAcceptAnythin" }] }), why: /default/ },
    { text: JSON.stringify({ default: [{ type: "reject", not: true }] }), why: /default/ },
    { text: JSON.stringify({ default: ACCEPT, transport: {} }), why: /transport/ },
    {
      text: JSON.stringify({ default: ACCEPT, transports: { docker: { "r.io": [] } } }),
      why: /must not be empty/,
    },
  ];
  for (const { text, why } of broken) {
    it(`is refused when it is ${text}`, () => {
      assert.throws(() => parsePolicy(text, "/p/policy.json"), {
        code: "ERR_WHERRY_INVALID_CONFIGURATION",
        message: why,
      });
    });
  }

  it("is the user's, else the system's, else one that accepts anything", () => {
    const root = mkdtempSync(join(tmpdir(), "wherry-policy-"));
    try {
      const environment = { env: {}, home: join(root, "home"), uid: 1000, etc: join(root, "etc") };
      const put = (folder: string, content: object) => {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "policy.json"), JSON.stringify(content));
      };
      assert.deepEqual(readPolicy(environment).default, ACCEPT);
      put(join(root, "etc/containers"), { default: REJECT });
      assert.deepEqual(readPolicy(environment).default, REJECT);
      put(join(root, "home/.config/containers"), { default: SIGNED });
      assert.deepEqual(readPolicy(environment).default, [
        {
          ...{ type: "signedBy", keyType: "GPGKeys", keyPaths: ["/key.gpg"], keyData: undefined },
          signedIdentity: { type: "matchRepoDigestOrExact" },
        },
      ]);
      assert.throws(() => readPolicy(environment, join(root, "nosuch")), { code: "ERR_WHERRY_FILE_SYSTEM" });
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

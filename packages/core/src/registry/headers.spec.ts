import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseChallenges } from "./challenge.ts";
import { checkDestination } from "./destinations.ts";
import { nextLink } from "./link.ts";
import { blobPath, manifestPath } from "./names.ts";
import { isLoopbackHost, isPrivateHost } from "./private-address.ts";
import { proxyFor, readProxyEnvironment } from "./proxy.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { covers, mergeScopes } from "./scope.ts";

describe("parseChallenges", () => {
  const cases = [
    { header: undefined, expected: [] },
    { header: 'Basic realm="x"', expected: [["basic", { realm: "x" }]] },
    {
      header: 'Bearer realm="https://a/t?x=1,2",service="s",scope="repository:a:pull,push repository:b:pull"',
      expected: [
        [
          "bearer",
          { realm: "https://a/t?x=1,2", service: "s", scope: "repository:a:pull,push repository:b:pull" },
        ],
      ],
    },
    {
      header: 'Negotiate, Basic realm="x"',
      expected: [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    },
    {
      header: "NTLM TlRMTVNT, Negotiate YII==,BASIC REALM=x",
      expected: [
        ["ntlm", {}],
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    },
    {
      header: 'Basic realm="a \\"quoted\\" \\\\ name", charset=UTF-8',
      expected: [["basic", { realm: 'a "quoted" \\ name', charset: "UTF-8" }]],
    },
    {
      header: 'Digest realm="a", qop="auth, auth-int" , Bearer realm = "b" , error="insufficient_scope"',
      expected: [
        ["digest", { realm: "a", qop: "auth, auth-int" }],
        ["bearer", { realm: "b", error: "insufficient_scope" }],
      ],
    },
    {
      header: ['Basic realm="a"', 'Bearer realm="b"'],
      expected: [
        ["basic", { realm: "a" }],
        ["bearer", { realm: "b" }],
      ],
    },
    { header: 'Bearer realm="unfinished', expected: [["bearer", {}]] },
    { header: ",, , Basic realm=x,,", expected: [["basic", { realm: "x" }]] },
    { header: 'Bearer __proto__="x"', expected: [["bearer", JSON.parse('{"__proto__":"x"}') as object]] },
    { header: '"only quoted"', expected: [] },
  ] as const;
  for (const { header, expected } of cases) {
    it(`reads ${JSON.stringify(header)}`, () => {
      const found = parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]);
      assert.deepEqual(found, expected);
    });
  }

  it("reads back what it is given, and ends on any text", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const challenge = fc.record({
      scheme: word,
      parameters: fc.dictionary(word, fc.string({ unit: "grapheme-ascii" }), { minKeys: 1 }),
    });
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const header = challenges
          .map(({ scheme, parameters }) => {
            const list = Object.entries(parameters).map(
              ([name, value]) => `${name}="${value.replace(/["\\]/g, "\\$&")}"`,
            );
            return `${scheme} ${list.join(", ")}`;
          })
          .join(", ");
        const found = parseChallenges(header).map(({ scheme, parameters }) => ({
          scheme,
          parameters: { ...parameters },
        }));
        assert.deepEqual(
          found,
          challenges.map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } })),
        );
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseChallenges(text))));
  });
});

describe("checkDestination", () => {
  const cases = [
    { registry: "https://r.io", to: "https://cdn.io/x?sig=1", ok: true },
    { registry: "https://r.io", to: "https://r.io:8443/x", ok: true },
    { registry: "https://r.io", to: "http://r.io/x", ok: false },
    { registry: "http://r.io", to: "http://cdn.io/x", ok: true },
    { registry: "http://r.io", to: "https://cdn.io/x", ok: true },
    { registry: "https://r.io", to: "ftp://cdn.io/x", ok: false },
    { registry: "https://r.io", to: "file:///etc/passwd", ok: false },
    { registry: "https://r.io", to: "https://u:p@cdn.io/x", ok: false },
    { registry: "https://r.io", to: "https://169.254.169.254/latest/meta-data", ok: false },
    { registry: "https://r.io", to: "https://127.0.0.1/x", ok: false },
    { registry: "https://r.io", to: "https://2130706433/x", ok: false },
    { registry: "https://r.io", to: "https://0x7f.1/x", ok: false },
    { registry: "https://r.io", to: "https://localhost:8080/x", ok: false },
    { registry: "https://r.io", to: "https://a.localhost/x", ok: false },
    { registry: "https://r.io", to: "https://10.1.2.3/x", ok: false },
    { registry: "https://r.io", to: "https://[::1]/x", ok: false },
    { registry: "https://r.io", to: "https://[::ffff:10.0.0.1]/x", ok: false },
    { registry: "https://r.io", to: "https://[fd00::1]/x", ok: false },
    { registry: "https://10.1.2.3:5000", to: "https://10.1.2.3/token", ok: true },
    { registry: "https://10.1.2.3:5000", to: "https://10.1.2.4/token", ok: false },
    { registry: "http://localhost:5000", to: "http://127.0.0.1:5001/x", ok: true },
    { registry: "http://localhost:5000", to: "http://10.0.0.1/x", ok: false },
    { registry: "https://r.io", to: "https://8.8.8.8/x", ok: true },
  ];
  for (const { registry, to, ok } of cases) {
    it(`${ok ? "follows" : "refuses"} ${registry} to ${to}`, () => {
      const check = () => checkDestination(new URL(to), new URL(registry), "a place");
      if (ok) check();
      else
        assert.throws(check, (error: Error & { code: string }) => {
          assert.equal(error.code, "ERR_WHERRY_REGISTRY_PROTOCOL");
          assert.doesNotMatch(error.message, /u:p|sig=/);
          return true;
        });
    });
  }
});

describe("addresses", () => {
  it("knows this machine and private networks", () => {
    for (const host of ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "x.localhost"])
      assert.ok(isLoopbackHost(host), host);
    for (const host of ["localhost.evil.org", "127.evil.org", "10.0.0.1", "r.io"])
      assert.ok(!isLoopbackHost(host), host);
    for (const host of ["192.168.1.1", "100.64.0.1", "0.0.0.0", "[fe80::1]", "172.31.0.1"])
      assert.ok(isPrivateHost(host), host);
    for (const host of ["172.32.0.1", "[2001:db8::1]", "r.io", "10.r.io"])
      assert.ok(!isPrivateHost(host), host);
  });
});

describe("parseRetryAfter", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const cases = [
    { header: "120", expected: 120_000 },
    { header: " 0 ", expected: 0 },
    { header: "1.5", expected: 1500 },
    { header: "Thu, 01 Jan 2026 00:00:30 GMT", expected: 30_000 },
    { header: "Thu, 01 Jan 2025 00:00:30 GMT", expected: 0 },
    { header: "soon", expected: undefined },
    { header: "-5", expected: undefined },
    { header: "", expected: undefined },
    { header: undefined, expected: undefined },
  ];
  for (const { header, expected } of cases) {
    it(`reads ${JSON.stringify(header)} as ${expected ?? "nothing"}`, () => {
      assert.equal(parseRetryAfter(header, now), expected);
    });
  }
});

describe("nextLink", () => {
  const cases = [
    { header: '</v2/a/tags/list?n=2&last=b>; rel="next"', expected: "/v2/a/tags/list?n=2&last=b" },
    { header: "<x>; rel=next", expected: "x" },
    { header: '<a>; rel="prev", <b>; title="x,y"; rel="last next"', expected: "b" },
    { header: ['<a>; rel="prev"', '<b>; REL="NEXT"'], expected: "b" },
    { header: '<a>; rel="nextish"', expected: undefined },
    { header: "nonsense", expected: undefined },
    { header: undefined, expected: undefined },
  ];
  for (const { header, expected } of cases) {
    it(`finds ${expected ?? "nothing"} in ${JSON.stringify(header)}`, () =>
      assert.equal(nextLink(header), expected));
  }
});

describe("scopes", () => {
  it("are merged by resource, in order", () => {
    assert.deepEqual(mergeScopes(["repository:a:pull", "repository:b:pull", "repository:a:push,pull"]), [
      "repository:a:pull,push",
      "repository:b:pull",
    ]);
    assert.deepEqual(mergeScopes(["repository:h:5000/a:pull", "aws"]), ["repository:h:5000/a:pull", "aws"]);
  });
  it("cover less than they allow", () => {
    assert.ok(covers(["repository:a:pull,push"], ["repository:a:pull"]));
    assert.ok(covers(["repository:a:*"], ["repository:a:delete"]));
    assert.ok(covers(["repository:a:pull"], []));
    assert.ok(!covers(["repository:a:pull"], ["repository:a:pull,push"]));
    assert.ok(!covers(["repository:a:pull"], ["repository:ab:pull"]));
    assert.ok(!covers([], ["registry:catalog:*"]));
  });
});

describe("proxies", () => {
  const env = { HTTP_PROXY: "http://upper", http_proxy: "http://lower", HTTPS_PROXY: "secure:3128" };
  it("are found by scheme, the lower-case spelling first, and never for this machine", () => {
    const proxies = readProxyEnvironment(env);
    assert.equal(proxyFor(new URL("http://r.io/"), proxies), "http://lower");
    assert.equal(proxyFor(new URL("https://r.io/"), proxies), "http://secure:3128");
    assert.equal(proxyFor(new URL("https://localhost:1/"), proxies), undefined);
    assert.equal(
      proxyFor(new URL("https://r.io/"), readProxyEnvironment({ HTTP_PROXY: "http://x" })),
      undefined,
    );
    assert.equal(proxyFor(new URL("https://r.io/"), readProxyEnvironment(undefined)), undefined);
  });
});

describe("NO_PROXY", () => {
  const cases = [
    { noProxy: "*", url: "https://r.io/", direct: true },
    { noProxy: "r.io", url: "https://r.io/", direct: true },
    { noProxy: "r.io", url: "https://R.io./", direct: true },
    { noProxy: "r.io", url: "https://cdn.r.io/", direct: true },
    { noProxy: "r.io", url: "https://bar.io/", direct: false },
    { noProxy: ".r.io", url: "https://cdn.r.io/", direct: true },
    { noProxy: ".r.io", url: "https://r.io/", direct: false },
    { noProxy: "*.r.io", url: "https://cdn.r.io/", direct: true },
    { noProxy: "a.io, r.io ,b.io", url: "https://r.io/", direct: true },
    { noProxy: "r.io:5000", url: "https://r.io:5000/", direct: true },
    { noProxy: "r.io:5000", url: "https://r.io/", direct: false },
    { noProxy: "r.io:443", url: "https://r.io/", direct: true },
    { noProxy: "10.1.2.3", url: "https://10.1.2.3/", direct: true },
    { noProxy: "10.0.0.0/8", url: "https://10.1.2.3/", direct: true },
    { noProxy: "10.0.0.0/8", url: "https://11.1.2.3/", direct: false },
    { noProxy: "10.0.0.0/8", url: "https://r.io/", direct: false },
    { noProxy: "fd00::/8,2001:db8::1", url: "https://[fd00::1]/", direct: true },
    { noProxy: "fd00::/8,2001:db8::1", url: "https://[2001:db8::1]/", direct: true },
    { noProxy: "[2001:db8::1]:5000", url: "https://[2001:db8::1]:5000/", direct: true },
    { noProxy: "10.0.0.0/99,/8,:80,,", url: "http://10.1.2.3/", direct: false },
    { noProxy: "", url: "https://r.io/", direct: false },
  ];
  for (const { noProxy, url, direct } of cases) {
    it(`${JSON.stringify(noProxy)} ${direct ? "excepts" : "does not except"} ${url}`, () => {
      const proxies = { httpProxy: "http://p", httpsProxy: "http://p", noProxy };
      assert.equal(proxyFor(new URL(url), proxies), direct ? undefined : "http://p");
    });
  }
});

describe("request paths", () => {
  const hostile = ["../x", "a/../../b", "a?b", "a#b", "", "/a", "A", "a//b", "a%2e"];
  for (const name of hostile) {
    it(`are not made of the repository ${JSON.stringify(name)}`, () => {
      assert.throws(() => manifestPath(name, "latest"), { code: "ERR_WHERRY_INVALID_NAME" });
    });
  }
  it("are not made of hostile tags and digests", () => {
    for (const reference of ["../x", "a b", "", "sha256:short", "x".repeat(129)]) {
      assert.throws(() => manifestPath("a", reference), { code: "ERR_WHERRY_INVALID_NAME" });
    }
    assert.throws(() => blobPath("a", "sha256:../../x"), { code: "ERR_WHERRY_INVALID_NAME" });
    assert.equal(manifestPath("a/b", "v1"), "/v2/a/b/manifests/v1");
  });
});

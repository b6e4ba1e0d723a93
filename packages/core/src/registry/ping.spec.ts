import assert from "node:assert/strict";
import { Readable } from "node:stream";
import type { Answer } from "./connections.ts";
import { RegistryUnreachableError } from "./errors.ts";
import { unreachable } from "./network-failure.ts";
import { findRegistry } from "./ping.ts";

/** What each root answers: a status, or the code of a failure. */
type World = Readonly<Record<string, number | string>>;

/** The roots asked in order, and the one found. */
async function find(host: string, insecure: boolean, world: World) {
  const asked: string[] = [];
  const get = (url: URL): Promise<Answer> => {
    asked.push(url.href);
    const outcome = world[url.origin] ?? "ECONNREFUSED";
    if (typeof outcome === "number") {
      return Promise.resolve({ url, status: outcome, headers: {}, body: Readable.from([]) });
    }
    return Promise.reject(unreachable(url, Object.assign(new Error(outcome), { code: outcome })));
  };
  try {
    return { asked, found: (await findRegistry({ host, insecure }, get)).url.origin };
  } catch (error) {
    assert.ok(error instanceof RegistryUnreachableError, String(error));
    return { asked, failed: error.message };
  }
}

describe("findRegistry", () => {
  const cases: {
    what: string;
    host: string;
    insecure?: boolean;
    world: World;
    asked: string[];
    found?: string;
    failed?: RegExp;
  }[] = [
    {
      what: "HTTPS",
      host: "r.io",
      world: { "https://r.io": 401 },
      asked: ["https://r.io/v2/"],
      found: "https://r.io",
    },
    {
      what: "Docker Hub's own host",
      host: "docker.io",
      world: { "https://registry-1.docker.io": 401 },
      asked: ["https://registry-1.docker.io/v2/"],
      found: "https://registry-1.docker.io",
    },
    {
      what: "no plain HTTP unasked",
      host: "r.io",
      world: { "http://r.io": 200 },
      asked: ["https://r.io/v2/"],
      failed: /connection refused/,
    },
    {
      what: "plain HTTP when insecure",
      host: "r.io",
      insecure: true,
      world: { "http://r.io": 200 },
      asked: ["https://r.io/v2/", "http://r.io/v2/"],
      found: "http://r.io",
    },
    {
      what: "plain HTTP on a port when insecure",
      host: "r.io:5000",
      insecure: true,
      world: { "https://r.io:5000": "EPROTO", "http://r.io:5000": 200 },
      asked: ["https://r.io:5000/v2/", "http://r.io:5000/v2/"],
      found: "http://r.io:5000",
    },
    {
      what: "HTTPS first when insecure",
      host: "r.io",
      insecure: true,
      world: { "https://r.io": 200, "http://r.io": 200 },
      asked: ["https://r.io/v2/"],
      found: "https://r.io",
    },
    {
      what: "nobody on a port",
      host: "r.io:5000",
      insecure: true,
      world: {},
      asked: ["https://r.io:5000/v2/"],
      failed: /connection refused/,
    },
    {
      what: "a port without TLS, unasked",
      host: "r.io:5000",
      world: { "https://r.io:5000": "EPROTO", "http://r.io:5000": 200 },
      asked: ["https://r.io:5000/v2/"],
      failed: /does not speak TLS/,
    },
    {
      what: "a false certificate, even on this machine",
      host: "localhost",
      world: { "https://localhost": "CERT_HAS_EXPIRED", "http://localhost": 200 },
      asked: ["https://localhost/v2/"],
      failed: /not trusted/,
    },
    {
      what: "this machine without a port",
      host: "localhost",
      world: { "http://localhost": 200 },
      asked: ["https://localhost/v2/", "http://localhost/v2/"],
      found: "http://localhost",
    },
    {
      what: "a port of this machine",
      host: "[::1]:5000",
      world: { "http://[::1]:5000": 401 },
      asked: ["http://[::1]:5000/v2/"],
      found: "http://[::1]:5000",
    },
    {
      what: "TLS on a port of this machine",
      host: "127.0.0.1:5000",
      world: { "http://127.0.0.1:5000": 400, "https://127.0.0.1:5000": 401 },
      asked: ["http://127.0.0.1:5000/v2/", "https://127.0.0.1:5000/v2/"],
      found: "https://127.0.0.1:5000",
    },
    {
      what: "TLS that hangs up",
      host: "localhost:5000",
      world: { "http://localhost:5000": "ECONNRESET", "https://localhost:5000": "CERT_HAS_EXPIRED" },
      asked: ["http://localhost:5000/v2/", "https://localhost:5000/v2/"],
      failed: /not trusted/,
    },
    {
      what: "another server on this machine",
      host: "localhost:5000",
      world: { "http://localhost:5000": 404 },
      asked: ["http://localhost:5000/v2/"],
      failed: /answered 404/,
    },
    {
      what: "a server that hangs up",
      host: "localhost:5000",
      world: { "http://localhost:5000": "ECONNRESET", "https://localhost:5000": "EPROTO" },
      asked: ["http://localhost:5000/v2/", "https://localhost:5000/v2/"],
      failed: /was cut/,
    },
    {
      what: "a redirect",
      host: "r.io",
      world: { "https://r.io": 302 },
      asked: ["https://r.io/v2/"],
      failed: /answered 302/,
    },
    { what: "no host at all", host: "a b", world: {}, asked: [], failed: /not a host name/ },
  ];
  for (const { what, host, insecure = false, world, asked, found, failed } of cases) {
    it(`knows ${what}`, async () => {
      const outcome = await find(host, insecure, world);
      assert.deepEqual(outcome.asked, asked);
      assert.equal(outcome.found, found);
      assert.match(outcome.failed ?? "", failed ?? /^$/);
    });
  }
});

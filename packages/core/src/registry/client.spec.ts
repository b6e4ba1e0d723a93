import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect as connectTo, type AddressInfo } from "node:net";
import { createManifest, MEDIA_TYPE } from "../oci/index.ts";
import { RegistryClient, type Clock, type RegistryAccess } from "./index.ts";
import {
  digestOf,
  makeTlsFiles,
  startRegistry,
  tlsMissing,
  type Fault,
  type RegistryAuth,
  type TestRegistry,
} from "../../../../test/support/registry.ts";

/** A clock that does not wait, and remembers how long it should have. */
function testClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  let now = Date.parse("2026-01-01T00:00:00Z");
  return {
    slept,
    now: () => now,
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
    random: () => 0.5,
  };
}

const user = { username: "u", password: "p" };
const bearer: RegistryAuth = { kind: "bearer", ...user };

function connect(registry: TestRegistry, access: Partial<RegistryAccess> = {}): RegistryClient {
  return new RegistryClient({ host: registry.host, clock: testClock(), ...access });
}

async function all(items: AsyncIterable<string>): Promise<string[]> {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("RegistryClient", () => {
  describe("finding the registry", () => {
    it("pings once for many requests at the same time", async () => {
      await using registry = await startRegistry();
      registry.storage.addImage("a");
      await using client = connect(registry);
      await Promise.all([1, 2, 3].map(() => client.getManifest("a", "latest")));
      assert.equal(registry.requestLines().filter((line) => line === "GET /v2/").length, 1);
    });

    it("speaks plain HTTP on this machine, with and without a port", async () => {
      await using registry = await startRegistry();
      await using client = new RegistryClient({ host: `localhost:${registry.port}` });
      await client.checkLogin();
    });

    it("says that nobody listens", async () => {
      const registry = await startRegistry();
      const { host } = registry;
      await registry[Symbol.asyncDispose]();
      await using client = new RegistryClient({ host });
      await assert.rejects(client.checkLogin(), {
        code: "ERR_WHERRY_REGISTRY_UNREACHABLE",
        message: `cannot reach registry ${host}: connection refused`,
      });
    });

    it("does not try plain HTTP elsewhere unless told to", async () => {
      // a name that never resolves (RFC 6761)
      for (const insecure of [false, true]) {
        await using client = new RegistryClient({ host: "registry.invalid", insecure, clock: testClock() });
        await assert.rejects(client.checkLogin(), { code: "ERR_WHERRY_REGISTRY_UNREACHABLE" });
      }
    });

    it("knows another web server from a registry", async () => {
      await using registry = await startRegistry({ faults: [{ on: /\/v2\/$/, times: 9, status: 404 }] });
      await using client = connect(registry);
      await assert.rejects(client.checkLogin(), /answered 404, so it is no registry/);
    });

    it("asks again after a failed ping", async () => {
      await using registry = await startRegistry({ faults: [{ on: /\/v2\/$/, times: 2, status: 404 }] });
      await using client = connect(registry);
      await assert.rejects(client.checkLogin());
      registry.faults.clear();
      await client.checkLogin();
    });

    describe("with TLS", () => {
      before(`needs openssl${tlsMissing() === undefined ? "" : ", which is missing"}`, function () {
        if (tlsMissing() !== undefined) this.skip();
      });

      it("trusts the authorities it is given", async () => {
        const tls = makeTlsFiles();
        await using registry = await startRegistry({ tls });
        await using client = connect(registry, { ca: [tls.ca] });
        await client.checkLogin();
      });

      it("refuses a certificate it does not know, and does not fall back to plain HTTP", async () => {
        await using registry = await startRegistry({ tls: makeTlsFiles() });
        await using client = connect(registry);
        await assert.rejects(client.checkLogin(), {
          code: "ERR_WHERRY_REGISTRY_UNREACHABLE",
          message: /certificate is not trusted/,
        });
        assert.deepEqual(registry.requests, []);
      });

      it("shows its certificate to the registry only", async () => {
        const tls = makeTlsFiles();
        const pair = { cert: tls.cert, key: tls.key };
        await using other = await startRegistry({ tls, requestCert: true });
        await using registry = await startRegistry({ tls, requestCert: true, redirectBlobsTo: other.url });
        const { manifest } = registry.storage.addImage("a", { layers: [Buffer.from("content")] });
        other.storage.addBlob("a", Buffer.from("content"));
        await using client = connect(registry, { ca: [tls.ca], ...pair });
        const [layer] = manifest.layers;
        assert.ok(layer);
        await (await client.getBlob("a", layer)).toArray();
        assert.equal(registry.requests[0]?.clientCertificate, "wherry test");
        assert.equal(other.requests[0]?.clientCertificate, undefined);
      });

      it("takes any certificate when told to", async () => {
        await using registry = await startRegistry({ tls: makeTlsFiles() });
        await using client = connect(registry, { insecure: true });
        await client.checkLogin();
      });
    });
  });

  describe("logging in", () => {
    const logins: {
      what: string;
      auth: RegistryAuth;
      credentials: RegistryAccess["credentials"];
      ok: boolean;
    }[] = [
      { what: "basic", auth: { kind: "basic", ...user }, credentials: () => Promise.resolve(user), ok: true },
      {
        what: "basic with a wrong password",
        auth: { kind: "basic", ...user },
        credentials: () => Promise.resolve({ ...user, password: "x" }),
        ok: false,
      },
      { what: "basic as a guest", auth: { kind: "basic", ...user }, credentials: undefined, ok: false },
      { what: "a token", auth: bearer, credentials: () => Promise.resolve(user), ok: true },
      { what: "a token as a guest", auth: { kind: "bearer" }, credentials: undefined, ok: true },
      {
        what: "a token with a wrong password",
        auth: bearer,
        credentials: () => Promise.resolve({ ...user, password: "x" }),
        ok: false,
      },
      {
        what: "an identity token",
        auth: { ...bearer, identityToken: "i" },
        credentials: () => Promise.resolve({ identityToken: "i" }),
        ok: true,
      },
      {
        what: "a wrong identity token",
        auth: { ...bearer, identityToken: "i" },
        credentials: () => Promise.resolve({ identityToken: "x" }),
        ok: false,
      },
    ];
    for (const { what, auth, credentials, ok } of logins) {
      it(`${ok ? "works" : "fails"} with ${what}`, async () => {
        await using registry = await startRegistry({ auth });
        registry.storage.addImage("a");
        await using client = connect(registry, credentials === undefined ? {} : { credentials });
        if (ok) {
          await client.checkLogin();
          await client.getManifest("a", "latest");
        } else {
          const refused = { code: "ERR_WHERRY_UNAUTHORIZED", message: /authentication required/ };
          await assert.rejects(client.checkLogin(), refused);
          await assert.rejects(client.getManifest("a", "latest"), refused);
          await assert.rejects(client.headManifest("a", "latest"), refused);
        }
      });
    }

    it("falls back to GET where a token server knows no refresh tokens", async () => {
      for (const status of [404, 405]) {
        await using registry = await startRegistry({
          auth: { kind: "bearer" },
          faults: [{ on: /^POST \/token/, status }],
        });
        await using client = connect(registry, {
          credentials: () => Promise.resolve({ identityToken: "i" }),
        });
        await client.checkLogin();
        const { headers } =
          registry.requests.find(({ method, path }) => method === "GET" && path.startsWith("/token")) ?? {};
        assert.equal(headers?.authorization, `Basic ${Buffer.from("<token>:i").toString("base64")}`);
      }
    });

    it("hands a registry token over as it is", async () => {
      await using registry = await startRegistry({ auth: bearer });
      registry.tokens.set("given", { scopes: ["repository:a:pull"], expires: Date.now() + 1e6 });
      registry.storage.addImage("a");
      await using client = connect(registry, {
        credentials: () => Promise.resolve({ registryToken: "given" }),
      });
      await client.getManifest("a", "latest");
      assert.ok(!registry.requestLines().some((line) => line.includes("/token")));
    });

    it("sends no password to anyone before it is asked, and says who it is at the token server", async () => {
      await using registry = await startRegistry({ auth: bearer });
      registry.storage.addImage("a");
      await using client = connect(registry, { credentials: () => Promise.resolve(user) });
      await client.getManifest("a", "latest");
      const [ping, token, manifest] = registry.requests;
      assert.equal(ping?.headers.authorization, undefined);
      assert.equal(token?.path, "/token?service=test&scope=repository%3Aa%3Apull&account=u");
      assert.match(manifest?.headers.authorization ?? "", /^Bearer /);
    });

    it("gets one token for requests at the same time, and keeps it while it lives", async () => {
      await using registry = await startRegistry({ auth: { ...bearer, tokenLife: 300 } });
      registry.storage.addImage("a");
      const clock = testClock();
      await using client = connect(registry, { credentials: () => Promise.resolve(user), clock });
      const tokens = () => registry.requestLines().filter((line) => line.includes("/token")).length;
      await Promise.all([1, 2, 3].map(() => client.getManifest("a", "latest")));
      assert.equal(tokens(), 1);
      await clock.sleep(280_000, undefined);
      await client.getManifest("a", "latest");
      assert.equal(tokens(), 1);
      await clock.sleep(10_000, undefined);
      await client.getManifest("a", "latest");
      assert.equal(tokens(), 2);
    });

    it("lets a token live for a minute at least", async () => {
      await using registry = await startRegistry({ auth: { ...bearer, tokenLife: 1 } });
      const clock = testClock();
      registry.storage.addImage("a");
      await using client = connect(registry, { credentials: () => Promise.resolve(user), clock });
      await client.getManifest("a", "latest");
      await clock.sleep(30_000, undefined);
      await client.headManifest("a", "latest");
      assert.equal(registry.requestLines().filter((line) => line.includes("/token")).length, 1);
    });

    it("gets a new token when one is refused before its time", async () => {
      await using registry = await startRegistry({ auth: bearer });
      registry.storage.addImage("a");
      await using client = connect(registry, { credentials: () => Promise.resolve(user) });
      await client.getManifest("a", "latest");
      registry.tokens.clear();
      await client.getManifest("a", "latest");
      assert.equal(registry.requestLines().filter((line) => line.includes("/token")).length, 2);
    });

    it("adds the scope that is missing, the missing one first", async () => {
      await using registry = await startRegistry({ auth: bearer });
      registry.storage.addImage("a");
      await using client = connect(registry, { credentials: () => Promise.resolve(user) });
      const challenge = `Bearer realm="${registry.url}/token",service="test",scope="repository:extra:pull",error="insufficient_scope"`;
      registry.faults.push({ on: /manifests/, status: 401, headers: { "www-authenticate": challenge } });
      await client.getManifest("a", "latest");
      const token = registry.requestLines().findLast((line) => line.includes("/token")) ?? "";
      assert.deepEqual(new URLSearchParams(token.split("?")[1]).getAll("scope"), [
        "repository:extra:pull",
        "repository:a:pull",
      ]);
    });

    it("asks for the login of each repository", async () => {
      await using registry = await startRegistry({ auth: { kind: "basic", ...user } });
      registry.storage.addImage("mine/a");
      registry.storage.addImage("other/a");
      await using client = connect(registry, {
        credentials: (repository) => Promise.resolve(repository === "mine/a" ? user : undefined),
      });
      await client.getManifest("mine/a", "latest");
      await assert.rejects(client.getManifest("other/a", "latest"), { code: "ERR_WHERRY_UNAUTHORIZED" });
    });

    const realms = [
      "ftp://auth.example.org/token",
      "http://user:pw@127.0.0.1/token",
      "http://169.254.169.254/token",
      "http://10.0.0.1/token",
      "nonsense://",
    ];
    for (const realm of realms) {
      it(`sends no login to the realm ${realm}`, async () => {
        await using registry = await startRegistry({ auth: { ...bearer, realm } });
        await using client = connect(registry, { credentials: () => Promise.resolve(user) });
        await assert.rejects(client.checkLogin(), { code: "ERR_WHERRY_REGISTRY_PROTOCOL" });
      });
    }

    it("does not follow a token server that redirects", async () => {
      await using other = await startRegistry();
      await using registry = await startRegistry({
        auth: bearer,
        faults: [{ on: /token/, status: 307, headers: { location: `${other.url}/token` } }],
      });
      await using client = connect(registry, { credentials: () => Promise.resolve(user) });
      await assert.rejects(client.checkLogin(), /token server .* that redirects/);
      assert.deepEqual(other.requests, []);
    });

    const answers: { what: string; fault: Fault; code: string }[] = [
      { what: "no JSON", fault: { status: 200, body: "<html>" }, code: "ERR_WHERRY_REGISTRY_PROTOCOL" },
      { what: "no token", fault: { status: 200, body: "{}" }, code: "ERR_WHERRY_REGISTRY_PROTOCOL" },
      {
        what: "a token with a line end",
        fault: { status: 200, body: `{"token":"a\\r\\nx: y"}` },
        code: "ERR_WHERRY_REGISTRY_PROTOCOL",
      },
      { what: "2 MiB", fault: { status: 200, body: "x".repeat(2 ** 21) }, code: "ERR_WHERRY_TOO_LARGE" },
      { what: "403", fault: { status: 403 }, code: "ERR_WHERRY_DENIED" },
    ];
    for (const { what, fault, code } of answers) {
      it(`does not believe a token server that answers ${what}`, async () => {
        await using registry = await startRegistry({
          auth: bearer,
          faults: [{ on: /token/, times: 9, ...fault }],
        });
        await using client = connect(registry, { credentials: () => Promise.resolve(user) });
        await assert.rejects(client.checkLogin(), { code });
      });
    }

    it("takes access_token as well", async () => {
      await using registry = await startRegistry({
        auth: bearer,
        faults: [{ on: /token/, status: 200, body: `{"access_token":"given"}` }],
      });
      registry.tokens.set("given", { scopes: [], expires: Date.now() + 1e6 });
      await using client = connect(registry);
      await client.checkLogin();
    });
  });

  describe("manifests", () => {
    it("are read by tag and digest, byte for byte", async () => {
      await using registry = await startRegistry();
      const { digest, bytes } = registry.storage.addImage("a/b", { layers: [Buffer.from("x")], tag: "v1" });
      await using client = connect(registry);
      for (const reference of ["v1", digest]) {
        const manifest = await client.getManifest("a/b", reference);
        assert.deepEqual(Buffer.from(manifest.bytes), bytes);
        assert.equal(manifest.descriptor.digest, digest);
        const expected = { mediaType: MEDIA_TYPE.ociManifest, digest, size: bytes.length };
        assert.deepEqual(await client.headManifest("a/b", reference), expected);
      }
      const accept = registry.requests.at(-1)?.headers.accept ?? "";
      for (const type of [MEDIA_TYPE.ociIndex, MEDIA_TYPE.ociManifest, MEDIA_TYPE.dockerIndex])
        assert.ok(accept.includes(type));
    });

    it("are unknown in the words scripts look for", async () => {
      await using registry = await startRegistry();
      await using client = connect(registry);
      assert.equal(await client.headManifest("a", "v1"), undefined);
      await assert.rejects(client.getManifest("a", "v1"), {
        code: "ERR_WHERRY_MANIFEST_UNKNOWN",
        message: new RegExp(`^manifest unknown: ${registry.host}/a:v1 does not exist`),
      });
      await assert.rejects(client.deleteManifest("a", "v1"), { code: "ERR_WHERRY_MANIFEST_UNKNOWN" });
    });

    const lies: { what: string; fault: Fault; code: string; reference: "tag" | "digest" }[] = [
      {
        what: "damaged, by digest",
        fault: { damage: true, addHeaders: { "docker-content-digest": "" } },
        code: "ERR_WHERRY_DIGEST_MISMATCH",
        reference: "digest",
      },
      {
        what: "damaged, by tag",
        fault: { damage: true },
        code: "ERR_WHERRY_DIGEST_MISMATCH",
        reference: "tag",
      },
      {
        what: "of 5 MiB",
        fault: { status: 200, body: Buffer.alloc(5 * 2 ** 20) },
        code: "ERR_WHERRY_TOO_LARGE",
        reference: "tag",
      },
      {
        what: "that is no JSON",
        fault: { status: 200, body: "<html>" },
        code: "ERR_WHERRY_INVALID_DOCUMENT",
        reference: "tag",
      },
    ];
    for (const { what, fault, code, reference } of lies) {
      it(`are refused when ${what}`, async () => {
        await using registry = await startRegistry({ faults: [{ on: /manifests/, ...fault }] });
        const { digest } = registry.storage.addImage("a");
        await using client = connect(registry);
        await assert.rejects(client.getManifest("a", reference === "tag" ? "latest" : digest), { code });
      });
    }

    it("are compared with the descriptor that led to them", async () => {
      await using registry = await startRegistry();
      const { digest, bytes } = registry.storage.addImage("a");
      await using client = connect(registry);
      const expected = { mediaType: MEDIA_TYPE.ociManifest, digest, size: bytes.length };
      await client.getManifest("a", digest, expected);
      await assert.rejects(client.getManifest("a", digest, { ...expected, size: 1 }), {
        code: "ERR_WHERRY_SIZE_MISMATCH",
      });
    });

    const heads: { what: string; fault: Fault }[] = [
      { what: "has no digest", fault: { addHeaders: { "docker-content-digest": "" } } },
      { what: "has a false digest's syntax", fault: { addHeaders: { "docker-content-digest": "../../x" } } },
      { what: "is not allowed", fault: { status: 405 } },
      { what: "has an unknown type", fault: { addHeaders: { "content-type": "text/html" } } },
    ];
    for (const { what, fault } of heads) {
      it(`are read whole when HEAD ${what}`, async () => {
        await using registry = await startRegistry({ faults: [{ on: /^HEAD/, ...fault }] });
        const { digest } = registry.storage.addImage("a");
        await using client = connect(registry);
        assert.equal((await client.headManifest("a", "latest"))?.digest, digest);
      });
    }

    it("are written under a tag and under their digest, and deleted", async () => {
      await using registry = await startRegistry({ auth: bearer });
      const { digest } = registry.storage.addImage("a");
      await using client = connect(registry, { credentials: () => Promise.resolve(user) });
      const manifest = await client.getManifest("a", "latest");
      await client.putManifest("a", "v2", manifest);
      await client.putManifest("a", digest, manifest);
      assert.equal((await client.headManifest("a", "v2"))?.digest, digest);
      await client.deleteManifest("a", "v2");
      assert.equal(await client.headManifest("a", "v2"), undefined);
      assert.equal((await client.headManifest("a", "latest"))?.digest, digest);
      await client.deleteManifest("a", digest);
      assert.equal(await client.headManifest("a", "latest"), undefined);
    });

    it("are not written under a foreign digest", async () => {
      await using registry = await startRegistry();
      registry.storage.addImage("a");
      await using client = connect(registry);
      const manifest = await client.getManifest("a", "latest");
      await assert.rejects(client.putManifest("a", digestOf("x"), manifest), {
        code: "ERR_WHERRY_DIGEST_MISMATCH",
      });
    });

    it("must be stored as they are", async () => {
      await using registry = await startRegistry({
        faults: [{ on: /^PUT/, addHeaders: { "docker-content-digest": digestOf("other") } }],
      });
      registry.storage.addImage("a");
      await using client = connect(registry);
      const manifest = await client.getManifest("a", "latest");
      await assert.rejects(client.putManifest("a", "v2", manifest), /changed the manifest/);
    });

    it("are written again when their blobs are slow to show up", async () => {
      const body = JSON.stringify({ errors: [{ code: "MANIFEST_BLOB_UNKNOWN", message: "blob unknown" }] });
      await using registry = await startRegistry({ faults: [{ on: /^PUT/, times: 2, status: 404, body }] });
      registry.storage.addImage("a");
      const clock = testClock();
      await using client = connect(registry, { clock });
      await client.putManifest("a", "v2", await client.getManifest("a", "latest"));
      assert.equal(clock.slept.length, 2);
      const missing = createManifest({
        schemaVersion: 2,
        mediaType: MEDIA_TYPE.ociManifest,
        config: { mediaType: MEDIA_TYPE.ociConfig, digest: digestOf("missing"), size: 7 },
        layers: [],
      });
      await assert.rejects(client.putManifest("a", "v3", missing), {
        code: "ERR_WHERRY_REGISTRY",
        message: /MANIFEST_BLOB_UNKNOWN/,
      });
    });

    for (const { status, code, named } of [
      { status: 415, code: "", named: true },
      { status: 400, code: "MANIFEST_INVALID", named: true },
      { status: 405, code: "UNSUPPORTED", named: true },
      { status: 400, code: "NAME_INVALID", named: false },
    ]) {
      it(`of a type that is refused ${named ? "are not converted unasked" : "differ from others"}: ${status} ${code}`, async () => {
        const body = JSON.stringify({ errors: [{ code, message: "no" }] });
        await using registry = await startRegistry({ faults: [{ on: /^PUT/, status, body }] });
        registry.storage.addImage("a");
        await using client = connect(registry);
        const manifest = await client.getManifest("a", "latest");
        await assert.rejects(client.putManifest("a", "v2", manifest), (error: Error & { hint?: string }) => {
          assert.equal(/OCI manifests.*--format v2s2/.test(error.hint ?? ""), named, error.hint);
          return true;
        });
        assert.equal(registry.requestLines().filter((line) => line.startsWith("PUT")).length, 1);
      });
    }

    it("that may not be deleted are explained", async () => {
      const body = JSON.stringify({
        errors: [{ code: "UNSUPPORTED", message: "The operation is unsupported." }],
      });
      await using registry = await startRegistry({ faults: [{ on: /^DELETE/, status: 405, body }] });
      registry.storage.addImage("a");
      await using client = connect(registry);
      await assert.rejects(client.deleteManifest("a", "latest"), (error: Error & { hint?: string }) => {
        assert.match(error.message, /answered 405 \(UNSUPPORTED: The operation is unsupported\.\)/);
        assert.match(error.hint ?? "", /does not allow/);
        return true;
      });
    });
  });

  describe("errors of the registry", () => {
    const cases: { what: string; fault: Fault; code: string; message: RegExp }[] = [
      {
        what: "denied",
        fault: { status: 403, body: `{"errors":[{"code":"DENIED","message":"no"}]}` },
        code: "ERR_WHERRY_DENIED",
        message: /^denied: requested access to the resource is denied: .*\(no\)$/,
      },
      {
        what: "terminal escapes",
        fault: { status: 400, body: `{"errors":[{"code":"X","message":"a\\u001b[2Jb\\nc"}]}` },
        code: "ERR_WHERRY_REGISTRY",
        message: /\(X: a \[2Jb c\)$/,
      },
      {
        what: "no explanation",
        fault: { status: 400, body: "<html>" },
        code: "ERR_WHERRY_REGISTRY",
        message: /answered 400$/,
      },
      {
        what: "plain text",
        fault: { status: 400, headers: { "content-type": "text/plain" }, body: "bad day\n" },
        code: "ERR_WHERRY_REGISTRY",
        message: /answered 400 \(bad day\)$/,
      },
      {
        what: "errors of a wrong shape",
        fault: { status: 400, body: `{"errors":{"a":1}}` },
        code: "ERR_WHERRY_REGISTRY",
        message: /answered 400$/,
      },
      {
        what: "an endless explanation",
        fault: { status: 400, body: "x".repeat(2 ** 21) },
        code: "ERR_WHERRY_REGISTRY",
        message: /answered 400$/,
      },
      {
        what: "429 to the end",
        fault: { status: 429 },
        code: "ERR_WHERRY_RATE_LIMITED",
        message: /^toomanyrequests: /,
      },
    ];
    for (const { what, fault, code, message } of cases) {
      it(`are told: ${what}`, async () => {
        await using registry = await startRegistry({ faults: [{ on: /manifests/, times: 99, ...fault }] });
        await using client = connect(registry);
        await assert.rejects(client.getManifest("a", "latest"), { code, message });
      });
    }

    it("passes warnings on once", async () => {
      const warned: string[] = [];
      await using registry = await startRegistry({
        faults: [
          { on: /manifests/, times: 9, addHeaders: { warning: '299 - "tags end soon", 199 - "other"' } },
        ],
      });
      registry.storage.addImage("a");
      await using client = connect(registry, { onWarning: (text) => warned.push(text) });
      await client.getManifest("a", "latest");
      await client.getManifest("a", "latest");
      assert.deepEqual(warned, ["tags end soon"]);
    });
  });

  describe("trying again", () => {
    const cases: { what: string; fault: Fault; slept: number[] }[] = [
      { what: "after 503, longer each time", fault: { status: 503, times: 3 }, slept: [375, 750, 1500] },
      {
        what: "after 429 as told in seconds",
        fault: { status: 429, headers: { "retry-after": "7" } },
        slept: [7000],
      },
      {
        what: "after 503 as told by date",
        fault: { status: 503, headers: { "retry-after": "Thu, 01 Jan 2026 00:00:20 GMT" } },
        slept: [20_000],
      },
      { what: "after a cut connection", fault: { cutAt: 0, times: 2 }, slept: [375, 750] },
    ];
    for (const { what, fault, slept } of cases) {
      it(`works ${what}`, async () => {
        await using registry = await startRegistry();
        registry.storage.addImage("a");
        const clock = testClock();
        await using client = connect(registry, { clock });
        await client.checkLogin();
        registry.faults.push({ on: /manifests/, ...fault });
        await client.getManifest("a", "latest");
        assert.deepEqual(clock.slept, slept);
      });
    }

    it("also works when writing a manifest", async () => {
      await using registry = await startRegistry({
        faults: [{ on: /^PUT/, status: 429, times: 2, headers: { "retry-after": "1" } }],
      });
      registry.storage.addImage("a");
      await using client = connect(registry);
      await client.putManifest("a", "v2", await client.getManifest("a", "latest"));
    });

    it("ends at some time", async () => {
      await using registry = await startRegistry({ faults: [{ on: /manifests/, status: 500, times: 99 }] });
      const clock = testClock();
      await using client = connect(registry, { clock });
      await assert.rejects(client.getManifest("a", "latest"), {
        code: "ERR_WHERRY_REGISTRY",
        message: /answered 500/,
      });
      assert.equal(clock.slept.length, 4);
    });

    it("does not wait for hours", async () => {
      await using registry = await startRegistry({
        faults: [{ on: /manifests/, status: 429, headers: { "retry-after": "21600" } }],
      });
      const clock = testClock();
      await using client = connect(registry, { clock });
      await assert.rejects(client.getManifest("a", "latest"), {
        code: "ERR_WHERRY_RATE_LIMITED",
        retryAfter: 21_600,
        message: /try again in 21600 s/,
      });
      assert.deepEqual(clock.slept, []);
    });

    it("makes all requests to a host wait when one is told to", async () => {
      await using registry = await startRegistry();
      registry.storage.addImage("a");
      const clock = testClock();
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      const sleep = clock.sleep.bind(clock);
      clock.sleep = async (milliseconds, signal) => {
        await gate;
        return sleep(milliseconds, signal);
      };
      await using client = connect(registry, { clock });
      await client.checkLogin();
      registry.faults.push({ on: /manifests/, status: 429, headers: { "retry-after": "5" } });
      const first = client.headManifest("a", "latest");
      while (registry.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const second = client.headManifest("a", "latest");
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(registry.requests.length, 3, "the second request is held back");
      release();
      await Promise.all([first, second]);
    });
  });

  describe("redirects", () => {
    it("are followed without the login when host, port or scheme changes", async () => {
      await using storage = await startRegistry();
      await using registry = await startRegistry({
        auth: { kind: "basic", ...user },
        redirectBlobsTo: storage.url,
      });
      const { manifest } = registry.storage.addImage("a", { layers: [Buffer.from("content")] });
      storage.storage.addBlob("a", Buffer.from("content"));
      await using client = connect(registry, { credentials: () => Promise.resolve(user) });
      const [layer] = manifest.layers;
      assert.ok(layer);
      const content = await client.getBlob("a", layer);
      assert.equal(Buffer.concat(await content.toArray()).toString(), "content");
      const [request] = storage.requests;
      assert.equal(request?.headers.authorization, undefined);
      assert.equal(request?.headers.cookie, undefined);
    });

    it("keep the login on the same host", async () => {
      await using registry = await startRegistry({ auth: { kind: "basic", ...user } });
      const { digest } = registry.storage.addImage("a");
      registry.faults.push({
        on: /manifests\/latest/,
        status: 307,
        headers: { location: `/v2/a/manifests/${digest}` },
      });
      await using client = connect(registry, { credentials: () => Promise.resolve(user) });
      assert.equal((await client.getManifest("a", "latest")).descriptor.digest, digest);
    });

    it("get a guest's token where another host asks for one", async () => {
      await using storage = await startRegistry({ auth: { kind: "bearer" } });
      await using registry = await startRegistry({
        auth: { kind: "basic", ...user },
        redirectBlobsTo: storage.url,
      });
      const { manifest } = registry.storage.addImage("a", { layers: [Buffer.from("content")] });
      storage.storage.addBlob("a", Buffer.from("content"));
      await using client = connect(registry, { credentials: () => Promise.resolve(user) });
      const [layer] = manifest.layers;
      assert.ok(layer);
      assert.equal(Buffer.concat(await (await client.getBlob("a", layer)).toArray()).toString(), "content");
      for (const { headers } of storage.requests) assert.doesNotMatch(headers.authorization ?? "", /^Basic/);
    });

    for (const location of ["http://10.0.0.1/x", "http://u:p@127.0.0.1/x", "ftp://r.io/x"]) {
      it(`to ${location} are refused`, async () => {
        await using registry = await startRegistry({
          faults: [{ on: /manifests/, status: 302, headers: { location } }],
        });
        await using client = connect(registry);
        await assert.rejects(client.getManifest("a", "latest"), { code: "ERR_WHERRY_REGISTRY_PROTOCOL" });
      });
    }

    it("in circles end", async () => {
      await using registry = await startRegistry({
        faults: [
          { on: /manifests/, times: 99, status: 307, headers: { location: "/v2/a/manifests/latest" } },
        ],
      });
      await using client = connect(registry);
      await assert.rejects(client.getManifest("a", "latest"), /redirects more than 10 times/);
      assert.ok(registry.requests.length < 20);
    });
  });

  describe("listings", () => {
    const names = Array.from({ length: 25 }, (_value, index) => `v${String(index).padStart(2, "0")}`);
    const fill = (registry: TestRegistry) => {
      for (const tag of names) registry.storage.addManifest("a", Buffer.from("{}"), "x", tag);
    };

    it("are read page by page", async () => {
      await using registry = await startRegistry({ pageSize: 10 });
      fill(registry);
      registry.storage.repository("b/c");
      await using client = connect(registry);
      assert.deepEqual(await all(client.listTags("a")), names);
      assert.deepEqual(await all(client.listRepositories()), ["a", "b/c"]);
      assert.equal(registry.requestLines().filter((line) => line.includes("tags/list")).length, 3);
    });

    it("end early when the reader has enough", async () => {
      await using registry = await startRegistry({ pageSize: 10 });
      fill(registry);
      await using client = connect(registry);
      for await (const _tag of client.listTags("a")) break;
      assert.equal(registry.requestLines().filter((line) => line.includes("tags/list")).length, 1);
    });

    const odd: { what: string; body: string; expected: string[] }[] = [
      { what: "null", body: `{"tags":null}`, expected: [] },
      { what: "nothing", body: `{}`, expected: [] },
      { what: "no tags", body: `{"tags":["ok","sha256:abc","","-x",1,null,"a/b"]}`, expected: ["ok"] },
    ];
    for (const { what, body, expected } of odd) {
      it(`may hold ${what}`, async () => {
        await using registry = await startRegistry({ faults: [{ on: /tags/, status: 200, body }] });
        await using client = connect(registry);
        assert.deepEqual(await all(client.listTags("a")), expected);
      });
    }

    it("of unknown repositories fail", async () => {
      await using registry = await startRegistry();
      await using client = connect(registry);
      await assert.rejects(all(client.listTags("a")), {
        code: "ERR_WHERRY_REPOSITORY_UNKNOWN",
        message: /repository name not known to registry/,
      });
    });

    it("do not lead to another host", async () => {
      await using registry = await startRegistry({
        faults: [
          {
            on: /tags/,
            status: 200,
            body: `{"tags":["a"]}`,
            headers: { link: '<http://169.254.169.254/x>; rel="next"' },
          },
        ],
      });
      await using client = connect(registry);
      await assert.rejects(all(client.listTags("a")), {
        code: "ERR_WHERRY_REGISTRY_PROTOCOL",
        message: /another host/,
      });
    });

    it("in circles end", async () => {
      const link = '</v2/a/tags/list?n=1000>; rel="next"';
      await using registry = await startRegistry({
        faults: [{ on: /tags/, times: 99, status: 200, body: `{"tags":["a"]}`, headers: { link } }],
      });
      await using client = connect(registry);
      assert.deepEqual(await all(client.listTags("a")), ["a"]);
    });

    it("are asked for by the last name when a full page has no link", async () => {
      const many = Array.from({ length: 1500 }, (_value, index) => `t${10_000 + index}`);
      await using registry = await startRegistry({
        faults: [{ on: /tags/, times: 9, addHeaders: { link: "" } }],
      });
      for (const tag of many) registry.storage.addManifest("a", Buffer.from("{}"), "x", tag);
      await using client = connect(registry);
      assert.deepEqual(await all(client.listTags("a")), many);
    });

    it("of nonsense fail", async () => {
      await using registry = await startRegistry({ faults: [{ on: /tags/, status: 200, body: "<html>" }] });
      await using client = connect(registry);
      await assert.rejects(all(client.listTags("a")), { code: "ERR_WHERRY_REGISTRY_PROTOCOL" });
    });
  });

  describe("ending", () => {
    it("by the caller's signal ends what is under way", async () => {
      await using registry = await startRegistry({ faults: [{ on: /manifests/, hang: true }] });
      const abort = new AbortController();
      await using client = connect(registry, { signal: abort.signal });
      const reading = client.getManifest("a", "latest");
      while (registry.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      abort.abort(new Error("enough"));
      await assert.rejects(reading, { message: "enough" });
      await assert.rejects(client.getManifest("a", "latest"), /enough/);
    });

    it("is listened for by many requests at once without complaint", async () => {
      await using registry = await startRegistry();
      registry.storage.addImage("a");
      const warned: string[] = [];
      const listen = (warning: Error) => warned.push(warning.name);
      process.on("warning", listen);
      try {
        await using client = connect(registry, { signal: new AbortController().signal });
        await Promise.all(Array.from({ length: 50 }, () => client.getManifest("a", "latest")));
        await new Promise((resolve) => setImmediate(resolve));
        assert.deepEqual(warned, []);
      } finally {
        process.off("warning", listen);
      }
    });

    it("by the caller's signal ends a pause", async () => {
      await using registry = await startRegistry({
        faults: [{ on: /manifests/, status: 503, headers: { "retry-after": "60" } }],
      });
      const abort = new AbortController();
      await using client = new RegistryClient({ host: registry.host, signal: abort.signal });
      const reading = client.getManifest("a", "latest");
      setTimeout(() => abort.abort(new Error("enough")), 100);
      await assert.rejects(reading, { message: "enough" });
    });

    it("an answer that never comes ends by itself", async () => {
      await using registry = await startRegistry({ faults: [{ on: /manifests/, hang: true, times: 9 }] });
      await using client = connect(registry, { limits: { headersTimeoutMs: 50, attempts: 2 } });
      await assert.rejects(client.getManifest("a", "latest"), {
        code: "ERR_WHERRY_REGISTRY_UNREACHABLE",
        message: /no answer in time/,
      });
    });
  });

  describe("behind a proxy", () => {
    before(`needs openssl${tlsMissing() === undefined ? "" : ", which is missing"}`, function () {
      if (tlsMissing() !== undefined) this.skip();
    });

    it("goes through it with TLS", async () => {
      await using registry = await startRegistry({ tls: makeTlsFiles() });
      registry.storage.addImage("a");
      const asked: string[] = [];
      const proxy = createServer();
      proxy.on("connect", (request, socket) => {
        asked.push(`${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`);
        const target = connectTo(registry.port, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          socket.pipe(target).pipe(socket);
        });
        target.on("error", () => socket.destroy());
        socket.on("error", () => target.destroy());
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      const HTTPS_PROXY = `http://me:pw@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      try {
        const proxyEnv = { HTTPS_PROXY };
        await using client = new RegistryClient({
          host: "registry.invalid",
          insecure: true,
          proxyEnv,
          clock: testClock(),
        });
        await client.getManifest("a", "latest");
        assert.deepEqual(
          [...new Set(asked)],
          [`registry.invalid:443 Basic ${Buffer.from("me:pw").toString("base64")}`],
        );
        assert.equal(
          registry.requests.some(({ headers }) => "proxy-authorization" in headers),
          false,
        );
      } finally {
        proxy.closeAllConnections();
        proxy.close();
      }
    });

    it("asks the proxy for token servers and redirects too, each without what is not for them", async () => {
      const content = Buffer.from("content");
      const blob = { mediaType: "x/y", digest: digestOf(content), size: content.length };
      const asked: string[] = [];
      const proxy = createServer(({ url = "", headers }, response) => {
        asked.push(`${url.replace(/\?.*/, "")} ${headers.authorization ?? "-"}`);
        const { host, pathname } = new URL(url);
        if (host === "auth.invalid") response.end('{"token":"t"}');
        else if (host === "cdn.invalid") response.end(content);
        else if (headers.authorization !== "Bearer t")
          response.writeHead(401, { "www-authenticate": 'Bearer realm="http://auth.invalid/token"' }).end();
        else if (pathname === "/v2/") response.end("{}");
        else response.writeHead(307, { location: "http://cdn.invalid/blob" }).end();
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      try {
        await using client = new RegistryClient({
          ...{ host: "registry.invalid", insecure: true, clock: testClock(), proxyEnv: { HTTP_PROXY } },
          credentials: () => Promise.resolve(user),
        });
        const read = Buffer.concat((await (await client.getBlob("a", blob)).toArray()) as Buffer[]);
        assert.deepEqual(read, content);
        assert.deepEqual(asked, [
          "http://registry.invalid/v2/ -",
          `http://auth.invalid/token Basic ${Buffer.from("u:p").toString("base64")}`,
          `http://registry.invalid/v2/a/blobs/${blob.digest} Bearer t`,
          "http://cdn.invalid/blob -",
        ]);
      } finally {
        proxy.closeAllConnections();
        proxy.close();
      }
    });

    it("asks the proxy for plain HTTP, and not for what NO_PROXY names", async () => {
      const asked: string[] = [];
      const proxy = createServer((request, response) => {
        asked.push(request.url ?? "");
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      try {
        const access = { host: "registry.invalid", insecure: true, clock: testClock() };
        await using client = new RegistryClient({ ...access, proxyEnv: { HTTP_PROXY } });
        await client.checkLogin();
        assert.equal(asked[0], "http://registry.invalid/v2/");
        await using direct = new RegistryClient({
          ...access,
          proxyEnv: { HTTP_PROXY, NO_PROXY: ".invalid" },
        });
        await assert.rejects(direct.checkLogin(), { code: "ERR_WHERRY_REGISTRY_UNREACHABLE" });
      } finally {
        proxy.closeAllConnections();
        proxy.close();
      }
    });
  });
});

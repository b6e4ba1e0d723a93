import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request as ask, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer, type RunningServer, type ServeOptions } from "./start-server.ts";

const OCI = "application/vnd.oci.image.manifest.v1+json";
const ALICE = "alice:$2y$05$atoCD1BXK/BtzfeOj/amse8WjmV7sPF2pX8LLPEb8975erjqDVBx2"; // secret

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A plain HTTP request: what is sent is what the test says, paths as they are. */
function send(
  url: string,
  method: string,
  path: string,
  body: Uint8Array | string = "",
  headers: Record<string, string> = {},
): Promise<Reply> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = ask({
      hostname,
      port,
      method,
      path,
      headers: { "content-length": Buffer.byteLength(body), ...headers },
      agent: false,
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
      response.on("error", reject);
    });
    request.end(body);
  });
}

const sha = (bytes: Uint8Array | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

describe("the registry of wherry-image serve", () => {
  let folder: string;
  let server: RunningServer;
  const call = (method: string, path: string, body?: Uint8Array | string, headers?: Record<string, string>) =>
    send(server.url, method, path, body, headers);
  const start = async (more: Partial<ServeOptions> = {}): Promise<void> => {
    server = await startServer({ folder: join(folder, "registry"), host: "127.0.0.1", port: 0, ...more });
  };
  const restart = async (more: Partial<ServeOptions> = {}): Promise<void> => {
    await server[Symbol.asyncDispose]();
    await start(more);
  };

  async function push(repository: string, bytes: Uint8Array | string): Promise<string> {
    const digest = sha(bytes);
    const opened = await call("POST", `/v2/${repository}/blobs/uploads/`);
    assert.equal(opened.status, 202);
    const done = await call("PUT", `${opened.headers.location ?? ""}?digest=${digest}`, bytes);
    assert.equal(done.status, 201, done.body.toString());
    return digest;
  }
  async function pushImage(
    repository: string,
    tag: string,
    more: object = {},
  ): Promise<{ digest: string; bytes: string }> {
    const config = await push(repository, "{}");
    const bytes = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: config, size: 2 },
      layers: [],
      ...more,
    });
    const { status, body, headers } = await call("PUT", `/v2/${repository}/manifests/${tag}`, bytes, {
      "content-type": OCI,
    });
    assert.equal(status, 201, body.toString());
    assert.equal(headers["docker-content-digest"], sha(bytes));
    return { digest: sha(bytes), bytes };
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "wherry-serve-"));
    await start();
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it("goes on after a request for what is no URL", async () => {
    const asked: [path: string, status: number][] = [
      ["//", 404],
      ["//v2/", 404],
      ["http://[/", 400],
      ["*", 400],
    ];
    for (const [path, status] of asked) assert.equal((await call("GET", path)).status, status, path);
    assert.equal((await call("GET", "/v2/")).status, 200);
  });

  it("keeps a repository as an OCI layout", async () => {
    const { digest } = await pushImage("team/app", "1");
    const layout = join(folder, "registry", "team", "app");
    assert.equal(readFileSync(join(layout, "oci-layout"), "utf8"), '{"imageLayoutVersion":"1.0.0"}');
    const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as {
      manifests: { digest: string }[];
    };
    assert.deepEqual(
      index.manifests.map((entry) => entry.digest),
      [digest],
    );
    assert.deepEqual(readdirSync(join(folder, "registry", ".uploads")), []);
  });

  it("gives blobs whole and in parts", async () => {
    const digest = await push("a", "0123456789");
    const path = `/v2/a/blobs/${digest}`;
    const cases = [
      { range: undefined, status: 200, body: "0123456789", at: undefined },
      { range: "bytes=3-", status: 206, body: "3456789", at: "bytes 3-9/10" },
      { range: "bytes=0-0", status: 206, body: "0", at: "bytes 0-0/10" },
      { range: "bytes=8-99", status: 206, body: "89", at: "bytes 8-9/10" },
      { range: "bytes=-4", status: 206, body: "6789", at: "bytes 6-9/10" },
      { range: "bytes=0-1,4-5", status: 200, body: "0123456789", at: undefined },
    ];
    for (const { range, status, body, at } of cases) {
      const reply = await call("GET", path, "", range === undefined ? {} : { range });
      assert.deepEqual(
        [reply.status, reply.body.toString(), reply.headers["content-range"]],
        [status, body, at],
      );
    }
    assert.equal((await call("GET", path, "", { range: "bytes=10-" })).status, 416);
    const head = await call("HEAD", path);
    assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "10", 0]);
    assert.equal((await call("GET", `/v2/a/blobs/${await push("a", "")}`)).body.length, 0);
  });

  it("takes chunks in their order, tells how far an upload is, and goes on after a restart", async () => {
    const bytes = randomBytes(100_000);
    const location = (await call("POST", "/v2/a/blobs/uploads/")).headers.location ?? "";
    const first = await call("PATCH", location, bytes.subarray(0, 40_000), { "content-range": "0-39999" });
    assert.deepEqual([first.status, first.headers.range], [202, "0-39999"]);
    const wrong = await call("PATCH", location, bytes.subarray(50_000), { "content-range": "50000-99999" });
    assert.deepEqual([wrong.status, wrong.headers.range], [416, "0-39999"]);
    await restart();
    assert.equal((await call("GET", location)).headers.range, "0-39999");
    await call("PATCH", location, bytes.subarray(40_000));
    assert.equal((await call("PUT", `${location}?digest=${sha(bytes)}`)).status, 201);
    assert.deepEqual((await call("GET", `/v2/a/blobs/${sha(bytes)}`)).body, bytes);
    assert.equal((await call("GET", location)).status, 404);
  });

  it("takes a blob with the request that opens the upload, and one that is given up goes", async () => {
    assert.equal((await call("POST", `/v2/a/blobs/uploads/?digest=${sha("x")}`, "x")).status, 201);
    const location = (await call("POST", "/v2/a/blobs/uploads/")).headers.location ?? "";
    assert.equal((await call("DELETE", location)).status, 204);
    assert.equal((await call("PATCH", location, "x")).status, 404);
  });

  it("refuses content that is not what it is called, and keeps none of it", async () => {
    const location = (await call("POST", "/v2/a/blobs/uploads/")).headers.location ?? "";
    const { status, body } = await call("PUT", `${location}?digest=${sha("x")}`, "y");
    assert.equal(status, 400);
    assert.match(body.toString(), /DIGEST_INVALID/);
    assert.equal((await call("HEAD", `/v2/a/blobs/${sha("x")}`)).status, 404);
    assert.deepEqual(readdirSync(join(folder, "registry", ".uploads")), []);
    const manifest = await call("PUT", `/v2/a/manifests/${sha("x")}`, '{"schemaVersion":2,"manifests":[]}', {
      "content-type": "application/vnd.oci.image.index.v1+json",
    });
    assert.match(manifest.body.toString(), /DIGEST_INVALID/);
  });

  it("mounts a blob from another repository, and opens an upload where there is none", async () => {
    const digest = await push("a", "shared");
    assert.equal((await call("POST", `/v2/b/blobs/uploads/?mount=${digest}&from=a`)).status, 201);
    assert.equal((await call("GET", `/v2/b/blobs/${digest}`)).body.toString(), "shared");
    assert.equal((await call("POST", `/v2/b/blobs/uploads/?mount=${sha("no")}&from=a`)).status, 202);
    await call("DELETE", `/v2/a/blobs/${digest}`);
    assert.equal((await call("GET", `/v2/b/blobs/${digest}`)).status, 200);
  });

  it("wants the blobs of a manifest first", async () => {
    const body = JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: "a/b", digest: sha("no"), size: 2 },
      layers: [],
    });
    const reply = await call("PUT", "/v2/a/manifests/1", body, { "content-type": OCI });
    assert.equal(reply.status, 404);
    assert.match(reply.body.toString(), /MANIFEST_BLOB_UNKNOWN/);
    for (const nonsense of ["", "no", '{"schemaVersion":1}'])
      assert.match(
        (await call("PUT", "/v2/a/manifests/1", nonsense, { "content-type": OCI })).body.toString(),
        /MANIFEST_INVALID/,
      );
    const big = await call("PUT", "/v2/a/manifests/1", Buffer.alloc(5 * 1024 * 1024, " "), {
      "content-type": OCI,
    });
    assert.equal(big.status, 413);
  });

  it("moves tags, deletes one alone, and a manifest with all its tags", async () => {
    const first = await pushImage("a", "1");
    await call("PUT", "/v2/a/manifests/stable", first.bytes, { "content-type": OCI });
    const second = await pushImage("a", "1", { annotations: { second: "yes" } });
    assert.equal((await call("HEAD", "/v2/a/manifests/1")).headers["docker-content-digest"], second.digest);
    assert.equal((await call("GET", `/v2/a/manifests/${first.digest}`)).body.toString(), first.bytes);
    assert.equal((await call("DELETE", "/v2/a/manifests/1")).status, 202);
    assert.equal((await call("GET", "/v2/a/manifests/1")).status, 404);
    assert.equal((await call("GET", `/v2/a/manifests/${second.digest}`)).status, 200);
    assert.equal((await call("DELETE", `/v2/a/manifests/${first.digest}`)).status, 202);
    assert.deepEqual(JSON.parse((await call("GET", "/v2/a/tags/list")).body.toString()), {
      name: "a",
      tags: [],
    });
  });

  it("lists tags and repositories page by page", async () => {
    for (const tag of ["a", "b", "c", "d", "e"]) await pushImage("x/y", tag);
    await pushImage("x", "1");
    const seen: string[] = [];
    let path: string | undefined = "/v2/x/y/tags/list?n=2";
    for (let pages = 0; path !== undefined && pages < 9; pages++) {
      const { headers, body }: Reply = await call("GET", path);
      seen.push(...(JSON.parse(body.toString()) as { tags: string[] }).tags);
      path = /^<(.*)>; rel="next"$/.exec(String(headers["link"] ?? ""))?.[1];
    }
    assert.deepEqual(seen, ["a", "b", "c", "d", "e"]);
    assert.deepEqual(JSON.parse((await call("GET", "/v2/_catalog")).body.toString()), {
      repositories: ["x", "x/y"],
    });
    assert.equal((await call("GET", "/v2/x/y/tags/list?n=no")).status, 400);
    assert.equal((await call("GET", "/v2/nosuch/tags/list")).status, 404);
  });

  it("lists referrers, of a type too, and says that it does", async () => {
    const { digest, bytes } = await pushImage("a", "1");
    const subject = { mediaType: OCI, digest, size: bytes.length };
    const sbom = await pushImage("a", "sbom", { artifactType: "x/sbom", subject, annotations: { k: "v" } });
    await pushImage("a", "sig", { artifactType: "x/sig", subject });
    const all = JSON.parse((await call("GET", `/v2/a/referrers/${digest}`)).body.toString()) as {
      manifests: object[];
    };
    assert.equal(all.manifests.length, 2);
    const { headers, body } = await call("GET", `/v2/a/referrers/${digest}?artifactType=x%2Fsbom`);
    assert.equal(headers["oci-filters-applied"], "artifactType");
    const { manifests } = JSON.parse(body.toString()) as { manifests: object[] };
    assert.deepEqual(manifests, [
      {
        mediaType: OCI,
        digest: sbom.digest,
        size: sbom.bytes.length,
        artifactType: "x/sbom",
        annotations: { k: "v" },
      },
    ]);
    assert.equal((await call("GET", `/v2/a/referrers/${sha("no")}`)).status, 200);
  });

  it("lists referrers page by page, the filter kept in the links", async () => {
    const { digest, bytes } = await pushImage("a", "1");
    const subject = { mediaType: OCI, digest, size: bytes.length };
    const artifactType = "x/sig";
    const pushed: string[] = [];
    for (const tag of ["s1", "s2", "s3"])
      pushed.push((await pushImage("a", tag, { artifactType, subject, annotations: { tag } })).digest);
    await pushImage("a", "sbom", { artifactType: "x/sbom", subject });
    const found: string[] = [];
    let next: string | undefined = `/v2/a/referrers/${digest}?artifactType=x%2Fsig&n=2`;
    for (let page = 0; next !== undefined && page < 9; page++) {
      const { headers, body } = await call("GET", next);
      const { manifests } = JSON.parse(body.toString()) as { manifests: { digest: string }[] };
      assert.ok(manifests.length <= 2);
      found.push(...manifests.map((manifest) => manifest.digest));
      next = /^<([^>]+)>; rel="next"$/.exec(String(headers["link"]))?.[1];
    }
    assert.deepEqual(found, pushed.sort());
  });

  describe("stays in its folder", () => {
    for (const path of [
      "/v2/../../etc/manifests/passwd",
      "/v2/%2e%2e/%2e%2e/etc/blobs/sha256:" + "a".repeat(64),
      "/v2/a%2f..%2f..%2fb/manifests/1",
      "/v2/.uploads/tags/list",
      "/v2/a/blobs/sha256/tags/list",
      "/v2/A/tags/list",
      "/v2/a//b/tags/list",
      "/v2/a/blobs/sha256:..%2f..%2fx",
      "/v2/a/manifests/..%2findex.json",
      "/v2/a%00/tags/list",
      "/v2/%ff/tags/list",
      `/v2/${"a/".repeat(200)}a/tags/list`,
    ]) {
      it(`whatever the path: ${path.slice(0, 60)}`, async () => {
        await pushImage("a", "1");
        assert.ok([400, 404].includes((await call("GET", path)).status));
        const posted = await call("POST", path.replace(/\/(?:tags|manifests|blobs)\/.*$/, "/blobs/uploads/"));
        assert.ok([202, 400, 404, 405].includes(posted.status), String(posted.status));
        assert.deepEqual(readdirSync(folder), ["registry"]);
      });
    }

    it("and follows no link out of it", async () => {
      const secret = join(folder, "secret");
      mkdirSync(join(secret, "blobs", "sha256"), { recursive: true });
      writeFileSync(join(secret, "oci-layout"), "{}");
      writeFileSync(join(secret, "blobs", "sha256", sha("s").slice(7)), "s");
      symlinkSync(secret, join(folder, "registry", "linked"));
      assert.equal((await call("GET", `/v2/linked/blobs/${sha("s")}`)).status, 404);
      assert.equal((await call("POST", "/v2/linked/blobs/uploads/?digest=" + sha("t"), "t")).status, 404);
      await pushImage("a", "1");
      symlinkSync(
        join(secret, "blobs", "sha256", sha("s").slice(7)),
        join(folder, "registry", "a", "blobs", "sha256", sha("s").slice(7)),
      );
      assert.equal((await call("GET", `/v2/a/blobs/${sha("s")}`)).status, 404);
      assert.equal(existsSync(join(secret, "blobs", "sha256", sha("t").slice(7))), false);
    });

    it("and an upload belongs to the repository it was opened for", async () => {
      const location = (await call("POST", "/v2/a/blobs/uploads/")).headers.location ?? "";
      assert.equal((await call("PATCH", location.replace("/a/", "/b/"), "x")).status, 404);
      assert.equal((await call("PATCH", "/v2/a/blobs/uploads/..%2f..%2fx", "x")).status, 405);
    });
  });

  it("lets nobody change anything when it is read-only, nor delete when that is off", async () => {
    const { digest } = await pushImage("a", "1");
    await restart({ mayDelete: false });
    assert.equal((await call("DELETE", `/v2/a/manifests/${digest}`)).status, 405);
    await restart({ readOnly: true });
    assert.equal((await call("POST", "/v2/a/blobs/uploads/")).status, 403);
    assert.equal((await call("GET", "/v2/a/manifests/1")).status, 200);
  });

  describe("with a password file", () => {
    const basic = (text: string): Record<string, string> => ({
      authorization: `Basic ${Buffer.from(text).toString("base64")}`,
    });
    beforeEach(async () => {
      writeFileSync(join(folder, "users"), `# users\n${ALICE}\n`);
      await restart({ passwordFile: join(folder, "users") });
    });
    for (const [title, headers, status] of [
      ["nobody", {}, 401],
      ["a user with the right password", basic("alice:secret"), 200],
      ["a user with another password", basic("alice:Secret"), 401],
      ["a user it does not know", basic("bob:secret"), 401],
      ["a token", { authorization: "Bearer x" }, 401],
      ["nonsense", { authorization: "Basic !" }, 401],
    ] as const) {
      it(`${status === 200 ? "lets in" : "refuses"} ${title}`, async () => {
        for (let times = 0; times < 2; times++) {
          const reply = await call("GET", "/v2/", "", headers);
          assert.equal(reply.status, status);
          assert.equal(
            reply.headers["www-authenticate"],
            status === 401 ? 'Basic realm="wherry"' : undefined,
          );
        }
      });
    }
    for (const [line, why] of [
      ["alice:$apr1$x$abcdefghijklmnopqrstu/", /line 1: the hash is not bcrypt's/],
      ["alice", /line 1: no USER:HASH/],
    ] as const) {
      it(`does not start with the line ${line}, and does not show it`, async () => {
        writeFileSync(join(folder, "bad"), line);
        const starting = startServer({
          folder,
          host: "127.0.0.1",
          port: 0,
          passwordFile: join(folder, "bad"),
        });
        await assert.rejects(
          starting,
          (error: Error) => why.test(error.message) && !error.message.includes("apr1"),
        );
      });
    }
  });

  it("says that an address is taken", async () => {
    const port = Number(new URL(server.url).port);
    await assert.rejects(startServer({ folder, host: "127.0.0.1", port }), { code: "ERR_WHERRY_LISTEN" });
  });
});

import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as ask } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeLayout } from "../support/layout.ts";
import { makeTlsFiles, tlsMissing } from "../support/registry.ts";
import { ImageCli } from "../support/run-image.ts";

const LAUNCHER = join(import.meta.dirname, "../../packages/image/bin/wherry-image");
const TLS = "--tls-verify=false";
const noSkopeo =
  spawnSync("skopeo", ["--version"]).error === undefined ? "" : " (skipped: skopeo is not installed)";
const noHtpasswd =
  spawnSync("htpasswd", ["-h"]).error === undefined ? undefined : "the program htpasswd is not installed";
const noLogin = tlsMissing() ?? noHtpasswd;

/** The built program, serving. */
class Served {
  readonly host: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, host: string) {
    this.#child = child;
    this.host = host;
  }

  static async start(folder: string, ...flags: readonly string[]): Promise<Served> {
    const words = ["serve", "--listen", "127.0.0.1:0", ...flags, folder];
    const child = spawn(LAUNCHER, words, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      said += chunk.toString();
      const [, host] = /on https?:\/\/(\S+)\n/.exec(said) ?? [];
      if (host !== undefined) return new Served(child, host);
    }
    throw new Error(`serve ended: ${said}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends it; gives its status, or the signal's name. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, "exit");
      this.#child.kill(signal);
      await ended;
    }
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}

function skopeo(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("skopeo", ["--insecure-policy", ...words], {
    encoding: "utf8",
    timeout: 20_000,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

describe("wherry-image serve, as a program", function () {
  this.timeout(60_000);
  let cli: ImageCli;
  let folder: string;
  let served: Served;
  let digest: string;

  before(() => {
    cli = new ImageCli();
    mkdirSync(cli.path("tree"));
    writeFileSync(cli.path("tree", "hello"), randomBytes(300_000));
    ({ digest } = writeLayout(cli.path("layout"), "one", [cli.path("tree")]).descriptor);
  });
  after(() => cli[Symbol.dispose]());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-served-"));
  });
  afterEach(async () => {
    await served.stop();
    rmSync(folder, { recursive: true });
  });

  it("takes and gives images, by wherry-image itself, and other tools read its folder as layouts", async () => {
    served = await Served.start(join(folder, "r"));
    const name = (rest: string): string => `docker://${served.host}/${rest}`;
    const run = async (...words: readonly string[]): Promise<string> => {
      const { status, out, err } = await cli.run(...words);
      assert.equal(status, 0, err);
      return out;
    };
    await run("copy", "-q", "--dest-tls-verify=false", `oci:${cli.path("layout")}:one`, name("team/app:1"));
    await run(
      "copy",
      "-q",
      "--src-tls-verify=false",
      "--dest-tls-verify=false",
      name("team/app:1"),
      name("other:1"),
    );
    await run("tag", TLS, name("team/app:1"), "2");
    assert.equal(await run("digest", TLS, name("other:1")), `${digest}\n`);
    assert.equal(await run("digest", `oci:${folder}/r/team/app:2`), `${digest}\n`);
    await run("verify-content", "-q", TLS, name("other:1"));
    const { Repositories } = JSON.parse(await run("list-repos", TLS, served.host)) as {
      Repositories: string[];
    };
    assert.deepEqual(Repositories, ["other", "team/app"]);
    await run("delete", TLS, name("team/app:1"));
    assert.deepEqual((JSON.parse(await run("list-tags", TLS, name("team/app"))) as { Tags: string[] }).Tags, [
      "2",
    ]);
    assert.equal(await served.stop(), 0);
  });

  it(`takes and gives images by skopeo${noSkopeo}`, async function () {
    if (noSkopeo !== "") this.skip();
    served = await Served.start(join(folder, "r"));
    const name = `docker://${served.host}/a/b`;
    skopeo("copy", "-q", "--dest-tls-verify=false", `oci:${cli.path("layout")}:one`, `${name}:1`);
    skopeo(
      "copy",
      "-q",
      "--src-tls-verify=false",
      "--dest-tls-verify=false",
      "--format=v2s2",
      `${name}:1`,
      `${name}:docker`,
    );
    skopeo(
      "copy",
      "-q",
      "--src-tls-verify=false",
      "--dest-tls-verify=false",
      `${name}:1`,
      `docker://${served.host}/c:1`,
    );
    const summary = JSON.parse(skopeo("inspect", TLS, `docker://${served.host}/c:1`)) as { Digest: string };
    assert.equal(summary.Digest, digest);
    skopeo("copy", "-q", "--src-tls-verify=false", `${name}:docker`, `dir:${folder}/dir`);
    assert.deepEqual((JSON.parse(skopeo("list-tags", TLS, name)) as { Tags: string[] }).Tags, [
      "1",
      "docker",
    ]);
    skopeo("delete", TLS, `${name}:docker`);
    assert.deepEqual((JSON.parse(skopeo("list-tags", TLS, name)) as { Tags: string[] }).Tags, ["1"]);
  });

  it(`speaks TLS, and asks who comes${noLogin === undefined ? "" : ` (skipped: ${noLogin})`}`, async function () {
    if (noLogin !== undefined) this.skip();
    const { key, cert } = makeTlsFiles();
    for (const [file, text] of Object.entries({ "key.pem": key, "cert.pem": cert, "ca.crt": cert })) {
      mkdirSync(join(folder, "certs"), { recursive: true });
      writeFileSync(join(folder, file === "ca.crt" ? "certs/ca.crt" : file), text);
    }
    const users = spawnSync("htpasswd", ["-nbB", "me", "secret"], { encoding: "utf8" });
    writeFileSync(join(folder, "users"), users.stdout);
    served = await Served.start(
      join(folder, "r"),
      "--tls-cert",
      join(folder, "cert.pem"),
      "--tls-key",
      join(folder, "key.pem"),
      "--htpasswd",
      join(folder, "users"),
    );
    const target = `docker://${served.host}/a:1`;
    const copy = (creds: string) =>
      cli.run(
        "copy",
        "-q",
        "--dest-cert-dir",
        join(folder, "certs"),
        "--dest-creds",
        creds,
        `oci:${cli.path("layout")}:one`,
        target,
      );
    assert.equal((await copy("me:wrong")).status, 3);
    assert.equal((await copy("me:secret")).status, 0);
    if (noSkopeo === "") skopeo("inspect", "--cert-dir", join(folder, "certs"), "--creds=me:secret", target);
    assert.equal((await cli.run("digest", "--cert-dir", join(folder, "certs"), target)).status, 3);
  });

  it("goes on with an upload after a kill -9, and has no half blob", async () => {
    served = await Served.start(join(folder, "r"));
    const bytes = randomBytes(8 * 1024 * 1024);
    const sum = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const send = (
      method: string,
      path: string,
      body: Uint8Array,
    ): Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }> =>
      new Promise((resolve, reject) => {
        const [host = "", port = ""] = served.host.split(":");
        const request = ask({
          host,
          port,
          method,
          path,
          agent: false,
          headers: { "content-length": body.length },
        });
        request.on("error", reject);
        request.on("response", (response) => {
          response.resume();
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
        });
        request.end(body);
      });
    const location = String(
      (await send("POST", "/v2/a/blobs/uploads/", Buffer.alloc(0))).headers["location"],
    );
    await send("PATCH", location, bytes.subarray(0, 3_000_000));
    const [host = "", port = ""] = served.host.split(":");
    const half = ask({
      host,
      port,
      method: "PATCH",
      path: location,
      agent: false,
      headers: { "content-length": 5_000_000 },
    });
    half.on("error", () => undefined);
    half.write(bytes.subarray(3_000_000, 5_000_000));
    await sleep(200);
    assert.equal(await served.stop("SIGKILL"), "SIGKILL");
    half.destroy();
    served = await Served.start(join(folder, "r"));
    const { headers } = await send("GET", location, Buffer.alloc(0));
    const there = Number(/-(\d+)$/.exec(String(headers["range"]))?.[1]) + 1;
    assert.ok(there >= 3_000_000 && there <= 5_000_000, String(there));
    await send("PATCH", location, bytes.subarray(there));
    assert.equal((await send("PUT", `${location}?digest=${sum}`, Buffer.alloc(0))).status, 201);
    assert.deepEqual(readFileSync(join(folder, "r/a/blobs/sha256", sum.slice(7))), bytes);
    assert.deepEqual(readdirSync(join(folder, "r/.uploads")), []);
  });

  it("loses nothing beside another server and copies on one folder", async () => {
    served = await Served.start(join(folder, "r"));
    const other = await Served.start(join(folder, "r"));
    const shown = await Served.start(join(folder, "r"), "--read-only");
    const kept = await Served.start(join(folder, "r"), "--no-delete");
    try {
      const tags = Array.from({ length: 5 }, (_, number) => String(number));
      const copy = (to: string) =>
        cli.run("copy", "-q", "--dest-tls-verify=false", `oci:${cli.path("layout")}:one`, to);
      const ways = [
        (tag: string) => copy(`docker://${served.host}/app:one-${tag}`),
        (tag: string) => copy(`docker://${other.host}/app:two-${tag}`),
        (tag: string) => copy(`oci:${join(folder, "r/app")}:three-${tag}`),
      ];
      const ended = await Promise.all(tags.flatMap((tag) => ways.map((way) => way(tag))));
      for (const { status, err } of ended) assert.equal(status, 0, err);
      const expected = ["one", "two", "three"].flatMap((way) => tags.map((tag) => `${way}-${tag}`)).sort();
      for (const place of [
        `docker://${served.host}/app`,
        `docker://${other.host}/app`,
        `oci:${join(folder, "r/app")}`,
      ]) {
        const { out, err } = await cli.run("list-tags", ...(place.startsWith("oci") ? [] : [TLS]), place);
        assert.deepEqual((JSON.parse(out) as { Tags: string[] }).Tags.sort(), expected, `${place}: ${err}`);
      }
      const [one, three] = [`docker://${other.host}/app:one-0`, `docker://${served.host}/app:three-4`];
      for (const name of [one, three])
        assert.equal((await cli.run("verify-content", "-q", TLS, name)).status, 0);
      assert.deepEqual(readdirSync(join(folder, "r/app")).sort(), ["blobs", "index.json", "oci-layout"]);
      const place = (server: Served, tag: string): string => `docker://${server.host}/app:${tag}`;
      assert.equal((await cli.run("digest", TLS, place(shown, "one-0"))).status, 0, "reading is allowed");
      assert.equal((await copy(place(shown, "new"))).status, 3, "no writing to one that is read-only");
      assert.equal((await cli.run("delete", TLS, place(kept, "one-0"))).status, 1, "no deleting");
      assert.equal((await copy(place(kept, "new"))).status, 0);
      assert.equal((await cli.run("digest", TLS, place(served, "one-0"))).status, 0);
    } finally {
      for (const server of [other, shown, kept]) await server.stop();
    }
  });

  it("holds no blob in memory", async function () {
    if (process.platform !== "linux") this.skip();
    served = await Served.start(join(folder, "r"));
    const zeros = join(folder, "zeros");
    spawnSync("truncate", ["-s", "128M", zeros]);
    const [host = "", port = ""] = served.host.split(":");
    const opened = spawnSync(
      "curl",
      ["-sS", "-X", "POST", "-D", "-", "-o", "/dev/null", `http://${host}:${port}/v2/a/blobs/uploads/`],
      { encoding: "utf8" },
    );
    const [, location = ""] = /^location: (\S+)/im.exec(opened.stdout) ?? [];
    const sum = "254bcc3fc4f27172636df4bf32de9f107f620d559b20d760197e452b97453917"; // of 128 MiB of zeros
    const sent = spawnSync(
      "curl",
      ["-sS", "-T", zeros, "-w", "%{http_code}", `http://${host}:${port}${location}?digest=sha256:${sum}`],
      { encoding: "utf8" },
    );
    assert.equal(sent.stdout, "201", sent.stderr);
    spawnSync("curl", ["-sS", "-o", "/dev/null", `http://${host}:${port}/v2/a/blobs/sha256:${sum}`]);
    const [, peak = ""] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${served.pid}/status`, "utf8")) ?? [];
    assert.ok(Number(peak) < 150 * 1024, `${peak} kB`);
  });
});

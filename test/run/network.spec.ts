import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { get } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";
import { finish } from "../support/user.ts";

const SERVE = "mkdir /www; echo hello from the container > /www/index.html; exec httpd -f -p 80 -h /www";

/** pasta needs what udev gives to all users on every distribution. */
function isTunOpen(): boolean {
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

describe(`the network of a container${isTunOpen() ? "" : " (skipped: /dev/net/tun is closed)"}`, function () {
  this.timeout(60_000);
  let box: Box;

  before(async function () {
    if (!isTunOpen()) this.skip();
    box = await openBox();
  });
  after(async () => {
    await (box as Box | undefined)?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await box.wherry(["rm", "-f", "-a"]);
  });

  it("answers over a published port, until the container is gone", async () => {
    const port = await freePort();
    await box.ok("run", "-d", "--name", "web", "-p", `${port}:80`, "bb", "sh", "-c", SERVE);
    assert.equal(await fetchText(`http://127.0.0.1:${port}/`), "hello from the container\n");
    assert.equal(await box.ok("port", "web"), `80/tcp -> 0.0.0.0:${port}`);
    assert.match(await box.ok("ps", "--format", "{{.Ports}}"), new RegExp(`^0\\.0\\.0\\.0:${port}->80/tcp$`));
    await box.ok("rm", "-f", "web");
    await assert.rejects(fetchText(`http://127.0.0.1:${port}/`, 1));
  });

  it("frees the port when the program ends by itself, and takes it again", async () => {
    const port = await freePort();
    await box.ok(
      "run",
      "-d",
      "--name",
      "brief",
      "-p",
      `127.0.0.1:${port}:80`,
      "bb",
      "sh",
      "-c",
      "httpd -p 80 -h /tmp; [ -e /again ] && sleep 600; touch /again; sleep 1",
    );
    await box.ok("wait", "brief");
    for (let tries = 0; tries < 60 && !(await isFree(port)); tries++) await sleep(50);
    assert.equal(await isFree(port), true, "the port is still taken");
    await box.ok("start", "brief");
    assert.equal(await box.ok("inspect", "-f", "{{.State.Status}}", "brief"), "running");
  });

  it("is there for root itself too, in RUN as well", async function () {
    if (process.getuid?.() !== 0) this.skip();
    const folder = mkdtempSync(join(tmpdir(), "wherry-root-"));
    const port = await freePort();
    const places = ["--root", join(folder, "root"), "--runroot", join(folder, "run")];
    const asRoot = (program: string, ...args: readonly string[]) =>
      finish(
        spawn(join(box.user.tools.bin, program), [...places, ...args], {
          env: { PATH: box.user.env["PATH"], HOME: folder },
          timeout: 50_000,
        }),
      );
    try {
      const containerfile = join(folder, "Containerfile");
      writeFileSync(
        containerfile,
        "FROM bb\nRUN busybox ip -o addr show up | busybox grep -v ' lo ' >/addresses\n",
      );
      for (const [program, ...args] of [
        ["wherry-build", "base", "host", "bb", "sh", "busybox"],
        ["wherry-build", "build", "-t", "net", folder],
        [
          "wherry",
          "run",
          "-d",
          "--name",
          "web",
          "-p",
          `${port}:80`,
          "net",
          "busybox",
          "httpd",
          "-f",
          "-p",
          "80",
          "-h",
          "/",
        ],
      ] as const) {
        const { status, stderr } = await asRoot(program, ...args);
        assert.equal(status, 0, stderr);
      }
      assert.match(await fetchText(`http://127.0.0.1:${port}/addresses`), / inet /);
    } finally {
      await asRoot("wherry", "rm", "-f", "-a", "-t", "0");
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("chooses a port with -P and -p PORT", async () => {
    await box.ok("run", "-d", "--name", "any", "-p", "80", "bb", "sh", "-c", SERVE);
    const [, port] = /^80\/tcp -> 0\.0\.0\.0:(\d+)$/.exec(await box.ok("port", "any")) ?? [];
    assert.equal(await fetchText(`http://127.0.0.1:${port ?? "0"}/`), "hello from the container\n");
  });

  it("names the port that another program has", async () => {
    const server = createServer().listen(0);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const { status, stderr } = await box.wherry(["run", "--rm", "-p", `${port}:80`, "bb", "true"]);
      assert.equal(status, 125);
      assert.match(
        stderr,
        new RegExp(`cannot listen on 0\\.0\\.0\\.0:${port}: bind: address already in use`),
      );
      assert.equal(await box.ok("ps", "-aq"), "");
    } finally {
      server.close();
    }
  });

  it("names the port that another container has", async () => {
    const port = await freePort();
    await box.ok("run", "-d", "--name", "first", "-p", `${port}:80`, "bb", "sleep", "60");
    const { status, stderr } = await box.wherry(["run", "--rm", "-p", `${port}:80`, "bb", "true"]);
    assert.equal(status, 125);
    assert.match(stderr, /address already in use/);
    assert.equal(await box.ok("inspect", "-f", "{{.State.Status}}", "first"), "running");
  });

  it("names the limit for ordinary users", async () => {
    const { status, stderr } = await box.wherry(["run", "--rm", "-p", "1:80", "bb", "true"]);
    assert.equal(status, 125);
    assert.match(stderr, /cannot expose privileged port 1: .*ip_unprivileged_port_start/);
  });

  it("has an interface, a route and name servers of its own", async () => {
    const script = "ls /sys/class/net | wc -l; ip route | grep -c default; cat /etc/resolv.conf";
    const lines = (await box.ok("run", "--rm", "bb", "sh", "-c", script)).split("\n");
    assert.deepEqual(lines.slice(0, 3), ["2", "1", "nameserver 169.254.1.1"]);
  });

  it("is the host's with --network host", async () => {
    const server = createServer((socket) => socket.end("host\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      assert.equal(
        await box.ok("run", "--rm", "--network", "host", "bb", "nc", "127.0.0.1", String(port)),
        "host",
      );
    } finally {
      server.close();
    }
  });

  it("is another container's with --network container:NAME", async () => {
    await box.ok("run", "-d", "--name", "web", "--network", "none", "bb", "sh", "-c", SERVE);
    const args = ["run", "--rm", "--network", "container:web", "bb", "wget", "-qO-", "http://127.0.0.1/"];
    assert.equal(await box.ok(...args), "hello from the container");
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** The server in the container may need a moment: refused connections are tried again. */
async function fetchText(url: string, tries = 60): Promise<string> {
  for (let left = tries; ; left--) {
    try {
      return await getOnce(url);
    } catch (error) {
      if (left <= 1) throw error;
      await sleep(50);
    }
  }
}

function getOnce(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("end", () => resolve(text)).once("error", reject);
    }).once("error", reject);
  });
}

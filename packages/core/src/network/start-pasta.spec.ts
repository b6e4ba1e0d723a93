import assert from "node:assert/strict";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, isRunning, run, start } from "../process/index.ts";
import { startPasta, stopPasta } from "./index.ts";

const uid = process.getuid?.() ?? 0;
const searchPath = process.env["PATH"];

/** What these tests need of the host. */
function reasonToSkip(): string | undefined {
  if (findProgram("pasta", searchPath) === undefined) return "pasta is not installed";
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch {
    return "/dev/net/tun is closed to this user";
  }
  return undefined;
}

describe(`startPasta (${reasonToSkip() ?? "real pasta"})`, () => {
  let directory: string;
  let target: ReturnType<typeof start>;
  const mapping = (hostPort: number) => ({ hostPort, containerPort: 80, protocol: "tcp", range: 1 }) as const;

  before(function () {
    if (reasonToSkip() !== undefined) this.skip();
  });
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "wherry-pasta-"));
    const script = "echo ready; exec sleep 20";
    target = start("unshare", ["--user", "--map-root-user", "--net", "sh", "-c", script], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    if (target.stdout !== null) await once(target.stdout, "data");
  });
  afterEach(() => {
    target.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  });

  const options = (ports: readonly ReturnType<typeof mapping>[] = []) => ({
    pid: target.pid ?? 0,
    pidFile: join(directory, "pasta.pid"),
    ports,
    searchPath,
    uid,
  });

  it("gives the namespace an interface, and ends when its process does", async () => {
    const pasta = await startPasta(options());
    assert.equal(isRunning(pasta), true);
    const { stdout } = await run("nsenter", [
      "-t",
      String(target.pid),
      "-U",
      "--preserve-credentials",
      "-n",
      "cat",
      "/proc/net/dev",
    ]);
    assert.equal(stdout.toString().split("\n").length > 4, true, "only the loopback interface is there");
    target.kill("SIGKILL");
    await until(() => !isRunning(pasta), 5000);
  });

  it("is ended by stopPasta, twice without harm", async () => {
    const pasta = await startPasta(options());
    stopPasta(pasta);
    await until(() => !isRunning(pasta), 3000);
    stopPasta(pasta);
  });

  it("names the port that is in use", async () => {
    const server = createServer().listen(0);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      await assert.rejects(startPasta(options([mapping(port)])), {
        code: "ERR_WHERRY_PORT_IN_USE",
        message: `cannot listen on 0.0.0.0:${port}: bind: address already in use (tcp port ${port})`,
      });
    } finally {
      server.close();
    }
  });

  it("names the limit for ordinary users", async function () {
    if (uid === 0) this.skip();
    await assert.rejects(startPasta(options([mapping(1)])), {
      code: "ERR_WHERRY_PRIVILEGED_PORT",
      message: /port 1:/,
    });
  });

  it("connects a process of root's own user namespace", async function () {
    if (uid !== 0) this.skip();
    const own = start("unshare", ["--net", "sh", "-c", "echo ready; exec sleep 20"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      if (own.stdout !== null) await once(own.stdout, "data");
      const pasta = await startPasta({ ...options(), pid: own.pid ?? 0 });
      const { stdout } = await run("nsenter", ["-t", String(own.pid), "-n", "cat", "/proc/net/dev"]);
      assert.equal(stdout.toString().split("\n").length > 4, true, "only the loopback interface is there");
      assert.doesNotMatch(readFileSync("/proc/self/mounts", "latin1"), /pasta\.pid\.netns/);
      own.kill("SIGKILL");
      await until(() => !isRunning(pasta), 5000);
    } finally {
      own.kill("SIGKILL");
    }
  });

  it("says that pasta is missing", async () => {
    await assert.rejects(startPasta({ ...options(), program: "no-such-pasta" }), {
      code: "ERR_WHERRY_PASTA_MISSING",
    });
  });

  it("passes on pasta's own words", async () => {
    const starting = startPasta({ ...options(), options: ["--no-such-option"] });
    await assert.rejects(starting, { code: "ERR_WHERRY_PASTA_FAILED", message: /no-such-option/ });
  });
});

async function until(condition: () => boolean, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) assert.fail(`still not so after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

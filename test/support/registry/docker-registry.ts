import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeTlsFiles, tlsMissing } from "./tls.ts";

/** Debian's docker-registry, running. `await using` stops it and removes its data. */
export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`, as in image names. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
  /** What to trust, as PEM. */
  readonly ca: string;
}

/** Why docker-registry cannot be started; undefined when it can. */
export function dockerRegistryMissing(): string | undefined {
  for (const program of ["docker-registry", "htpasswd"]) {
    if (spawnSync(program, ["--help"]).error !== undefined) return `the program ${program} is not installed`;
  }
  return tlsMissing();
}

/** Starts docker-registry on a free port of 127.0.0.1, with TLS and one user. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const directory = mkdtempSync(join(tmpdir(), "wherry-docker-registry-"));
  const [username, password] = ["me", "secret"];
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const path = (name: string) => join(directory, name);
  const { key, cert, ca } = makeTlsFiles();
  writeFileSync(path("key.pem"), key);
  writeFileSync(path("cert.pem"), cert);
  writeFileSync(path("htpasswd"), spawnSync("htpasswd", ["-Bbn", username, password]).stdout);
  const config = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: path("data") }, delete: { enabled: true } },
    http: { addr: host, secret: "test", tls: { certificate: path("cert.pem"), key: path("key.pem") } },
    auth: { htpasswd: { realm: "test, with a comma", path: path("htpasswd") } },
  };
  writeFileSync(path("config.yml"), JSON.stringify(config)); // JSON is YAML
  const server = spawn(
    "sh",
    ["-c", 'exec docker-registry serve "$0" > "$1" 2>&1', path("config.yml"), path("log")],
    {
      stdio: "ignore",
    },
  );
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const stop = async () => {
    server.kill();
    await ended;
    rmSync(directory, { recursive: true });
  };
  for (let attempt = 0; !(await isListening(port)); attempt++) {
    if (attempt < 100 && server.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    const log = readFileSync(path("log"), "utf8");
    await stop();
    throw new Error(`docker-registry did not start: ${log}`);
  }
  return { host, username, password, ca, [Symbol.asyncDispose]: stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

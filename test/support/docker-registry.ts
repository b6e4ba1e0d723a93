import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { request as requestTls } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeTlsFiles } from "./registry/tls.ts";

/** The distribution's own registry (package docker-registry), as a partner that is not ours. */
export interface DockerRegistry extends AsyncDisposable {
  /** `localhost:PORT` */
  readonly host: string;
  /** The authority to trust, when it serves TLS. */
  readonly caFile: string | undefined;
}

export interface DockerRegistryOptions {
  /** An existing folder; the registry's data lives in a new folder below it. */
  readonly parent: string;
  /** Only this user may read and write. */
  readonly login?: { readonly username: string; readonly password: string };
  readonly tls?: boolean;
  readonly port?: number;
}

/** The program's path, or undefined where the package is not installed. */
export function dockerRegistryProgram(): string | undefined {
  return ["docker-registry", "registry"].find((name) => spawnSync(name, ["--version"]).status === 0);
}

/** Starts a registry on loopback and waits until it answers. Dispose ends it and removes its data. */
export async function startDockerRegistry(options: DockerRegistryOptions): Promise<DockerRegistry> {
  const program = dockerRegistryProgram();
  if (program === undefined) throw new Error("docker-registry is not installed");
  const folder = mkdtempSync(join(options.parent, "registry-"));
  const port = options.port ?? (await freePort());
  const caFile = options.tls === true ? makeCertificate(folder) : undefined;
  writeFileSync(join(folder, "config.yml"), configOf(folder, port, options));
  const server = spawn(program, ["serve", join(folder, "config.yml")], { stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const registry: DockerRegistry = {
    host: `localhost:${port}`,
    caFile,
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (let attempt = 0; attempt < 200; attempt++) {
    if (server.exitCode === null && (await answers(port, options.tls === true))) return registry;
    await sleep(50);
  }
  await registry[Symbol.asyncDispose]();
  throw new Error(`the registry on port ${port} does not answer`);
}

/** A port of loopback that nothing listens on; `wanted` itself when it is free. */
export async function freePort(wanted = 0): Promise<number> {
  return (await tryListen(wanted)) ?? (await tryListen(0)) ?? wanted;
}

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(undefined);
    });
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" ? address?.port : undefined);
      });
    });
  });
}

function configOf(folder: string, port: number, { login, tls }: DockerRegistryOptions): string {
  const http = {
    addr: `127.0.0.1:${port}`,
    ...(tls === true ? { tls: { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") } } : {}),
  };
  return JSON.stringify({
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http,
    ...(login === undefined
      ? {}
      : { auth: { htpasswd: { realm: "test, with a comma", path: makeLogin(folder, login) } } }),
  });
}

function makeLogin(folder: string, { username, password }: { username: string; password: string }): string {
  const path = join(folder, "htpasswd");
  const { stdout, status } = spawnSync("htpasswd", ["-Bbn", username, password], { encoding: "utf8" });
  if (status !== 0) throw new Error("htpasswd failed (package apache2-utils)");
  writeFileSync(path, stdout);
  return path;
}

/** Writes key and certificate for the server; gives the file of the authority to trust. */
function makeCertificate(folder: string): string {
  const { key, cert, ca } = makeTlsFiles();
  for (const [name, text] of [
    ["key.pem", key],
    ["cert.pem", cert],
    ["ca.crt", ca],
  ] as const)
    writeFileSync(join(folder, name), text);
  return join(folder, "ca.crt");
}

function answers(port: number, tls: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, path: "/v2/", rejectUnauthorized: false };
    const asking = (tls ? requestTls : request)(options, (response) => {
      response.resume();
      resolve(true);
    });
    asking.once("error", () => {
      resolve(false);
    });
    asking.end();
  });
}

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./docker-registry.ts";
import type { TestUser } from "./user.ts";

const SSHD = "/usr/sbin/sshd";

/** Whether a server can be started here. */
export const hasSshd = existsSync(SSHD) && spawnSync("ssh", ["-V"]).status === 0;

/** sshd on loopback, run by the user whom it lets in. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** What a user has in GIT_SSH_COMMAND: the key, and where the server's own is known from. */
  readonly command: string;
}

/** Starts sshd as the user, with keys of its own in a folder. */
export async function serveSsh(user: TestUser, folder: string): Promise<SshServer> {
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  for (const name of ["host", "own"])
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  const port = await freePort();
  writeFileSync(
    at("sshd_config"),
    [
      ...[`Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${at("host")}`, "PidFile none"],
      ...["UsePAM no", "StrictModes no", "PasswordAuthentication no", "KbdInteractiveAuthentication no"],
      ...[`AuthorizedKeysFile ${at("own.pub")}`, ""],
    ].join("\n"),
  );
  const [kind, key] = readFileSync(at("host.pub"), "utf8").split(" ");
  writeFileSync(at("known"), `[127.0.0.1]:${port} ${kind} ${key}\n`);
  spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
  const [program, ...args] = [...user.become, SSHD, "-D", "-e", "-f", at("sshd_config")];
  const server = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  await isListening(server);
  return {
    port,
    command: `ssh -F /dev/null -i ${at("own")} -o IdentitiesOnly=yes -o UserKnownHostsFile=${at("known")}`,
    [Symbol.asyncDispose]: async () => {
      if (server.exitCode !== null) return;
      const ended = once(server, "exit");
      server.kill();
      await ended;
    },
  };
}

async function isListening(server: ChildProcess): Promise<void> {
  let said = "";
  server.stderr?.on("data", (piece: Buffer) => (said += piece.toString()));
  for (let tries = 0; tries < 100; tries++) {
    if (said.includes("Server listening")) return;
    if (server.exitCode !== null) break;
    await sleep(50);
  }
  server.kill();
  throw new Error(`sshd: ${said}`);
}

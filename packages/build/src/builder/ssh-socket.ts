import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { ProgramFailedError, run, start } from "@wherry/core/process";
import type { LayerWorker } from "@wherry/core/store";
import type { RunMount } from "../containerfile/index.ts";
import { StepProblem } from "./errors.ts";
import { agentRequests } from "./agent-requests.ts";
import type { StepContext } from "./step-context.ts";

/** What `--ssh` gives: the socket of an agent that runs, or files with keys. */
export type SshSource =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "keys"; readonly paths: readonly string[] };

/** A socket for one command. */
interface AgentSocket extends AsyncDisposable {
  readonly path: string;
}

/**
 * Opens a socket through which a command can have the agent list keys and sign; nothing else gets through.
 *
 * @param folder to make for it
 * @throws {StepProblem} when no agent was given and the mount requires one.
 */
export async function openAgentSocket(
  { build }: StepContext,
  { id, required, uid, gid, mode }: Extract<RunMount, { type: "ssh" }>,
  { folder, worker }: { folder: string; worker: LayerWorker },
): Promise<AgentSocket | undefined> {
  const source = build.request.ssh?.get(id);
  if (source === undefined) {
    if (!required) return undefined;
    throw new StepProblem(
      `ssh agent ${JSON.stringify(id)} is required, but was not given`,
      `add --ssh ${id}, or --ssh ${id}=KEYFILE`,
    );
  }
  mkdirSync(folder, { mode: 0o700 });
  await using opened = new AsyncDisposableStack();
  // names of sockets are short, and the folder's may be long: through its open file it has another
  const fd = openSync(folder, "r");
  opened.defer(() => closeSync(fd));
  const near = `/proc/self/fd/${fd}`;
  if (source.kind === "keys") opened.use(await startAgent(folder, source.paths));
  opened.use(await forward(`${near}/socket`, source.kind === "socket" ? source.path : `${near}/agent`));
  const path = join(folder, "socket");
  if (uid === 0 && gid === 0) chmodSync(path, mode);
  else await worker.call("give", { path, uid, gid, mode });
  const held = opened.move();
  return { path, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
}

async function forward(path: string, agent: string): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(agent);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined); // an agent that ends, ends the talk
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    agentRequests(client, upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Runs an agent as long as somebody holds our standard input: it has keys, and is not to outlive us. Only the agent has the output. */
const AGENT_SCRIPT = 'ssh-agent -D -a agent & exec >&-; read -r _; kill "$!"; wait';

/** An agent of our own, at `agent` in the folder, with the keys of some files, which no command ever sees. */
async function startAgent(folder: string, keys: readonly string[]): Promise<AsyncDisposable> {
  const child = start("sh", ["-c", AGENT_SCRIPT], {
    cwd: folder,
    detached: true, // Ctrl-C is ours
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("close", () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.stdin?.destroy();
    await ended;
  };
  const isReady = await Promise.race([
    new Promise<boolean>((resolve) => {
      child.stdout?.once("data", () => resolve(true));
      child.stdout?.once("end", () => resolve(false));
    }),
    ended.then(() => false),
  ]);
  if (!isReady) {
    await stop();
    throw new StepProblem(
      "cannot start ssh-agent for the keys of --ssh",
      "install openssh-client, or forward an agent that runs: --ssh default",
    );
  }
  try {
    for (const key of keys) await addKey(folder, key);
  } catch (error) {
    await stop();
    throw error;
  }
  return { [Symbol.asyncDispose]: stop };
}

/** Asked for a passphrase, ssh-add gives up: `false` answers. */
async function addKey(folder: string, key: string): Promise<void> {
  const env = ["SSH_AUTH_SOCK=agent", "SSH_ASKPASS_REQUIRE=force", "SSH_ASKPASS=false"];
  try {
    await run("env", [...env, "ssh-add", "-q", "--", key], { cwd: folder, timeoutMs: 20_000 });
  } catch (error) {
    if (!(error instanceof ProgramFailedError)) throw error;
    throw new StepProblem(
      `cannot use the key ${key} of --ssh`,
      "it must be a private key without a passphrase, in a file for your eyes only (chmod 600); others go into your agent: --ssh default",
    );
  }
}

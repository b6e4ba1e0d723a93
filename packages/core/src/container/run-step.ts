import type { Socket } from "node:net";
import { join } from "node:path";
import { makeDirectory, randomHex, readIfThere } from "../io/index.ts";
import { startPasta, stopPasta, type NetworkMode } from "../network/index.ts";
import { start, type ProcessIdentity } from "../process/index.ts";
import type { NamespaceChoice, RuntimeSpec } from "../spec/index.ts";
import {
  chrootLaunch,
  explainFailure,
  findRuntime,
  lastMessage,
  launchScript,
  OVERLAY_FAILED,
  OverlayError,
  prepareOverlay,
  type Runtime,
} from "../runtime/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { writeBundle } from "./bundle.ts";
import { ContainerStateError } from "./errors.ts";
import { exitStatus } from "./foreground.ts";
import { mapsGuestAddress } from "./guest-address.ts";
import type { StepHost } from "./host.ts";
import { limitedCgroup } from "./limit.ts";
import { makeSkeleton } from "./skeleton.ts";
import { stdioArray } from "./stdio.ts";
import { prepareSecrets, prepareTrees } from "./step-mounts.ts";
import type { Step } from "./step.ts";

const GATE_FD = 4;
const SECRETS_FD = 5;

/**
 * Runs a command over layers, without a monitor, and gives its exit status. What it changes is in `upper`. Nothing of it
 * outlives this process, however that ends.
 *
 * @throws {CommandNotFoundError | CommandNotExecutableError | OverlayError | RuntimeFailedError} and what network and user need
 */
export async function runStep(host: StepHost, asked: Step): Promise<number> {
  asked.signal?.throwIfAborted();
  const trees = prepareTrees(asked);
  const secrets = prepareSecrets(asked);
  const step = { ...asked, mounts: [...(asked.mounts ?? []), ...trees.mounts, ...secrets.mounts] };
  const namespace = await host.namespace();
  const runtime = step.isolation === "chroot" ? undefined : await findRuntime(namespace, host);
  const id = `step-${randomHex(8)}`;
  const network = step.network ?? (runtime === undefined ? { kind: "host" } : { kind: "pasta", options: [] });
  const bundle = join(step.work, "bundle");
  const rootfs = join(step.work, "merged");
  const log = join(bundle, "runtime.log");
  const overlayWork = join(step.work, "w");
  makeDirectory(overlayWork);
  const spec = await writeStepBundle(host, namespace, { step, runtime, network, id, bundle, rootfs });
  const skeleton = join(step.work, "skeleton");
  const isMade = new Map([...trees.isFile, ...secrets.isFile]);
  makeSkeleton(skeleton, [...step.layers, step.upper], spec.mounts, (mount) => isMade.get(mount.source));
  const script = launchScript({
    overlay: prepareOverlay({
      ...step,
      layers: [skeleton, ...step.layers],
      work: overlayWork,
      target: rootfs,
      links: join(step.work, "l"),
    }),
    cover: runtime?.cover,
    trees: trees.overlays,
    ...(secrets.files === undefined ? {} : { secrets: secrets.files }),
    hasNetwork: network.kind === "pasta",
    waits: network.kind === "pasta",
    folder: bundle,
    ...(runtime === undefined
      ? chrootLaunch(spec, { rootfs, searchPath: host.searchPath })
      : {
          program: [
            ...[runtime.program, ...runtime.logArgs(log), ...runtime.globalArgs],
            ...["run", "--bundle", bundle, id],
          ],
        }),
  });
  const isPasta = network.kind === "pasta";
  const [program = "", ...args] = [
    ...namespace.enter({ mounts: true, network: isPasta }),
    ...["sh", "-c", script],
  ];
  const guard = runtime === undefined ? NO_GUARD : startGuard(runtime, namespace, id);
  const pipes = secrets.files === undefined ? (["pipe"] as const) : (["pipe", "pipe"] as const);
  const child = start(program, args, { cwd: "/", stdio: [...stdioArray(step.stdio), "ignore", ...pipes] });
  secrets.send(child.stdio.at(SECRETS_FD) as Socket | undefined);
  const ended = exitStatus(child);
  ended.catch(() => undefined); // seen where it is awaited
  const abort = () => {
    guard.strike();
    child.kill("SIGKILL");
  };
  step.signal?.addEventListener("abort", abort, { once: true });
  let pasta: ProcessIdentity | undefined;
  try {
    if (network.kind === "pasta" && (await isEntered(child.stdio[GATE_FD] as Socket)))
      pasta = await connect(host, network, child.pid ?? 0, bundle, child.stdio[GATE_FD] as Socket);
    const status = await ended;
    step.signal?.throwIfAborted();
    const words = status === 0 ? "" : (readIfThere(log) ?? "");
    if (status === OVERLAY_FAILED && words === "") throw new OverlayError("mount and fuse-overlayfs refused");
    if (lastMessage(words) !== "") throw explainFailure(runtime?.name ?? "chroot", "run the command", words);
    return status;
  } catch (error) {
    abort();
    await ended.catch(() => undefined);
    throw error;
  } finally {
    step.signal?.removeEventListener("abort", abort);
    if (pasta !== undefined) stopPasta(pasta, host.procRoot);
    await guard.close();
  }
}

interface StepBundle {
  readonly step: Step;
  readonly runtime: Runtime | undefined;
  readonly network: NetworkMode;
  readonly id: string;
  readonly bundle: string;
  readonly rootfs: string;
}

async function writeStepBundle(
  host: StepHost,
  namespace: UserNamespace,
  { step, runtime, network, id, bundle, rootfs }: StepBundle,
): Promise<RuntimeSpec> {
  const { args, env, workingDir = "/", user = "", hostname = "wherry-build" } = step;
  const { mounts = [], addCapabilities = [], dropCapabilities = [] } = step;
  const { spec } = await writeBundle(host, namespace, bundle, {
    ...{ args, env, workingDir, user, hostname, mounts, addCapabilities, dropCapabilities },
    ...{ id, rootfs, network },
    layers: [...step.layers, step.upper],
    names: [],
    terminal: step.terminal ?? false,
    readOnly: false,
    init: false,
    annotations: {},
    namespaces: { ...step.namespaces, network: networkNamespace(network) },
    isConnectedOutside: network.kind === "pasta",
    cgroup: runtime === undefined ? undefined : limitedCgroup(runtime, id, step.limits),
    isolation: {
      passwd: false,
      ...(step.noHosts === undefined ? {} : { noHosts: step.noHosts }),
      ...(step.noHostname === undefined ? {} : { noHostname: step.noHostname }),
      ...(step.seccompProfile === undefined ? {} : { seccomp: step.seccompProfile }),
    },
    ...(step.noNewPrivileges === undefined ? {} : { noNewPrivileges: step.noNewPrivileges }),
    ...(step.rlimits === undefined ? {} : { rlimits: step.rlimits }),
    ...(step.shmSize === undefined ? {} : { shmSize: step.shmSize }),
    ...(step.devices === undefined ? {} : { devices: step.devices }),
    ...(step.nameChoices === undefined ? {} : { nameChoices: step.nameChoices }),
  });
  return spec;
}

function networkNamespace(network: NetworkMode): NamespaceChoice {
  switch (network.kind) {
    case "host":
      return "host";
    case "path":
      return { path: network.path };
    case "container":
      throw new ContainerStateError("join the network of", network.container, "not known to a build");
    default:
      return "private";
  }
}

/** Waits for the script's word that it is in its namespaces; false when it ended before. */
function isEntered(gate: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    gate.once("data", () => resolve(true));
    gate.once("close", () => resolve(false));
  });
}

async function connect(
  host: StepHost,
  network: NetworkMode & { readonly kind: "pasta" },
  pid: number,
  bundle: string,
  gate: Socket,
): Promise<ProcessIdentity> {
  const pasta = await startPasta({
    pid,
    ports: [],
    options: network.options,
    pidFile: join(bundle, "pasta.pid"),
    searchPath: host.searchPath,
    procRoot: host.procRoot,
    uid: host.uid,
    mapGuestAddress: await mapsGuestAddress(host),
  });
  gate.end("go\n");
  return pasta;
}

interface Guard {
  /** Ends the container now. */
  strike(): void;
  /** Ends the guard, after its work if it was struck. */
  close(): Promise<void>;
}

/** For a command that ends with its parent by itself. */
const NO_GUARD: Guard = { strike: () => undefined, close: () => Promise.resolve() };

/** A small process that ends the container when this process is gone, or says so. */
function startGuard(runtime: Runtime, namespace: UserNamespace, id: string): Guard {
  const [program = "", ...args] = [
    ...namespace.enter(),
    ...["sh", "-c", 'read -r _; exec "$@" >/dev/null 2>&1', "wherry-guard"],
    ...runtime.argv("delete", "--force", id),
  ];
  const child = start(program, args, { cwd: "/", detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const ended = exitStatus(child).catch(() => undefined);
  let isStruck = false;
  return {
    strike() {
      isStruck = true;
      child.stdin?.destroy();
    },
    async close() {
      if (!isStruck) child.kill("SIGKILL");
      child.stdin?.destroy();
      await ended;
    },
  };
}

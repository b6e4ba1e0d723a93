import { isRunning, run, type ProcessIdentity } from "../process/index.ts";
import {
  explainFailure,
  findRuntime,
  writeStartRecord,
  type Monitor,
  type StartRecord,
} from "../runtime/index.ts";
import { endRun } from "./end-run.ts";
import { waitUntil } from "./end-processes.ts";
import { ContainerStateError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { withCgroupsFor } from "./limit.ts";
import { containerPaths } from "./paths.ts";
import { recordContainerEvent } from "./record-event.ts";
import type { Container } from "./settings.ts";
import type { Started, StartOptions } from "./start.ts";
import { scrubSecrets, specFiles } from "./secrets.ts";
import type { WatchedStart } from "./watch-start.ts";

/** Of a container that was made and whose program was not started. */
export type HeldRecord = StartRecord & { readonly init: ProcessIdentity };

/** The start of a container that `init` has made: its monitor waits, only its program has to be started. */
export async function startHeld(
  host: ContainerHost,
  container: Container,
  held: HeldRecord,
  options: StartOptions,
): Promise<WatchedStart & { readonly started: Started }> {
  if (options.onlyMake === true)
    throw new ContainerStateError("init", container.name, "initialized", "start it");
  const { directory } = containerPaths(host, container.id);
  const namespace = await host.namespace();
  const { runtime: asked = host.runtime } = container.config;
  const runtime = withCgroupsFor(container, await findRuntime(namespace, { ...host, runtime: asked }));
  options.whileCreating?.();
  await options.beforeStart?.(container);
  options.signal?.throwIfAborted();
  const { isHeld: _, ...rest } = held;
  const record = { ...rest, startedAt: host.now().toISOString() };
  writeStartRecord(directory, record);
  const [program = "", ...args] = [
    ...namespace.enterMounts(held.monitor.pid),
    ...runtime.argv("start", container.id),
  ];
  const { status, stderr } = await run(program, args, {
    okStatus: Array.from({ length: 256 }, (_, code) => code),
  });
  if (status !== 0) {
    await endRun(host, container, record);
    throw explainFailure(runtime.name, "start the container", stderr, container.config.args[0]);
  }
  scrubSecrets(container, specFiles(host, container, runtime.stateDir));
  recordContainerEvent(host, container, "start");
  const monitor = knownMonitor(held.monitor, host.procRoot);
  const started = { init: held.init, monitor, pasta: held.pasta, remover: undefined, streams: undefined };
  return { started, runtime, namespace, record };
}

/** A monitor that another process has started. */
function knownMonitor(identity: ProcessIdentity, procRoot: string): Monitor {
  let ended: Promise<void> | undefined;
  return {
    identity,
    created: Promise.resolve(identity),
    get ended() {
      ended ??= waitUntil(() => !isRunning(identity, procRoot)).then(() => undefined);
      return ended;
    },
    start: () => Promise.resolve(),
    hold: () => Promise.resolve(),
    release: () => undefined,
  };
}

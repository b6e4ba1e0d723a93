import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import { run } from "../process/index.ts";
import {
  shortKeyQuota,
  startMonitor,
  type EnteredMonitor,
  type KeyQuota,
  type Monitor,
  type Runtime,
} from "../runtime/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import { writeBundle } from "./bundle.ts";
import { exitScript } from "./exit-script.ts";
import type { ContainerHost } from "./host.ts";
import { containerCgroup } from "./limit.ts";
import { monitorLog } from "./log-settings.ts";
import { namespaceChoices } from "./namespaces.ts";
import { isHidden, openPlace, ownFiles, readPasswd, rootIds } from "./nested-root.ts";
import { notifyParts } from "./notify.ts";
import type { ContainerPaths } from "./paths.ts";
import { lowerLayers, rootMount, writtenLayer } from "./root-layers.ts";
import { prepareMounts } from "./prepare-mounts.ts";
import { mountSecrets, secretEnv } from "./secrets.ts";
import type { Container } from "./settings.ts";
import { makeSkeleton } from "./skeleton.ts";
import { keptUser, sharedUserNamespace } from "./user-maps.ts";

/** Root with ids of its own has no power over the network namespace, which the user's root has: low ports are opened to it. */
const OPEN_PORTS = { "net.ipv4.ip_unprivileged_port_start": "0" };

export interface LaunchParts {
  readonly runtime: Runtime;
  readonly namespace: UserNamespace;
  readonly paths: ContainerPaths;
  readonly entered: EnteredMonitor;
}

/** Writes down what the runtime is to make, and has the monitor make it. */
export async function launch(
  host: ContainerHost,
  container: Container,
  { runtime, namespace, paths, entered }: LaunchParts,
): Promise<Monitor> {
  const { id, name, config } = container;
  const layers = lowerLayers(host, container);
  const allLayers = [...layers, writtenLayer(host, container)];
  const root = rootIds(container);
  const rootfs = root === undefined || !isHidden(config) ? paths.rootfs : openPlace(config.mounts);
  makeDirectory(paths.work);
  if (!existsSync(paths.upper)) {
    makeDirectory(paths.upper);
    chmodSync(paths.upper, 0o755); // the mode of "/" in the container
  }
  const prepared = prepareMounts(host, config.mounts, {
    layers: config.rootfs === undefined ? layers : allLayers,
    paths,
    idMaps: namespace.idMaps,
  });
  const secrets = mountSecrets(paths, container);
  const notify = notifyParts(host, container, paths.bundle);
  const keyQuota = shortKeyQuota(host.procRoot, host.uid);
  if (keyQuota !== undefined) host.warn?.(withoutKeyring(name, keyQuota));
  const { spec, appends } = await writeBundle(host, namespace, paths.bundle, {
    ...config,
    id,
    rootfs,
    layers: allLayers,
    names: [name],
    env: [...config.env, ...notify.env, ...secretEnv(host, container)],
    mounts: [...prepared.mounts, ...secrets.mounts, ...notify.mounts],
    namespaces: namespaceChoices(host, config.network, config.isolation),
    keyring: keyQuota === undefined,
    isConnectedOutside: entered.hasNetwork,
    userNamespace: sharedUserNamespace(host, config.userMode),
    hostUsers: keptUser(host, container, readPasswd(host.etc)),
    nameChoices: config,
    cgroup: containerCgroup(runtime, container),
  });
  prepared.noteUse(spec.process.user);
  makeSkeleton(
    paths.skeleton,
    layers,
    spec.mounts,
    ({ source }) => secrets.isFile.get(source) ?? prepared.isFile.get(source),
  );
  await forgetInRuntime(runtime, namespace, id);
  return startMonitor(runtime, entered, {
    ...host,
    id,
    name,
    command: config.args[0] ?? "",
    overlay: rootMount(container, { ...paths, layers: [paths.skeleton, ...layers], target: paths.rootfs }),
    preparations: [...prepared.preparations(spec.process.user), ...secrets.preparations],
    appends,
    networkSysctl: { ...(root === undefined ? {} : OPEN_PORTS), ...config.sysctl },
    bundle: paths.bundle,
    exitDir: paths.directory,
    log: monitorLog(host, container),
    ...(root === undefined ? {} : { owner: { ...root, paths: [paths.upper, ...ownFiles(paths.bundle)] } }),
    ...(rootfs === paths.rootfs ? {} : { alias: rootfs }),
    terminal: config.terminal,
    openStdin: config.openStdin,
    keyring: keyQuota === undefined,
    notifySocket: notify.socket,
    timeout: config.timeout,
    exitScript: exitScript(host, container, runtime.argv("delete", "--force", id)),
  });
}

function withoutKeyring(name: string, { used, limit }: KeyQuota): string {
  return `container ${name} has no keyring: ${used} of your ${limit} kernel keys are taken (root can raise kernel.keys.maxkeys)`;
}

/** The runtime may still know an earlier run whose monitor was killed. */
async function forgetInRuntime(runtime: Runtime, namespace: UserNamespace, id: string): Promise<void> {
  if (!existsSync(join(runtime.stateDir, id))) return;
  const [program = "", ...args] = [...namespace.enter(), ...runtime.argv("delete", "--force", id)];
  await run(program, args);
}

import { join } from "node:path";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import { createRuntimeSpec, readHooks, resolveUser, type RuntimeSpec } from "../spec/index.ts";
import type { UserNamespace } from "../userns/index.ts";
import type { BundleInput } from "./bundle-input.ts";
import { readInLayers } from "./find-in-layers.ts";
import type { StepHost } from "./host.ts";
import { withInit } from "./init-program.ts";
import { isolationSettings } from "./isolation-settings.ts";
import { writeNameFiles } from "./write-name-files.ts";
import { writeUserEntries, type Append } from "./write-user-entries.ts";

/** A bundle, and what has to be done once its root file system is mounted. */
export interface Bundle {
  readonly spec: RuntimeSpec;
  readonly appends: readonly Append[];
}

const TTY_GROUP = 5;
const KEEP_GROUPS = { "run.oci.keep_original_groups": "1" };
/**
 * Writes a bundle (runtime-spec bundle.md): config.json, and the files that name the container and its network.
 *
 * @param bundle folder, which is made
 * @throws {UnknownUserError | UnknownGroupError | DuplicateMountError | InitMissingError}
 */
export async function writeBundle(
  host: StepHost,
  namespace: UserNamespace,
  bundle: string,
  input: BundleInput,
): Promise<Bundle> {
  makeDirectory(bundle);
  const { cgroup, isolation = {}, ...decided } = input;
  const passwd = readInLayers(input.layers, "/etc/passwd") ?? "";
  const group = readInLayers(input.layers, "/etc/group") ?? "";
  const user = resolveUser(input.user, { passwd, group }, input.extraGroups);
  const files = await writeNameFiles(host, bundle, input);
  const made = createRuntimeSpec({
    ...decided,
    ...isolationSettings(host, namespace, input),
    annotations: { ...input.annotations, ...(isolation.keepGroups === true ? KEEP_GROUPS : {}) },
    user,
    readOnlyRootfs: input.readOnly,
    arch: process.arch,
    files,
    rootless: namespace.isRootless || input.userMaps !== undefined,
    ownNetwork: input.userMaps === undefined || input.isConnectedOutside !== true,
    ttyGroupMapped: (input.userMaps ?? namespace.idMaps).gids.some(
      ({ containerId, size }) => containerId <= TTY_GROUP && TTY_GROUP < containerId + size,
    ),
    ...withInit(input, host.searchPath),
    ...(cgroup === undefined ? {} : { cgroup }),
  });
  const hooks = hooksFor(host, input);
  const spec = {
    ...(input.isConnectedOutside === true ? withinNetwork(made) : made),
    ...(hooks === undefined ? {} : { hooks }),
  };
  writeFileAtomically(join(bundle, "config.json"), JSON.stringify(spec), { mode: 0o600, sync: false });
  return { spec, appends: writeUserEntries(host, bundle, input, { passwd, group, user }) };
}

function hooksFor({ hooksDirs = [] }: StepHost, { annotations, args, mounts }: BundleInput) {
  if (hooksDirs.length === 0) return undefined;
  const hasBindMounts = (mounts ?? []).some(({ type }) => type === "bind");
  return readHooks(hooksDirs, { annotations, command: args[0] ?? "", hasBindMounts });
}

/** The same container for a runtime that is in its network namespace already, where the settings of the network are made. */
function withinNetwork(spec: RuntimeSpec): RuntimeSpec {
  const { namespaces, sysctl = {} } = spec.linux;
  return {
    ...spec,
    linux: {
      ...spec.linux,
      namespaces: namespaces.filter(({ type }) => type !== "network"),
      sysctl: Object.fromEntries(Object.entries(sysctl).filter(([name]) => !name.startsWith("net."))),
    },
  };
}

import { encodedOf, type Digest } from "@wherry/core/oci";
import { DEFAULT_CAPABILITIES } from "@wherry/core/spec";
import type { Store } from "@wherry/core/store";
import type { WorkingState } from "./working-container.ts";

/** Namespaces of the commands that run in a container, in buildah's order; true is the host's. */
const NAMESPACES = {
  cgroup: true,
  ipc: false,
  mount: false,
  network: false,
  pid: false,
  user: true,
  uts: false,
};

/** What `inspect` tells, with buildah's names of fields. */
export function describeWorking(
  store: Store,
  state: WorkingState,
  { id, name, mountPoint }: { readonly id: string; readonly name: string; readonly mountPoint: string },
): object {
  const { image, run } = state;
  const read = (digest: string) =>
    digest === "" || store.blobs.sizeOf(digest as Digest) === undefined
      ? ""
      : Buffer.from(store.blobs.readBytes(digest as Digest)).toString();
  return {
    Type: "buildah 0.0.1",
    FromImage: image.name,
    FromImageID: image.id === "" ? "" : encodedOf(image.id as Digest),
    FromImageDigest: image.digest,
    Config: read(image.id),
    Manifest: read(image.digest),
    Container: name,
    ContainerID: id,
    MountPoint: mountPoint,
    ProcessLabel: "",
    MountLabel: "",
    ImageAnnotations: state.annotations,
    ImageCreatedBy: state.createdBy ?? "",
    OCIv1: ociOf(state),
    Docker: dockerOf(state),
    DefaultMountsFilePath: "",
    Isolation: run.isolation ?? "oci",
    NamespaceOptions: Object.entries(NAMESPACES).map(([kind, isHost]) => ({
      Name: kind,
      Host: kind === "network" ? run.network === "host" : isHost,
      Path: "",
    })),
    Capabilities: [...DEFAULT_CAPABILITIES],
    ConfigureNetwork: run.network === "none" ? "NetworkDisabled" : "NetworkDefault",
    CNIPluginPath: "",
    CNIConfigDir: "",
    IDMappingOptions: { HostUIDMapping: true, HostGIDMapping: true, UIDMap: [], GIDMap: [] },
    History:
      state.added.length === 0 ? null : state.added.map((text) => ({ created_by: text, empty_layer: true })),
    Devices: [],
  };
}

function ociOf({ config, platform, author, base, changes, history }: WorkingState): object {
  return {
    ...(author === undefined ? {} : { author }),
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config: { ...config },
    rootfs: { type: "layers", diff_ids: [...base, ...changes].map(({ diffId }) => diffId) },
    ...(history.length === 0 ? {} : { history }),
  };
}

function dockerOf(state: WorkingState): object {
  const { config, platform, author, comment, hostname = "", domainname = "" } = state;
  const docker = {
    Hostname: hostname,
    Domainname: domainname,
    User: config.User ?? "",
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ...(config.ExposedPorts === undefined ? {} : { ExposedPorts: config.ExposedPorts }),
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: config.Env ?? [],
    Cmd: config.Cmd ?? null,
    ...(config.Healthcheck === undefined ? {} : { Healthcheck: config.Healthcheck }),
    Image: "",
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? "",
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? [],
    Labels: config.Labels ?? null,
    ...(config.StopSignal === undefined ? {} : { StopSignal: config.StopSignal }),
    ...(config.Shell === undefined ? {} : { Shell: config.Shell }),
  };
  return {
    ...(comment === undefined ? {} : { comment }),
    container_config: docker,
    ...(author === undefined ? {} : { author }),
    config: docker,
    architecture: platform.architecture,
    os: platform.os,
  };
}

/** Go's names of the fields, which templates use, where JSON has others. */
const GO_NAMES: Readonly<Record<string, string>> = {
  diff_ids: "DiffIDs",
  rootfs: "RootFS",
  os: "OS",
  "os.version": "OSVersion",
  created_by: "CreatedBy",
  empty_layer: "EmptyLayer",
  container_config: "ContainerConfig",
};

const LOWER = ["author", "architecture", "variant", "config", "history", "created", "comment", "type"];

/** The facts under Go's names: `.OCIv1.Author`. What users named (labels, ports) stays as it is. */
export function goNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(goNames);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isTheirs = ["Labels", "ExposedPorts", "Volumes", "ImageAnnotations"].includes(key);
      const name = GO_NAMES[key] ?? (LOWER.includes(key) ? key.charAt(0).toUpperCase() + key.slice(1) : key);
      return [name, isTheirs ? inner : goNames(inner)];
    }),
  );
}

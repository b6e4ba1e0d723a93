import { constants } from "node:os";
import type { Engine } from "../../engine/index.ts";

/** What may stand at a place of the command line. */
export type Kind =
  | "containers"
  | "images"
  | "volumes"
  | "secrets"
  | "working"
  | "objects"
  | "places"
  | "files"
  | "folders"
  | "nothing";

/** Positionals by the name that the commands give them. */
const ARGUMENTS: Readonly<Record<string, Kind>> = {
  ...{ container: "containers", containers: "containers", image: "images", images: "images" },
  ...{ volume: "volumes", volumes: "volumes", secret: "secrets", secrets: "secrets", objects: "objects" },
  ...{ context: "folders", folder: "folders", registry: "nothing", shell: "nothing", port: "nothing" },
  ...{ "image-name": "places", "source-image": "places", "destination-image": "places" },
  ...{ "image-a": "places", "image-b": "places" },
};

/** `rm` and `config` of wherry-build mean working containers; `list` its images. */
const BUILD_ARGUMENTS: Readonly<Record<string, Kind>> = {
  ...{ container: "working", containers: "working", list: "images", lists: "images" },
};

/** What a positional takes; `name` of `volume rm` is a volume, of `secret rm` a secret. */
export function argumentKind(program: string, id: string, name: string): Kind {
  if (program === "wherry-build" && Object.hasOwn(BUILD_ARGUMENTS, name))
    return BUILD_ARGUMENTS[name] ?? "files";
  if (name === "names" || name === "name") {
    if (/^(?:volume|secret) create$/.test(id) || /rename$/.test(id)) return "nothing";
    if (id.startsWith("volume ")) return "volumes";
    return id.startsWith("secret ") ? "secrets" : "images";
  }
  return Object.hasOwn(ARGUMENTS, name) ? (ARGUMENTS[name] ?? "files") : "files";
}

const CAPABILITIES = (
  "all audit_write chown dac_override dac_read_search fowner fsetid ipc_lock kill mknod net_admin net_bind_service net_raw " +
  "setfcap setgid setpcap setuid sys_admin sys_chroot sys_nice sys_ptrace sys_resource sys_time"
).split(" ");
const CONTAINER_FILTERS =
  "id= name= status= exited= label= ancestor= volume= network= before= since= until= health= pod= restart-policy=".split(
    " ",
  );
const IMAGE_FILTERS = "dangling= label= reference= id= digest= containers= before= since= until=".split(" ");

/** Values of flags that are words: of every command that has the flag. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  "cap-add": CAPABILITIES,
  "cap-drop": CAPABILITIES,
  "cgroup-manager": ["cgroupfs", "systemd"],
  cgroupns: ["host", "private", "container:"],
  cgroups: ["enabled", "disabled", "no-conmon", "split"],
  "events-backend": ["file", "none"],
  format: ["json"],
  "health-on-failure": ["none", "kill", "restart", "stop"],
  ipc: ["host", "private", "shareable", "none", "container:"],
  "log-driver": ["k8s-file", "json-file", "none", "passthrough"],
  "log-level": ["debug", "info", "warn", "error", "fatal", "panic"],
  mount: [
    "type=bind,",
    "type=volume,",
    "type=tmpfs,",
    "type=image,",
    "type=glob,",
    "type=devpts,",
    "type=ramfs,",
  ],
  network: ["none", "host", "pasta", "container:"],
  pid: ["host", "private", "container:"],
  platform: ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/ppc64le", "linux/riscv64", "linux/s390x"],
  pull: ["always", "missing", "never", "newer"],
  restart: ["no", "always", "on-failure", "unless-stopped"],
  "security-opt": ["no-new-privileges", "seccomp=", "apparmor=", "label=", "mask=", "unmask="],
  userns: ["host", "keep-id", "auto", "nomap", "container:", "ns:"],
  uts: ["host", "private", "container:"],
};

/** Values of flags that are names of what there is. */
const NAMED: Readonly<Record<string, Kind>> = {
  "volumes-from": "containers",
  requires: "containers",
  secret: "secrets",
};

/** What a flag takes: words, or a kind; files where nothing is known. */
export function flagValues(
  id: string,
  name: string,
  options: readonly string[] = [],
): readonly string[] | Kind {
  if (options.length > 0) return options;
  if (name === "filter") return /image|^images/.test(id) ? IMAGE_FILTERS : CONTAINER_FILTERS;
  if (name === "signal" || name === "stop-signal") return SIGNALS;
  if (Object.hasOwn(WORDS, name)) return WORDS[name] ?? "files";
  return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? "files") : "files";
}

const SIGNALS = Object.keys(constants.signals);

const PLACES = [
  "docker://",
  "oci:",
  "oci-archive:",
  "docker-archive:",
  "dir:",
  "containers-storage:",
  "docker-daemon:",
];

/** The names there are of a kind. */
export function namesOf(kind: Kind, engine: Engine): readonly string[] {
  const { store } = engine;
  switch (kind) {
    case "containers":
      return store.containers.list().map(({ name }) => name);
    case "images":
      return store.images.list().flatMap(({ names }) => names.flatMap(spellings));
    case "volumes":
      return store.volumes.list().map(({ name }) => name);
    case "secrets":
      return store.secrets.list().map(({ name }) => name);
    case "working":
      return store.working.list().map(({ name }) => name);
    case "objects":
      return (["containers", "images", "volumes"] as const).flatMap((each) => namesOf(each, engine));
    case "places":
      return PLACES;
    case "files":
    case "folders":
    case "nothing":
      return [];
  }
}

/** A name and its shorter form: images of this host are called without `localhost/`. */
function spellings(name: string): string[] {
  return name.startsWith("localhost/") ? [name, name.slice("localhost/".length)] : [name];
}

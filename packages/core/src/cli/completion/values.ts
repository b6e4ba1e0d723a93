import { constants } from "node:os";
import type { Interfaces } from "@oclif/core";
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
  /** Containers, followed by a path in them. */
  | "copied"
  /** Volumes, followed by a place for them. */
  | "mounted"
  | "registries"
  | "files"
  | "folders"
  | "nothing";

/** Positionals by the name that the commands give them. */
const ARGUMENTS: Readonly<Record<string, Kind>> = {
  ...{ container: "containers", containers: "containers", image: "images", images: "images" },
  ...{ volume: "volumes", volumes: "volumes", secret: "secrets", secrets: "secrets", objects: "objects" },
  ...{ context: "folders", folder: "folders", registry: "registries", shell: "nothing", port: "nothing" },
  ...{ term: "nothing", object: "objects" },
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
    if (/^(?:volume|secret) create$/.test(id) || /(?:rename|clone)$/.test(id)) return "nothing";
    if (id.startsWith("volume ")) return "volumes";
    return id.startsWith("secret ") ? "secrets" : "images";
  }
  if ((name === "source" || name === "target") && /(?:^| )cp$/.test(id)) return "copied";
  if (name === "words" && /(?:^| )top$/.test(id)) return "containers";
  return Object.hasOwn(ARGUMENTS, name) ? (ARGUMENTS[name] ?? "files") : "files";
}

const CAPABILITIES = (
  "all audit_write chown dac_override dac_read_search fowner fsetid ipc_lock kill mknod net_admin net_bind_service net_raw " +
  "setfcap setgid setpcap setuid sys_admin sys_chroot sys_nice sys_ptrace sys_resource sys_time"
).split(" ");
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
  runtime: ["crun", "runc"],
  "storage-driver": ["overlay"],
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

/** Values of flags that are names of what there is, and of some that are neither words nor files. */
const NAMED: Readonly<Record<string, Kind>> = {
  "volumes-from": "containers",
  requires: "containers",
  secret: "secrets",
  volume: "mounted",
  root: "folders",
  runroot: "folders",
  tmpdir: "folders",
  volumepath: "folders",
  "hooks-dir": "folders",
};

/** What the value of a flag is called that names a file of the host. */
const NAMES_FILE = /path|file|folder|dir|program|source/i;

/** What a flag takes: words, or a kind; files where nothing else is known. */
export function flagValues(
  name: string,
  flag: Interfaces.FlagInput[string] | undefined,
): readonly string[] | Kind {
  const { options = [], helpValue = "path" } = flag?.type === "option" ? flag : {};
  if (options.length > 0) return options;
  if (name === "signal" || name === "stop-signal") return SIGNALS;
  if (Object.hasOwn(WORDS, name)) return WORDS[name] ?? "files";
  if (Object.hasOwn(NAMED, name)) return NAMED[name] ?? "files";
  return NAMES_FILE.test(String(helpValue)) ? "files" : "nothing";
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

/** Letters after which ids are offered besides names. */
const LEAST_OF_ID = 2;

/**
 * The names there are of a kind.
 *
 * @param typed the beginning that is there
 */
export async function namesOf(kind: Kind, engine: Engine, typed: string): Promise<readonly string[]> {
  const { store } = engine;
  switch (kind) {
    case "containers":
      return store.containers.list().flatMap(({ name, id }) => [name, ...idsOf(id, typed)]);
    case "copied":
      return store.containers.list().map(({ name }) => `${name}:`);
    case "images":
      return store.images
        .list()
        .flatMap(({ names, id }) => [
          ...names.flatMap((name) => spellings(name, typed !== "")),
          ...idsOf(id.slice(id.indexOf(":") + 1), typed),
        ]);
    case "volumes":
      return store.volumes.list().map(({ name }) => name);
    case "mounted":
      return store.volumes.list().map(({ name }) => `${name}:`);
    case "secrets":
      return store.secrets.list().flatMap(({ name, id }) => [name, ...idsOf(id, typed)]);
    case "working":
      return store.working.list().map(({ name }) => name);
    case "objects": {
      const kinds = ["containers", "images", "volumes"] as const;
      return (await Promise.all(kinds.map((each) => namesOf(each, engine, typed)))).flat();
    }
    case "registries": {
      const { readRegistriesConf } = await import("../../config/index.ts");
      const { unqualifiedSearchRegistries } = await readRegistriesConf(engine.environment);
      return ["docker.io", "quay.io", ...unqualifiedSearchRegistries];
    }
    case "places":
      return PLACES;
    case "files":
    case "folders":
    case "nothing":
      return [];
  }
}

/** An id, short as it is shown, where enough of it is typed. */
function idsOf(id: string, typed: string): string[] {
  if (typed.length < LEAST_OF_ID || !id.startsWith(typed)) return [];
  return [id.slice(0, Math.max(12, typed.length))];
}

/** A name and its shorter forms: images of this host are called without `localhost/`, others by the ends of their names too. */
function spellings(name: string, shortens: boolean): string[] {
  const [, ...rest] = name.split("/");
  if (name.startsWith("localhost/")) return [name, rest.join("/")];
  return shortens ? [name, ...rest.map((_, index) => rest.slice(index).join("/"))] : [name];
}

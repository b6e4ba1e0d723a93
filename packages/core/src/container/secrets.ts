import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import { variableName } from "../oci/index.ts";
import type { Preparation } from "../runtime/index.ts";
import type { BindMount, RuntimeSpec, SecretRequest } from "../spec/index.ts";
import { SecretLostError, type SecretRecord } from "../store/index.ts";
import type { IdMap } from "../userns/index.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths, type ContainerPaths } from "./paths.ts";
import type { Container, ContainerSecret } from "./settings.ts";
import { InvalidNameError, InvalidSecretDataError, SecretTargetError } from "./storage-errors.ts";

type SecretHost = Pick<ContainerHost, "store" | "now">;

const NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/;
const LONGEST_NAME = 253;
/** Bytes; podman's limit. */
export const LARGEST_SECRET = 512_000;

export interface SecretOptions {
  readonly labels?: Readonly<Record<string, string>>;
  /** Whether a secret of that name is replaced. */
  readonly replace?: boolean;
  /** Whether one of that name that exists is as good. */
  readonly ignore?: boolean;
}

/**
 * Keeps a secret.
 *
 * @throws {InvalidNameError | InvalidSecretDataError | SecretExistsError}
 */
export function createSecret(
  { store, now }: SecretHost,
  name: string,
  data: Uint8Array,
  { labels = {}, replace = false, ignore = false }: SecretOptions = {},
): SecretRecord {
  if (!NAME.test(name) || name.length > LONGEST_NAME) throw new InvalidNameError("secret", name);
  if (data.length === 0 || data.length >= LARGEST_SECRET) throw new InvalidSecretDataError();
  const old = store.secrets.find(name);
  if (ignore && old?.name === name) return old;
  const time = now();
  const secret = store.secrets.insert({ name, labels }, data, { now: time, replaces: replace });
  store.events.record({ type: "secret", status: "create", id: secret.id, name }, time);
  return secret;
}

/** Removes a secret; containers that have it keep it. @throws {SecretNotFoundError} */
export function removeSecret({ store, now }: SecretHost, text: string): SecretRecord {
  const secret = store.secrets.get(text);
  store.secrets.remove(secret.id);
  store.events.record({ type: "secret", status: "remove", id: secret.id, name: secret.name }, now());
  return secret;
}

/**
 * The secrets of a new container.
 *
 * @throws {SecretNotFoundError | SecretTargetError | InvalidSecretDataError}
 */
export function decideSecrets(
  { store }: Pick<ContainerHost, "store">,
  requests: readonly SecretRequest[],
): ContainerSecret[] {
  const taken = new Set<string>();
  return requests.map(({ source, ...request }) => {
    const { id, name } = store.secrets.get(source);
    const key = `${request.type} ${request.target}`;
    if (taken.has(key)) throw new SecretTargetError(request.target);
    taken.add(key);
    if (request.type === "env" && store.secrets.read({ id, name }).includes(0))
      throw new InvalidSecretDataError(name);
    return { id, name, ...request };
  });
}

/** Gives a new container its secrets under names of its own, which go with it. */
export function lendSecrets(
  host: Pick<ContainerHost, "store" | "runtimeDir">,
  { id, config }: Container,
): void {
  const { secrets } = containerPaths(host, id);
  for (const secret of config.secrets ?? []) {
    const target = join(secrets, secret.id);
    if (!existsSync(target)) host.store.secrets.lend(secret, target);
  }
}

/** Gives a container the secrets of another, as that one has them. */
export function copySecrets(
  host: Pick<ContainerHost, "store" | "runtimeDir">,
  from: Container,
  { id }: Container,
): void {
  const [source, target] = [containerPaths(host, from.id).secrets, containerPaths(host, id).secrets];
  if (existsSync(source)) cpSync(source, target, { recursive: true });
}

/** What the mounting of a container's secrets takes: they are copied to memory, and seen there. */
export interface MountedSecrets {
  readonly mounts: readonly BindMount[];
  readonly preparations: readonly Preparation[];
  readonly isFile: ReadonlyMap<string, boolean>;
}

/** Folder of secrets in memory, in the monitor's mount namespace only. */
export function mountSecrets(
  { secrets, mounts: folder }: Pick<ContainerPaths, "secrets" | "mounts">,
  { config }: Container,
): MountedSecrets {
  const files = (config.secrets ?? []).filter(({ type }) => type === "mount");
  if (files.length === 0) return { mounts: [], preparations: [], isFile: new Map() };
  const memory = join(folder, "secrets");
  makeDirectory(memory);
  const copies = files.map(({ id, name, target, uid, gid, mode }, index) => {
    const from = join(secrets, id);
    if (!existsSync(from)) throw new SecretLostError(name);
    const source = join(memory, String(index));
    const owner = { uid: outsideId(config.userMaps?.uids, uid), gid: outsideId(config.userMaps?.gids, gid) };
    const mount: BindMount = {
      type: "bind",
      source,
      destination: target,
      options: ["nosuid", "nodev", "noexec"],
    };
    return { mount, preparation: { kind: "file" as const, from, to: source, mode, ...owner } };
  });
  return {
    mounts: copies.map(({ mount }) => mount),
    preparations: [{ kind: "memory", folder: memory }, ...copies.map(({ preparation }) => preparation)],
    isFile: new Map(copies.map(({ mount }) => [mount.source, true])),
  };
}

/** NAME=value of the secrets that are variables. They are in no record: only those who start a program ask. */
export function secretEnv(
  host: Pick<ContainerHost, "store" | "runtimeDir">,
  { id, config }: Container,
): string[] {
  const { secrets } = containerPaths(host, id);
  return (config.secrets ?? [])
    .filter(({ type }) => type === "env")
    .map((secret) => {
      const path = join(secrets, secret.id);
      if (!existsSync(path)) throw new SecretLostError(secret.name);
      return `${secret.target}=${readFileSync(path, "utf8")}`;
    });
}

/** The copies of config.json: ours, and the one a runtime keeps. */
export function specFiles(
  host: Pick<ContainerHost, "store" | "runtimeDir">,
  { id }: Container,
  stateDir: string,
): string[] {
  return [containerPaths(host, id).bundle, join(stateDir, id)].map((folder) => join(folder, "config.json"));
}

/** Takes the variables that are secrets out of a config.json that the runtime has read. */
export function scrubSecrets({ config }: Container, files: readonly string[]): void {
  const names = (config.secrets ?? []).filter(({ type }) => type === "env").map(({ target }) => target);
  if (names.length === 0) return;
  for (const path of files) {
    if (!existsSync(path)) continue;
    try {
      const spec = JSON.parse(readFileSync(path, "utf8")) as RuntimeSpec;
      const env = spec.process.env.filter((entry) => !names.includes(variableName(entry)));
      const scrubbed = { ...spec, process: { ...spec.process, env } };
      writeFileAtomically(path, JSON.stringify(scrubbed), { mode: 0o600, sync: false });
    } catch (error) {
      if (existsSync(path)) throw error; // else a short program is over, and its files are gone
    }
  }
}

/** An id of the container as root of the user's namespace has it. */
function outsideId(maps: readonly IdMap[] | undefined, id: number): number {
  if (maps === undefined) return id;
  const map = maps.find(({ containerId, size }) => containerId <= id && id < containerId + size);
  return map === undefined ? id : map.hostId + id - map.containerId;
}

import { randomHex } from "@wherry/core/io";
import type { ContainerConfig, Digest, History, Platform } from "@wherry/core/oci";
import type { ResourceTexts } from "@wherry/core/spec";
import type { Store, WorkingRecord } from "@wherry/core/store";
import type { BuiltLayer } from "../builder/image-draft.ts";
import type { NamespaceTexts } from "../namespace-flags.ts";

/** Everything that is known of a working container; written down after each step. */
export interface WorkingState {
  /** The image it began with; its fields are empty for `scratch`. */
  readonly image: { readonly id: string; readonly name: string; readonly digest: string };
  readonly platform: Platform;
  readonly osVersion?: string;
  /** Layers of that image, the lowest first. */
  readonly base: readonly BuiltLayer[];
  /** What was changed since, each step in a layer of its own. */
  readonly changes: readonly BuiltLayer[];
  readonly config: ContainerConfig;
  /** Of the image. */
  readonly history: readonly History[];
  /** What `--add-history` asked for: `created_by` of one entry each. */
  readonly added: readonly string[];
  readonly author?: string;
  readonly createdBy?: string;
  readonly comment?: string;
  readonly historyComment?: string;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** What `from` said of the containers that `run` makes. */
  readonly run: RunDefaults;
}

/** Choices of `from` for all commands that run later; as typed. */
export interface RunDefaults {
  readonly addHosts?: readonly string[];
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  readonly devices?: readonly string[];
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly isolation?: string;
  /** How much of the machine commands may use. */
  readonly resources?: ResourceTexts;
  readonly cgroupParent?: string;
  /** Whether the image's /etc/hosts, or /etc/hostname, is left alone. */
  readonly noHosts?: boolean;
  readonly noHostname?: boolean;
  readonly network?: string;
  readonly namespaces?: NamespaceTexts;
  readonly securityOptions?: readonly string[];
  readonly shmSize?: string;
  readonly ulimits?: readonly string[];
  readonly volumes?: readonly string[];
}

export interface WorkingContainer extends Omit<WorkingRecord, "state"> {
  readonly state: WorkingState;
}

/** All working containers, the oldest first. */
export function listWorking(store: Store): WorkingContainer[] {
  return store.working.list().map(asWorking);
}

/** The container of that name or ID. @throws {WorkingContainerNotFoundError} */
export function getWorking(store: Store, text: string): WorkingContainer {
  return asWorking(store.working.get(text));
}

/** Makes a container with a name of its own, or `wanted` and a number where that is taken and need not be exact. */
export function insertWorking(
  store: Store,
  state: WorkingState,
  { name, base, created }: { name: string | undefined; base: string; created: string },
): WorkingContainer {
  const id = randomHex(32);
  const refs = refsOf(state);
  for (let number = 0; ; number++) {
    const chosen =
      name ?? (number === 0 ? `${base}-working-container` : `${base}-working-container-${number}`);
    const record = { id, name: chosen.replace(/^-/, ""), created, state };
    if (name === undefined && store.working.list().some((other) => other.name === record.name)) continue;
    store.working.insert(record, refs);
    return record;
  }
}

/** Writes a container's state down. */
export function saveWorking(store: Store, { id }: Pick<WorkingContainer, "id">, state: WorkingState): void {
  store.working.update(id, state, refsOf(state));
}

/** All layers, the lowest first. */
export function layersOf({ base, changes }: Pick<WorkingState, "base" | "changes">): readonly BuiltLayer[] {
  return [...base, ...changes];
}

/** What of the store must stay: blobs and unpacked layers, and the image's own documents. */
function refsOf(state: WorkingState): Digest[] {
  const { image } = state;
  const documents = [image.id, image.digest].filter((digest) => digest !== "") as Digest[];
  return [...documents, ...layersOf(state).flatMap(({ diffId, descriptor }) => [diffId, descriptor.digest])];
}

/** The store's record with the type of its state: it was written by this module. */
function asWorking(record: WorkingRecord): WorkingContainer {
  return record as WorkingContainer;
}

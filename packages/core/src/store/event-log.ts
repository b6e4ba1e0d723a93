import { closeSync, fstatSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { isUnwritable } from "../error/index.ts";
import type { StorePaths } from "./paths.ts";

/** Something that happened, in podman's words: `container` `create`, `image` `pull`, `volume` `remove`. */
export interface StoreEvent {
  readonly type: "container" | "image" | "volume" | "system" | "secret";
  readonly status: string;
  /** ID of the container or image; a volume has none. */
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** Name of the container's image. */
  readonly image?: string | undefined;
  readonly exitCode?: number | undefined;
  /** Labels of a container, and what else belongs to it. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** An event as it is written down: RFC 3339 with it. */
export interface RecordedEvent extends StoreEvent {
  readonly time: string;
}

/** The file's size after which it makes room for a new one; the last one before it is kept. */
const SIZE_LIMIT = 1_000_000;

/** The events of a store: a file of JSON lines, in the form of podman's own. */
export class EventLog {
  readonly path: string;
  /** What was written before `path` was begun. */
  readonly olderPath: string;
  readonly #isKept: boolean;
  readonly #sizeLimit: number;

  /** @param isKept false when events are not to be written at all */
  constructor({ events }: Pick<StorePaths, "events">, isKept = true, sizeLimit = SIZE_LIMIT) {
    this.path = events;
    this.olderPath = `${events}.1`;
    this.#isKept = isKept;
    this.#sizeLimit = sizeLimit;
  }

  /** Whether events are written at all. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Writes an event down. What happened has happened: a disk that is full or read-only is no failure of it. */
  record(event: StoreEvent, time: Date = new Date()): void {
    if (!this.#isKept) return;
    try {
      this.#append(formatEvent({ ...event, time: time.toISOString() }));
    } catch (error) {
      if (!isUnwritable(error)) throw error;
    }
  }

  #append(line: string): void {
    const fd = openSync(this.path, "a", 0o600);
    try {
      writeSync(fd, line);
      const { size, ino } = fstatSync(fd);
      // of several writers at the limit only the first still finds this file there
      if (size > this.#sizeLimit && statSync(this.path).ino === ino) renameSync(this.path, this.olderPath);
    } finally {
      closeSync(fd);
    }
  }
}

/** The line of an event, its end included. */
export function formatEvent({
  type,
  status,
  id,
  name,
  image,
  exitCode,
  attributes,
  time,
}: RecordedEvent): string {
  const line = {
    ...(exitCode === undefined ? {} : { ContainerExitCode: exitCode }),
    ...(id === undefined ? {} : { ID: id }),
    ...(image === undefined ? {} : { Image: image }),
    ...(name === undefined ? {} : { Name: name }),
    Status: status,
    Time: time,
    Type: type,
    ...(attributes === undefined ? {} : { Attributes: attributes }),
  };
  return `${JSON.stringify(line)}\n`;
}

const TYPES: readonly string[] = ["container", "image", "volume", "system", "secret"];

/** Reads a line; undefined for one that a crash left unfinished. */
export function parseEvent(line: string): RecordedEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const { Type, Status, Time, Attributes, ContainerExitCode } = fields;
  if (typeof Type !== "string" || !TYPES.includes(Type)) return undefined;
  if (typeof Status !== "string" || typeof Time !== "string") return undefined;
  const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : undefined);
  return {
    type: Type as StoreEvent["type"],
    status: Status,
    time: Time,
    id: text("ID"),
    name: text("Name"),
    image: text("Image"),
    exitCode: typeof ContainerExitCode === "number" ? ContainerExitCode : undefined,
    attributes: isTextRecord(Attributes) ? Attributes : undefined,
  };
}

function isTextRecord(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((inner) => typeof inner === "string")
  );
}

import { goMap, GoTime } from "@wherry/core/cli";
import { parseHealthLine } from "@wherry/core/container";
import type { RecordedEvent } from "@wherry/core/store";

/** An event as templates see it: podman's names of fields. */
export function eventRow(event: RecordedEvent): Readonly<Record<string, unknown>> {
  const { id = "", image = "", name = "", status, type, time, exitCode = 0 } = event;
  const { health, attributes } = parts(event);
  return {
    ID: id,
    Image: image,
    Name: name,
    Status: status,
    Type: type,
    Time: new GoTime(localTime(time)),
    TimeNano: nanoseconds(time),
    PodID: "",
    ContainerExitCode: exitCode,
    HealthStatus: health?.status ?? "",
    HealthFailingStreak: health?.failingStreak ?? 0,
    HealthLog: health?.log ?? "",
    Network: "",
    Error: attributes["error"] ?? "",
    Details: { ID: "", PodID: "", Attributes: goMap({ ...attributes }) },
    Attributes: goMap({ ...attributes }),
    ToHumanReadable: (truncate: unknown) =>
      eventLine(truncate === true && id !== "" ? { ...event, id: id.slice(0, 12) } : event),
  };
}

/** An event as `--format json` prints it, on one line. */
export function eventJson(event: RecordedEvent): object {
  const { id, image, name, status, type, time, exitCode } = event;
  const { health, attributes } = parts(event);
  return {
    ...(exitCode === undefined ? {} : { ContainerExitCode: exitCode }),
    ID: id ?? "",
    ...(image === undefined ? {} : { Image: image }),
    Name: name ?? "",
    Status: status,
    Time: localTime(time),
    Type: type,
    ...(attributes["error"] === undefined ? {} : { Error: attributes["error"] }),
    Attributes: event.attributes === undefined ? null : attributes,
    ...(health === undefined
      ? {}
      : { health_status: health.status, health_failing_streak: health.failingStreak }),
    ...((health?.log ?? "") === "" ? {} : { health_log: health?.log }),
  };
}

/** `TIME container create ID (image=…, name=…, label=value)`. */
export function eventLine(event: RecordedEvent): string {
  const { type, status, time, id = "", name = "", image = "" } = event;
  const { health, attributes } = parts(event);
  const head = `${new GoTime(localTime(time)).toString()} ${type} ${status}`;
  switch (type) {
    case "container": {
      const pairs = Object.entries(attributes).map(([key, value]) => `, ${key}=${value}`);
      return `${head} ${id} (image=${image}, name=${name}${healthText(health)}${pairs.join("")})`;
    }
    case "image": {
      const { error } = attributes;
      return `${head} ${id} ${name}${error === undefined ? "" : ` ${error}`}`;
    }
    case "volume":
    case "secret":
      return `${head} ${name === "" ? id : name}`;
    case "system":
      return name === "" ? head : `${head} ${name}`;
  }
}

interface HealthParts {
  readonly status: string;
  readonly failingStreak: number;
  /** The check as JSON, where the container's checks are logged with the events; else empty. */
  readonly log: string;
}

/** What an event says of a container's health, and its labels and what else belongs to it. */
function parts({ status, attributes = {} }: RecordedEvent): {
  readonly health: HealthParts | undefined;
  readonly attributes: Readonly<Record<string, string>>;
} {
  if (status !== "health_status") return { health: undefined, attributes };
  const {
    health_status: health = "",
    health_failing_streak: streak = "0",
    health_log: line,
    ...others
  } = attributes;
  return {
    health: { status: health, failingStreak: Number(streak), log: line === undefined ? "" : logText(line) },
    attributes: others,
  };
}

/** A check in the shape in which `inspect` has it, too. */
function logText(line: string): string {
  const { start, end, exitCode, output } = parseHealthLine(line);
  return JSON.stringify({ Start: start, End: end, ExitCode: exitCode, Output: output });
}

function healthText(health: HealthParts | undefined): string {
  if (health === undefined) return "";
  const { status, failingStreak, log } = health;
  return `, health_status=${status}, health_failing_streak=${failingStreak}, health_log=${log}`;
}

/** The time in this host's zone, as podman prints it. */
export function localTime(time: string): string {
  const date = new Date(time);
  const offset = -date.getTimezoneOffset();
  if (offset === 0) return time;
  const two = (value: number) => String(Math.trunc(value)).padStart(2, "0");
  const shifted = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const fraction = /\.\d+/.exec(time)?.[0] ?? "";
  const size = Math.abs(offset);
  return `${shifted}${fraction}${offset < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}

/** A time of RFC 3339 in nanoseconds since 1970. */
function nanoseconds(time: string): bigint {
  const [, whole = time, fraction = ""] = /^(.*?)(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  const zone = time.slice(whole.length + (fraction === "" ? 0 : fraction.length + 1));
  return BigInt(Date.parse(whole + zone)) * 1_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

import { goMap, GoTime } from "@wherry/core/cli";
import type { RecordedEvent } from "@wherry/core/store";

/** An event as templates see it: podman's names of fields. */
export function eventRow(event: RecordedEvent): Readonly<Record<string, unknown>> {
  const { id = "", image = "", name = "", status, type, time, exitCode = 0, attributes = {} } = event;
  return {
    ID: id,
    Image: image,
    Name: name,
    Status: status,
    Type: type,
    Time: new GoTime(localTime(time)),
    ContainerExitCode: exitCode,
    HealthStatus: attributes["health_status"] ?? "",
    Network: "",
    Error: attributes["error"] ?? "",
    Details: { ID: "", Attributes: goMap({ ...attributes }) },
    Attributes: goMap({ ...attributes }),
    ToHumanReadable: () => eventLine(event),
  };
}

/** An event as `--format json` prints it, on one line. */
export function eventJson(event: RecordedEvent): object {
  const { id, image, name, status, type, time, exitCode, attributes } = event;
  return {
    ...(exitCode === undefined ? {} : { ContainerExitCode: exitCode }),
    ID: id ?? "",
    ...(image === undefined ? {} : { Image: image }),
    Name: name ?? "",
    Status: status,
    Time: localTime(time),
    Type: type,
    Attributes: attributes ?? null,
  };
}

/** `TIME container create ID (image=…, name=…, label=value)`. */
export function eventLine({
  type,
  status,
  time,
  id = "",
  name = "",
  image = "",
  attributes = {},
}: RecordedEvent): string {
  const head = `${new GoTime(localTime(time)).toString()} ${type} ${status}`;
  switch (type) {
    case "container": {
      const { health_status: health, ...others } = attributes;
      const pairs = Object.entries(others).map(([key, value]) => `, ${key}=${value}`);
      return `${head} ${id} (image=${image}, name=${name}${health === undefined ? "" : `, health_status=${health}`}${pairs.join("")})`;
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

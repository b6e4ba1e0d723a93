import { join } from "node:path";
import { quote } from "../runtime/index.ts";
import { formatEvent } from "../store/index.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import type { Container } from "./settings.ts";
import { supervisionFolder } from "./supervision.ts";

const CODE = 123_456_789;
const TIME = "@time@";

/**
 * What the monitor has done at the container's end, as a script of sh: the runtime forgets it, the event is written down, the
 * supervisor is told. No second engine is started for it.
 *
 * @param forget argv by which the runtime forgets the container
 */
export function exitScript(host: ContainerHost, container: Container, forget: readonly string[]): string {
  const { exit } = containerPaths(host, container.id);
  const { restart, health } = container.config;
  return [
    forget.map(quote).join(" "),
    ...(host.store.events.isKept ? [eventLine(host, container, exit)] : []),
    ...(restart === undefined && health === undefined ? [] : [wakeLine(host, container.id)]),
  ].join("\n");
}

function eventLine(host: ContainerHost, { id, name, imageName, config }: Container, exit: string): string {
  const text = formatEvent({
    ...{ type: "container", status: "died", id, name, image: imageName },
    ...{ exitCode: CODE, attributes: { ...config.labels }, time: TIME },
  }).trimEnd();
  const [start = "", middle = "", end = ""] = text.split(new RegExp(`${CODE}|${TIME}`));
  const time = '"$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)"';
  const print = `printf '%s%s%s%s%s\\n' ${quote(start)} "$code" ${quote(middle)} ${time} ${quote(end)}`;
  return `{ read -r code <${quote(exit)}; [ -n "$code" ] && ${print} >>${quote(host.store.events.path)}; } 2>/dev/null`;
}

function wakeLine(host: ContainerHost, id: string): string {
  const folder = supervisionFolder(host);
  const wake = quote(join(folder, "wake"));
  return `{ : >${quote(join(folder, `${id}.ended`))} && [ -p ${wake} ] && echo 1<>${wake}; } 2>/dev/null`;
}

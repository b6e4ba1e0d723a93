import { join } from "node:path";
import { quote } from "../runtime/index.ts";
import { eventCommand } from "./event-command.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import { containerEvent } from "./record-event.ts";
import type { Container } from "./settings.ts";
import { supervisionFolder } from "./supervision.ts";

/**
 * What the monitor has done at the container's end, as a script of sh: the runtime forgets it, the event is written down, the
 * supervisor is told. No second engine is started for it.
 *
 * @param forget argv by which the runtime forgets the container
 */
export function exitScript(host: ContainerHost, container: Container, forget: readonly string[]): string {
  const { exit } = containerPaths(host, container.id);
  return [
    forget.map(quote).join(" "),
    ...endLines(host, container, "died", exit),
    wakeLine(host, container.id),
  ].join("\n");
}

/**
 * Lines of sh that write down what ended: the container, or a program in it.
 *
 * @param exit file with the exit status, written by the monitor
 */
export function endLines(
  { store: { events } }: Pick<ContainerHost, "store">,
  container: Container,
  status: "died" | "exec_died",
  exit: string,
  attributes?: Readonly<Record<string, string>>,
): string[] {
  if (!events.isKept) return [];
  const event = containerEvent(container, status, { ...(attributes === undefined ? {} : { attributes }) });
  const print = eventCommand(events.path, event, { exitCode: '"$code"' });
  return [`{ read -r code <${quote(exit)}; [ -n "$code" ] && ${print}; } 2>/dev/null`];
}

/** A container that is no longer watched has been removed meanwhile: nothing is left for it. */
function wakeLine(host: ContainerHost, id: string): string {
  const folder = supervisionFolder(host);
  const of = (end: string) => quote(join(folder, `${id}.${end}`));
  const wake = quote(join(folder, "wake"));
  const isWatched = `{ [ -e ${of("watch")} ] || [ -e ${of("check")} ]; }`;
  return `{ ${isWatched} && : >${of("ended")} && [ -p ${wake} ] && echo 1<>${wake}; } 2>/dev/null`;
}

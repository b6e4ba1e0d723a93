import type { Writable } from "node:stream";
import { start } from "../process/index.ts";
import { quote } from "../runtime/index.ts";
import type { ContainerHost } from "./host.ts";
import type { Container } from "./settings.ts";

/** Removes a container at its end, should nobody else do it. */
export interface Remover {
  /** Ends the waiting: somebody else removes the container. */
  cancel(): void;
  /** Leaves the removal to it. */
  leave(): void;
}

/** Leaves a small process that waits for the monitor's end and then has the container removed. */
export function startRemover(
  host: ContainerHost,
  { id, imageName, config }: Container,
): Remover & { readonly lifeline: Writable | undefined } {
  const command = (...words: readonly string[]) => [...host.selfProgram, ...words].map(quote).join(" ");
  const remove = command("rm", "--force", "--volumes", "--ignore", id);
  const script =
    config.removesImage === true ? `${remove} && ${command("rmi", imageName)}` : `exec ${remove}`;
  const child = start("sh", ["-c", `read -r _; exec >/dev/null 2>&1; ${script}`, "wherry-remover"], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => undefined); // without it the container is only not removed by itself
  child.unref();
  return {
    lifeline: child.stdin ?? undefined,
    cancel() {
      child.kill("SIGKILL");
      child.stdin?.destroy();
    },
    leave: () => void child.stdin?.destroy(),
  };
}

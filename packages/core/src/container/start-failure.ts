import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, WherryError } from "../error/index.ts";
import { writeFileAtomically } from "../io/index.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import type { Container } from "./settings.ts";

/** Why a container's last start failed. */
export interface StartFailure {
  readonly message: string;
  readonly code: string;
  readonly exitStatus: number;
  /** RFC 3339. */
  readonly at: string;
}

const FILE = "start-failure.json";

/** Keeps why a start failed beside the container, for whoever asks later. A container that is gone needs no note. */
export function noteStartFailure(host: ContainerHost, { id }: Container, error: unknown): void {
  if (!(error instanceof WherryError)) return;
  const { message, code, exitStatus } = error;
  const failure: StartFailure = { message, code, exitStatus, at: host.now().toISOString() };
  try {
    const path = join(containerPaths(host, id).directory, FILE);
    writeFileAtomically(path, JSON.stringify(failure), { mode: 0o600, sync: false });
  } catch (failed) {
    // nothing that is written about a failure may hide it: neither a full disk nor a container removed meanwhile
    if (!["ENOENT", "ENOSPC", "EDQUOT", "EROFS"].includes(String(errnoOf(causeOf(failed))))) throw failed;
  }
}

/** Why the last start failed; undefined when it did not. */
export function readStartFailure(
  host: Pick<ContainerHost, "store" | "runtimeDir">,
  { id }: Container,
): StartFailure | undefined {
  try {
    return JSON.parse(readFileSync(join(containerPaths(host, id).directory, FILE), "utf8")) as StartFailure;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function forgetStartFailure(directory: string): void {
  rmSync(join(directory, FILE), { force: true });
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

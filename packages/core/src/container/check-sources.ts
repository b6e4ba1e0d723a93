import { statSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { MountSourceMissingError } from "./errors.ts";
import type { ContainerMount } from "./settings.ts";

/** Fails for the first mounted path of the host that is not there. */
export function checkSources(mounts: readonly ContainerMount[]): void {
  for (const mount of mounts) {
    if (mount.type !== "bind") continue;
    try {
      statSync(mount.source);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") throw new MountSourceMissingError(mount.source);
      throw error;
    }
  }
}

import { makeDirectory } from "../io/index.ts";
import { readPastaAbilities } from "../network/index.ts";
import { findProgram } from "../process/index.ts";
import type { StepHost } from "./host.ts";

/** Whether this host's pasta gives the container an address for the host. */
export async function mapsGuestAddress({ searchPath, cacheDir }: StepHost): Promise<boolean> {
  const pasta = findProgram("pasta", searchPath);
  if (pasta === undefined) return false;
  makeDirectory(cacheDir);
  return (await readPastaAbilities(pasta, cacheDir)).mapGuestAddress;
}

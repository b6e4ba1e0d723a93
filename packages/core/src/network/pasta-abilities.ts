import { statSync } from "node:fs";
import { join } from "node:path";
import { readKept, writeFileAtomically } from "../io/index.ts";
import { run } from "../process/index.ts";

/** What this host's pasta can do. */
export interface PastaAbilities {
  /** The container reaches the host at `HOST_ADDRESS`. */
  readonly mapGuestAddress: boolean;
}

/** Asks pasta what it knows, once per installed program: the answer is kept in `cacheDir`. */
export async function readPastaAbilities(program: string, cacheDir: string): Promise<PastaAbilities> {
  const { mtimeMs, size, ino } = statSync(program);
  const key = `${program} ${mtimeMs} ${size} ${ino}`;
  const cacheFile = join(cacheDir, "pasta.json");
  const cached = readKept(cacheFile) as (PastaAbilities & { readonly key: string }) | undefined;
  if (cached?.key === key) return { mapGuestAddress: cached.mapGuestAddress };
  const { stdout, stderr } = await run(program, ["--help"], {
    okStatus: [0, 1],
    timeoutMs: 5000,
    stderrLimit: 65_536,
  });
  const mapGuestAddress = `${stdout.toString()}${stderr}`.includes("--map-guest-addr");
  writeFileAtomically(cacheFile, JSON.stringify({ key, mapGuestAddress }), { sync: false });
  return { mapGuestAddress };
}

import { readRegistriesConf } from "@wherry/core/config";
import { LOG_DRIVERS } from "@wherry/core/container";
import type { Engine } from "@wherry/core/engine";
import { ARCHITECTURES, hostInfo } from "./host-info.ts";
import { storeInfo } from "./store-info.ts";

/** The versions `info` tells of: ours, and that of the program which builds. */
export interface InfoVersions {
  readonly version: string;
  readonly buildVersion: string;
}

/** What `podman info` tells, with podman's names of fields. Nothing is made for it; programs are asked for their versions. */
export async function collectInfo(
  engine: Engine,
  { version, buildVersion }: InfoVersions,
): Promise<Readonly<Record<string, unknown>>> {
  return {
    host: await hostInfo(engine, buildVersion),
    store: storeInfo(engine),
    registries: await registriesInfo(engine),
    plugins: { volume: ["local"], network: ["pasta"], log: [...LOG_DRIVERS], authorization: null },
    version: {
      APIVersion: version,
      Version: version,
      GoVersion: `node ${process.version}`,
      GitCommit: "",
      BuiltTime: "",
      Built: 0,
      OsArch: `linux/${ARCHITECTURES[process.arch] ?? process.arch}`,
      Os: "linux",
    },
  };
}

/** What `--debug` tells besides: the program's own ground. */
export function debugInfo(): object {
  const { node, v8, uv, openssl, zlib, sqlite } = process.versions;
  return { executable: process.execPath, node, v8, uv, openssl, zlib, sqlite };
}

async function registriesInfo({ environment }: Engine): Promise<object> {
  const { unqualifiedSearchRegistries: search } = await readRegistriesConf(environment);
  return search.length === 0 ? {} : { search };
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FileSystemError } from "../error/index.ts";
import { readIfThere, writeFileAtomically } from "../io/index.ts";
import { DNS_ADDRESS, HOST_ADDRESS, hostsFile, resolvConf } from "../network/index.ts";
import type { SpecFiles } from "../spec/index.ts";
import type { BundleInput } from "./bundle-input.ts";
import { readInLayers } from "./find-in-layers.ts";
import { mapsGuestAddress } from "./guest-address.ts";
import type { StepHost } from "./host.ts";
import { readTimezone } from "./isolate.ts";

/** Writes the files of a bundle by which a container knows its own name, others, and where it is. */
export async function writeNameFiles(host: StepHost, bundle: string, input: BundleInput): Promise<SpecFiles> {
  const { hostname, network, names, nameChoices, isolation = {} } = input;
  const { addedHosts = [], dns = [], dnsSearch = [], dnsOptions = [] } = nameChoices ?? {};
  const isPasta = network.kind === "pasta";
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(bundle, name);
    writeFileAtomically(path, content, { sync: false });
    return path;
  };
  const hostAddress = isPasta && (await mapsGuestAddress(host)) ? HOST_ADDRESS : undefined;
  const hosts = hostsBase(host, input);
  const { timezone } = isolation;
  return {
    ...(hosts === undefined
      ? {}
      : {
          hosts: write(
            "hosts",
            hostsFile({ host: hosts, names: [hostname, ...names], hostAddress, added: addedHosts }),
          ),
        }),
    ...(timezone === undefined ? {} : { localtime: write("localtime", readTimezone(timezone, host.etc)) }),
    ...(dns.includes("none")
      ? {}
      : {
          resolvConf: write(
            "resolv.conf",
            resolvConf({
              host: readIfThere(join(host.etc, "resolv.conf")) ?? "",
              forwarders: isPasta ? [DNS_ADDRESS] : [],
              dns,
              search: dnsSearch,
              options: dnsOptions,
              hostNetwork: network.kind === "host",
            }),
          ),
        }),
    ...(isolation.noHostname === true ? {} : { hostname: write("hostname", `${hostname}\n`) }),
    containerEnv: write(
      "containerenv",
      `engine="wherry"\nid="${input.id}"\nrootless=${host.uid === 0 ? 0 : 1}\n`,
    ),
  };
}

/** What the container's hosts file begins with; undefined leaves the image's alone. */
function hostsBase({ etc }: StepHost, { isolation = {}, layers }: BundleInput): string | undefined {
  const { noHosts = false, hostsFile: base } = isolation;
  if (noHosts) return undefined;
  if (base === "none") return "";
  if (base === "image") return readInLayers(layers, "/etc/hosts") ?? "";
  if (base === undefined) return readIfThere(join(etc, "hosts")) ?? "";
  try {
    return readFileSync(base, "utf8");
  } catch (error) {
    throw new FileSystemError("open", base, error);
  }
}

import { isLoopbackHost } from "./private-address.ts";

/** Proxy settings; empty strings mean none. */
export interface ProxyEnvironment {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY; the lower-case spelling wins, as in curl. */
export function readProxyEnvironment(
  env: Readonly<Record<string, string | undefined>> | undefined,
): ProxyEnvironment {
  const read = (name: string) => env?.[name.toLowerCase()] ?? env?.[name] ?? "";
  return { httpProxy: read("HTTP_PROXY"), httpsProxy: read("HTTPS_PROXY"), noProxy: read("NO_PROXY") };
}

/** The proxy for a URL; undefined when there is none. This machine is never behind a proxy. */
export function proxyFor(url: URL, { httpProxy, httpsProxy, noProxy }: ProxyEnvironment): string | undefined {
  const proxy = url.protocol === "https:" ? httpsProxy : httpProxy;
  if (proxy === "" || isLoopbackHost(url.hostname) || isExcepted(url, noProxy)) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/**
 * Whether NO_PROXY names the host, as programs in Go read it: `*`, a domain with all below it, `.domain` for those below
 * it alone, an address, a network; each may have a port.
 */
function isExcepted(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return noProxy.split(",").some((entry) => {
    const text = entry.trim().toLowerCase();
    if (text === "*") return true;
    if (text.includes("/")) return isInNetwork(host, text);
    const [, name = "", wanted] =
      /^\[?(.*?)\]?(?::(\d+))?$/.exec(isBareIpv6(text) ? `[${text}]` : text) ?? [];
    if (name === "" || (wanted !== undefined && wanted !== port)) return false;
    const domain = name.replace(/^\*?\./, ".");
    return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
  });
}

function isBareIpv6(text: string): boolean {
  return text.split(":").length > 2 && !text.startsWith("[");
}

function isInNetwork(host: string, network: string): boolean {
  const { BlockList, isIP } = process.getBuiltinModule("node:net");
  const [address = "", prefix = ""] = network.split("/");
  const version = isIP(address);
  if (version === 0 || isIP(host) !== version || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (version === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  const family = version === 6 ? "ipv6" : "ipv4";
  list.addSubnet(address, Number(prefix), family);
  return list.check(host, family);
}

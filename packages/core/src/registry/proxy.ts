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

/** The proxy for a URL, before NO_PROXY is looked at; undefined when there is none. This machine is never behind a proxy. */
export function proxyFor(url: URL, { httpProxy, httpsProxy }: ProxyEnvironment): string | undefined {
  const proxy = url.protocol === "https:" ? httpsProxy : httpProxy;
  if (proxy === "" || isLoopbackHost(url.hostname)) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

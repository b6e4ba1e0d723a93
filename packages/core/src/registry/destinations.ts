import { RegistryProtocolError } from "./errors.ts";
import { isLoopbackHost, isPrivateHost } from "./private-address.ts";

/**
 * Checks where a registry wants to send us (a redirect, an upload's Location, a token server). All of them are input of
 * a stranger: without this a hostile registry reads services of our network, or our password off the wire.
 *
 * @throws {RegistryProtocolError} for other schemes than http and https, http when the registry speaks https, a URL with
 * credentials, and a literal private address unless the registry itself is there.
 */
export function checkDestination(destination: URL, registry: URL, what: string): void {
  const refuse = (why: string): never => {
    throw new RegistryProtocolError(registry.host, `names ${what} ${withoutQuery(destination)}, ${why}`);
  };
  if (destination.protocol !== "https:" && destination.protocol !== "http:") refuse("which is not HTTP");
  if (destination.protocol === "http:" && registry.protocol === "https:") refuse("which is not encrypted");
  if (destination.username !== "" || destination.password !== "") refuse("which holds credentials");
  if (destination.hostname === registry.hostname) return;
  if (isLoopbackHost(destination.hostname) && isLoopbackHost(registry.hostname)) return;
  if (isPrivateHost(destination.hostname)) refuse("which is a private address of this network");
}

/** The URL as people may see it: signatures of cloud storage are in the query. */
export function withoutQuery(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/**
 * The URL a header names, relative to the URL of the answer that has it.
 *
 * @throws {RegistryProtocolError} when it is none.
 */
export function resolveUrl(text: string, base: URL, what: string): URL {
  const url = URL.parse(text, base.href);
  if (url === null) throw new RegistryProtocolError(base.host, `names ${what} that is no URL`);
  return url;
}

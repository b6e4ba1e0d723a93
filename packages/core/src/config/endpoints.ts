import type { Reference } from "../reference/index.ts";
import { InvalidConfigurationError } from "./errors.ts";
import type { Mirror, RegistriesConf, RegistryEntry } from "./registries-conf.ts";

/** A place an image may be read from. */
export interface RegistryEndpoint {
  /** `host[:port]`. */
  readonly location: string;
  /** The image's repository there. */
  readonly repository: string;
  readonly insecure: boolean;
  readonly isMirror: boolean;
}

/** Where an image is, by registries.conf. */
export interface Endpoints {
  /** The user does not want this registry to be used. */
  readonly blocked: boolean;
  /** Where to read one image from: mirrors in their order, then the primary. */
  readonly pull: readonly RegistryEndpoint[];
  /** Where everything else happens: writing, deleting, listing. */
  readonly primary: RegistryEndpoint;
}

/**
 * Where to read and write an image: the entry with the longest prefix of its name decides.
 *
 * @throws {InvalidConfigurationError} when a location leaves no repository.
 */
export function endpointsFor(conf: RegistriesConf, reference: Reference): Endpoints {
  const entry = findEntry(conf, reference);
  if (entry === undefined) {
    const { registry: location, repository } = reference;
    const primary = { location, repository, insecure: false, isMirror: false };
    return { blocked: false, pull: [primary], primary };
  }
  const primary = rewrite(conf, entry, reference, entry.location, entry.insecure, false);
  const mirrors = entry.mirrors
    .filter((mirror) => serves(mirror, reference))
    .map((mirror) => rewrite(conf, entry, reference, mirror.location, mirror.insecure, true));
  return { blocked: entry.blocked, pull: [...mirrors, primary], primary };
}

function serves({ pullFromMirror }: Mirror, { digest }: Reference): boolean {
  if (pullFromMirror === "digest-only") return digest !== undefined;
  return pullFromMirror === "all" || digest === undefined;
}

function findEntry({ registries }: RegistriesConf, reference: Reference): RegistryEntry | undefined {
  let best: { entry: RegistryEntry; length: number } | undefined;
  for (const entry of registries) {
    const length = matchLength(entry.prefix, reference);
    if (length !== undefined && (best === undefined || length > best.length)) best = { entry, length };
  }
  return best?.entry;
}

/** How many characters of the name the prefix stands for; undefined when it is not a prefix of whole parts. */
function matchLength(prefix: string, { registry, repository, tag, digest }: Reference): number | undefined {
  if (prefix.startsWith("*.")) {
    const domain = prefix.slice(1);
    const slash = domain.indexOf("/");
    const host = slash === -1 ? domain : domain.slice(0, slash);
    const withoutPort = /:\d+$/.test(host) ? registry : registry.replace(/:\d+$/, "");
    if (!withoutPort.endsWith(host) || withoutPort.length === host.length) return undefined;
    if (slash === -1) return registry.length;
    const path = domain.slice(slash + 1);
    return isPathPrefix(path, repository) ? registry.length + 1 + path.length : undefined;
  }
  const name = `${registry}/${repository}`;
  if (isPathPrefix(prefix, name)) return prefix.length;
  const names = [`${name}:${tag ?? ""}`, `${name}@${digest ?? ""}`, `${name}:${tag ?? ""}@${digest ?? ""}`];
  return names.includes(prefix) ? prefix.length : undefined;
}

function isPathPrefix(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function rewrite(
  conf: RegistriesConf,
  entry: RegistryEntry,
  reference: Reference,
  location: string,
  insecure: boolean,
  isMirror: boolean,
): RegistryEndpoint {
  const { registry, repository } = reference;
  if (location === "") return { location: registry, repository, insecure, isMirror };
  const name = `${registry}/${repository}`;
  const rest = name.slice(matchLength(entry.prefix, reference));
  const rewritten = location + rest;
  const slash = rewritten.indexOf("/");
  if (slash === -1) {
    const from = `${entry.prefix} → ${location}`;
    throw new InvalidConfigurationError(
      conf.path,
      `the location of ${from} leaves no repository for ${name}`,
    );
  }
  return { location: rewritten.slice(0, slash), repository: rewritten.slice(slash + 1), insecure, isMirror };
}

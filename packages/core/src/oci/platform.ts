import { InvalidPlatformError } from "./errors.ts";

/** What an image runs on, in Go's names for systems and architectures (image-spec image-index.md "platform"). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
}

/** Other people's names for architectures → Go's name and variant. */
const ALIASES: Readonly<Record<string, { architecture: string; variant?: string }>> = {
  x86_64: { architecture: "amd64" },
  "x86-64": { architecture: "amd64" },
  aarch64: { architecture: "arm64" },
  armhf: { architecture: "arm", variant: "v7" },
  armel: { architecture: "arm", variant: "v6" },
  i386: { architecture: "386" },
  i686: { architecture: "386" },
};

/** Node's `process.arch` → Go's name. */
const NODE_ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  ppc64: "ppc64le",
  loong64: "loong64",
  mipsel: "mipsle",
};

/** The platform of this machine, always `linux` as containers are. */
export function hostPlatform(nodeArchitecture: string = process.arch): Platform {
  return normalisePlatform({
    os: "linux",
    architecture: NODE_ARCHITECTURES[nodeArchitecture] ?? nodeArchitecture,
  });
}

/**
 * Reads `OS/ARCH[/VARIANT]`, or `ARCH` alone for linux.
 *
 * @throws {InvalidPlatformError}
 */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split("/");
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9][a-z0-9_.-]*$/.test(part)))
    throw new InvalidPlatformError(text);
  const [first = "", second, variant] = parts;
  if (second === undefined) return normalisePlatform({ os: "linux", architecture: first });
  return normalisePlatform({
    os: first,
    architecture: second,
    ...(variant === undefined ? {} : { variant }),
  });
}

/**
 * This machine's platform, but for the parts that are given.
 *
 * @throws {InvalidPlatformError}
 */
export function platformWith(parts: {
  readonly os?: string | undefined;
  readonly arch?: string | undefined;
  readonly variant?: string | undefined;
}): Platform {
  const host = hostPlatform();
  const { os = host.os, arch = host.architecture, variant } = parts;
  return parsePlatform(`${os}/${arch}${variant === undefined ? "" : `/${variant}`}`);
}

/** The platform in canonical spelling: Go's architecture names, `arm64` without its only variant v8, `arm` with v7 by default. */
export function normalisePlatform(platform: Platform): Platform {
  const alias = ALIASES[platform.architecture];
  const architecture = alias?.architecture ?? platform.architecture;
  let variant = platform.variant ?? alias?.variant;
  if (variant !== undefined && /^\d+$/.test(variant)) variant = `v${variant}`;
  if (architecture === "arm64" && variant === "v8") variant = undefined;
  if (architecture === "amd64" && variant === "v1") variant = undefined;
  if (architecture === "arm" && (variant === undefined || variant === "")) variant = "v7";
  const { variant: _dropped, ...rest } = platform;
  return { ...rest, architecture, ...(variant === undefined || variant === "" ? {} : { variant }) };
}

/** `os/arch` or `os/arch/variant`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined || variant === ""
    ? `${os}/${architecture}`
    : `${os}/${architecture}/${variant}`;
}

/**
 * The candidate that fits `wanted` best: the same variant, else a lower one (arm v6 runs on v7), else one without;
 * undefined when none fits.
 */
export function choosePlatform<T extends { readonly platform?: Platform }>(
  candidates: readonly T[],
  wanted: Platform,
): T | undefined {
  const target = normalisePlatform(wanted);
  let best: { candidate: T; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = distanceTo(target, candidate.platform);
    if (distance !== undefined && (best === undefined || distance < best.distance))
      best = { candidate, distance };
  }
  return best?.candidate;
}

/** 0 for the same variant, more the further below it; undefined when the platform cannot serve the target. */
function distanceTo(target: Platform, platform: Platform | undefined): number | undefined {
  if (platform === undefined) return undefined;
  const offered = normalisePlatform(platform);
  if (offered.os !== target.os || offered.architecture !== target.architecture) return undefined;
  const distance = variantLevel(target) - variantLevel(offered);
  return distance < 0 ? undefined : distance;
}

function variantLevel({ architecture, variant }: Platform): number {
  const level = /^v(\d+)/.exec(variant ?? "")?.[1];
  if (level !== undefined) return Number(level);
  return architecture === "arm64" ? 8 : architecture === "amd64" ? 1 : 0;
}

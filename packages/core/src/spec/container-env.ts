/** podman's, for images that set none. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The environment of a container's process: of several values of a name the last counts, and PATH, TERM, HOSTNAME,
 * HOME and `container` are there even when nobody set them.
 */
export function containerEnv(
  env: readonly string[],
  { hostname, home }: { readonly hostname: string; readonly home: string },
): string[] {
  const values = new Map([
    ["PATH", DEFAULT_PATH],
    ["TERM", "xterm"],
    ["container", "oci"],
    ["HOSTNAME", hostname],
    ["HOME", home],
  ]);
  for (const entry of env) {
    const equals = entry.indexOf("=");
    if (equals > 0) values.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return [...values].map(([name, value]) => `${name}=${value}`);
}

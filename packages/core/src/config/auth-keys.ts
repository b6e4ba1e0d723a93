/** docker's key for Docker Hub, in its own file and in helpers. */
export const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

const DOCKER_HUB_HOSTS = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/**
 * The name a key of a credential file stands for, `host[:port][/path]`: without scheme, without the path of old URLs, one
 * name for Docker Hub.
 */
export function normaliseAuthKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, "");
  const [host = "", ...path] = bare.split("/");
  const name = DOCKER_HUB_HOSTS.has(host) ? "docker.io" : host;
  const isUrl = bare !== key;
  return isUrl || path.length === 0 ? name : [name, ...path].join("/").replace(/\/+$/, "");
}

/**
 * The key that fits a name best: itself, else the longest that is a prefix of whole parts (containers-auth.json(5)).
 * Never by "contains": a login must not go to a host whose name is part of another.
 */
export async function longestMatch(keys: readonly string[], name: string): Promise<string | undefined> {
  const spellings = [...keys].sort(
    (a, b) => Number(a === normaliseAuthKey(a)) - Number(b === normaliseAuthKey(b)),
  );
  // registry-auth-token walks up from the name to its host. Each key's value is its number: it must not see the secrets,
  // which it would take for names of environment variables when they begin with a dollar sign. The map keeps it from
  // reading .npmrc files, whose tokens it would give for any host.
  const npmrc = Object.create(null) as Record<string, string>;
  spellings.forEach((key, index) => (npmrc[`${pathOf(normaliseAuthKey(key))}:_auth`] = String(index)));
  const { default: registryAuthToken } = await import("registry-auth-token");
  const found = registryAuthToken(`${pathOf(normaliseAuthKey(name))}/`, { recursive: true, npmrc });
  return found === undefined ? undefined : spellings[Number(found.token)];
}

/** The name as a path below one host, so that no URL parser changes its port. */
function pathOf(name: string): string {
  return `//auth/${name.split("/").map(encodeURIComponent).join("/")}`;
}

import type { RegistryAccess } from "./access.ts";
import { discard, type Answer } from "./connections.ts";
import { RegistryUnreachableError } from "./errors.ts";
import { isAbsent, isCertificateFailure } from "./network-failure.ts";
import { isLoopbackHost } from "./private-address.ts";

/** Hosts that image names use → hosts that speak the protocol. */
const API_HOSTS: Readonly<Record<string, string>> = {
  "docker.io": "registry-1.docker.io",
  "index.docker.io": "registry-1.docker.io",
};

/**
 * Finds out how the registry is reached: HTTPS; plain HTTP only when the user said so, or on this machine. No login is
 * sent on the way.
 *
 * @returns the answer to GET /v2/, 200 or 401, with its URL and challenges.
 * @throws {RegistryUnreachableError}
 */
export async function findRegistry(
  { host, insecure = false }: Pick<RegistryAccess, "host" | "insecure">,
  get: (url: URL) => Promise<Answer>,
): Promise<Answer> {
  const [first, second] = rootsOf(host, insecure);
  try {
    return await ping(first, host, get);
  } catch (error) {
    if (second === undefined || !mayTryOther(error, first, second)) throw error;
    try {
      return await ping(second, host, get);
    } catch (other) {
      const [https, http] = first.protocol === "https:" ? [error, other] : [other, error];
      throw speaksNoTls(https) ? http : https;
    }
  }
}

/** The roots to try. On a port of this machine plain HTTP comes first: it is as safe there, and a TLS server refuses it at once. */
function rootsOf(host: string, insecure: boolean): [URL, URL?] {
  const address = API_HOSTS[host] ?? host;
  const https = URL.parse(`https://${address}/v2/`);
  const http = URL.parse(`http://${address}/v2/`);
  if (https === null || http === null) throw new RegistryUnreachableError(host, "this is not a host name");
  const isLocal = isLoopbackHost(https.hostname);
  if (isLocal && /:\d+$/.test(address)) return [http, https];
  return isLocal || insecure ? [https, http] : [https];
}

async function ping(url: URL, host: string, get: (url: URL) => Promise<Answer>): Promise<Answer> {
  const answer = await get(url);
  if (answer.status === 200 || answer.status === 401) return answer;
  await discard(answer);
  throw new NoRegistryError(host, answer.status);
}

/** There is a web server, but not a registry's. */
class NoRegistryError extends RegistryUnreachableError {
  readonly status: number;
  constructor(host: string, status: number) {
    super(host, `GET /v2/ was answered ${status}, so it is no registry`);
    this.status = status;
  }
}

/**
 * Whether the other scheme may work after the first failed. It will not where nobody listens or the certificate is false,
 * nor where a web server answered; but 400 is what TLS servers tell those who speak plain HTTP.
 */
function mayTryOther(error: unknown, first: URL, second: URL): boolean {
  if (!(error instanceof RegistryUnreachableError) || isCertificateFailure(error)) return false;
  if (error instanceof NoRegistryError) return first.protocol === "http:" && error.status === 400;
  return !(isAbsent(error) && first.port === second.port && first.port !== "");
}

function speaksNoTls(error: unknown): boolean {
  return error instanceof RegistryUnreachableError && error.message.endsWith("it does not speak TLS");
}

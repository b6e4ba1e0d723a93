import { discard, readBody } from "./connections.ts";
import { withoutQuery } from "./destinations.ts";
import type { Exchange } from "./exchange.ts";

/**
 * A file that is kept for a registry's images on some web server; undefined when it is not there. Nobody is told who we are.
 *
 * @param limit in bytes
 * @throws {TooLargeError | RegistryError}
 */
export async function readSideFile(exchange: Exchange, url: URL, limit: number): Promise<Buffer | undefined> {
  const what = withoutQuery(url);
  const answer = await exchange.request({
    method: "GET",
    target: url,
    headers: { "accept-encoding": "identity" },
    permission: undefined,
    collect: { limit, what },
  });
  if (answer.status === 404) {
    await discard(answer);
    return undefined;
  }
  if (answer.status !== 200) throw await exchange.failure(answer, `read ${what}`, undefined);
  return readBody(answer, limit, what);
}

import { Readable } from "node:stream";
import { WherryError } from "../error/index.ts";
import { DigestMismatchError, SizeMismatchError, type TellsBytes } from "../io/index.ts";
import { algorithmOf, Digester, type Descriptor } from "../oci/index.ts";
import type { Permission } from "./authenticator.ts";
import { discard, giveUp, streamOf, type Answer } from "./connections.ts";
import { checkDestination, resolveUrl, withoutQuery } from "./destinations.ts";
import { BlobUnknownError, RegistryProtocolError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { isTransient, unreachable } from "./network-failure.ts";
import { blobPath } from "./names.ts";
import { repositoryScope } from "./scope.ts";

/** Moving this many bytes makes a download worth its full number of tries again. */
const PROGRESS = 1024 * 1024;

/**
 * A blob's content. A cut connection is taken up where it broke; the stream ends without error only after exactly the
 * bytes the descriptor names.
 *
 * @throws {BlobUnknownError} when it is not there; as stream errors SizeMismatchError and DigestMismatchError.
 */
export async function openBlob(exchange: Exchange, repository: string, blob: Descriptor): Promise<Readable> {
  const permission = { repository, scopes: [repositoryScope(repository, ["pull"])] };
  const place = {
    target: blobPath(repository, blob.digest),
    permission,
    name: `${exchange.host}/${repository}`,
  };
  return open(exchange, place, blob);
}

/**
 * A blob's content from the first address in its descriptor that gives it (image-spec "Non-Distributable Layers"), with
 * the checks of `openBlob`. The addresses are a stranger's: nobody is told who we are, and where they may lead is what a
 * redirect of the registry may.
 *
 * @throws {RegistryProtocolError | BlobUnknownError | RegistryError} of the last address.
 */
export async function openForeignBlob(exchange: Exchange, blob: Descriptor): Promise<Readable> {
  let failure: unknown = new BlobUnknownError(blob.digest, exchange.host);
  for (const address of blob.urls ?? []) {
    try {
      const registry = await exchange.registry();
      const target = resolveUrl(address, registry, "the address of a layer");
      checkDestination(target, registry, "the address of a layer");
      const place = { target, permission: undefined, name: withoutQuery(target) };
      return await open(exchange, place, blob);
    } catch (error) {
      if (!(error instanceof WherryError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Where a blob is. */
interface BlobPlace {
  readonly target: string | URL;
  readonly permission: Permission | undefined;
  /** For messages. */
  readonly name: string;
}

async function open(exchange: Exchange, place: BlobPlace, blob: Descriptor): Promise<Readable> {
  const download = new Download(exchange, place, blob);
  await download.start();
  return download;
}

class Download extends Readable implements TellsBytes {
  onBytes: TellsBytes["onBytes"] = undefined;
  readonly #exchange: Exchange;
  readonly #place: BlobPlace;
  readonly #blob: Descriptor;
  readonly #digester: Digester;
  #body: Readable | undefined;
  /** Bytes of the current answer that were seen before. */
  #skip = 0;
  #failures = 0;
  #sizeAtFailure = 0;

  constructor(exchange: Exchange, place: BlobPlace, blob: Descriptor) {
    super({ highWaterMark: 512 * 1024 });
    this.#exchange = exchange;
    this.#place = place;
    this.#blob = blob;
    this.#digester = new Digester(algorithmOf(blob.digest));
  }

  async start(): Promise<void> {
    this.#attach(await this.#ask());
  }

  override _read(): void {
    this.#body?.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#body?.destroy();
    callback(error);
  }

  /** Asks for the bytes not seen yet. */
  async #ask(): Promise<Answer> {
    const { digest, size } = this.#blob;
    const offset = this.#digester.size;
    const { target, permission, name } = this.#place;
    const answer = await this.#exchange.request({
      method: "GET",
      target,
      // a digest names the bytes as stored: no encoding on the way
      headers: {
        "accept-encoding": "identity",
        ...(offset === 0 ? {} : { range: `bytes=${offset}-${size - 1}` }),
      },
      permission,
    });
    if (answer.status === 404) {
      await discard(answer);
      throw new BlobUnknownError(digest, name);
    }
    if (answer.status !== 200 && !(answer.status === 206 && offset > 0)) {
      throw await this.#exchange.failure(answer, `read blob ${digest} of ${name}`, permission);
    }
    try {
      this.#skip = skipOf(answer, offset, this.#blob);
    } catch (error) {
      giveUp(answer);
      throw error;
    }
    return answer;
  }

  #attach(answer: Answer): void {
    const body = streamOf(answer);
    this.#body = body;
    body.on("data", (chunk: Buffer) => this.#take(chunk));
    body.once("end", () => this.#finish(answer));
    if (body.errored !== null) void this.#resume(answer, body.errored);
    else body.once("error", (error) => void this.#resume(answer, error));
  }

  #take(chunk: Buffer): void {
    if (this.#skip >= chunk.length) {
      this.#skip -= chunk.length;
      return;
    }
    const fresh = this.#skip === 0 ? chunk : chunk.subarray(this.#skip);
    this.#skip = 0;
    this.#digester.update(fresh);
    this.onBytes?.(fresh.length);
    const { digest, size } = this.#blob;
    if (this.#digester.size > size) {
      this.destroy(new SizeMismatchError(`blob ${digest}`, size, this.#digester.size));
    } else if (!this.push(fresh)) {
      this.#body?.pause();
    }
  }

  #finish(answer: Answer): void {
    if (this.destroyed) return;
    const { digest, size } = this.#blob;
    if (this.#digester.size < size) {
      void this.#resume(answer, Object.assign(new Error("the answer ended early"), { code: "ECONNRESET" }));
      return;
    }
    const actual = this.#digester.digest();
    if (actual === digest) this.push(null);
    else this.destroy(new DigestMismatchError(digest, actual));
  }

  #isGone(): boolean {
    return this.destroyed;
  }

  async #resume(answer: Answer, cause: Error): Promise<void> {
    try {
      this.#exchange.pacing.checkSignal();
      const failure = unreachable(answer.url, cause);
      if (this.#isGone() || !isTransient(failure)) throw failure;
      const moved = this.#digester.size - this.#sizeAtFailure;
      this.#failures = moved >= PROGRESS ? 1 : this.#failures + 1;
      this.#sizeAtFailure = this.#digester.size;
      const { pacing } = this.#exchange;
      if (this.#failures >= pacing.limits.attempts) throw failure;
      if (this.#failures > 1) await pacing.backOff(this.#failures - 1);
      const next = await this.#ask();
      if (this.#isGone()) giveUp(next);
      else this.#attach(next);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/**
 * How many bytes at the start of an answer to skip: none of a right part, all we have of an answer that ignores Range.
 *
 * @throws {SizeMismatchError | RegistryProtocolError} when the answer cannot be the blob, before any byte is read.
 */
function skipOf(answer: Answer, offset: number, { digest, size }: Descriptor): number {
  const { host } = answer.url;
  const encoding = answer.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new RegistryProtocolError(
      host,
      `sends blob ${digest} encoded as ${encoding}, which was not asked for`,
    );
  }
  const isPart = answer.status === 206;
  const range = answer.headers["content-range"] ?? "";
  if (isPart && !new RegExp(`^bytes ${offset}-${size - 1}/(?:${size}|\\*)$`).test(range)) {
    const asked = `${offset}-${size - 1}`;
    throw new RegistryProtocolError(host, `was asked for bytes ${asked} of blob ${digest} and sent others`);
  }
  const length = answer.headers["content-length"];
  const expected = isPart ? size - offset : size;
  if (length !== undefined && Number(length) !== expected) {
    throw new SizeMismatchError(`blob ${digest}`, size, size - expected + Number(length));
  }
  return isPart ? 0 : offset;
}

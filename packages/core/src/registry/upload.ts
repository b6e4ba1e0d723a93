import type { Descriptor } from "../oci/index.ts";
import { discard, type Answer } from "./connections.ts";
import { RegistryProtocolError, RegistryUnreachableError, UploadInterruptedError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { isTransient } from "./network-failure.ts";
import { ReplayableContent, type UploadContent } from "./replay.ts";
import {
  cancelUpload,
  locationOf,
  openUpload,
  pushTo,
  rangeEnd,
  sessionOf,
  withDigest,
  type UploadSession,
} from "./upload-session.ts";

/** What all uploads of a client have learnt about the registry. */
export interface UploadHabits {
  /** Bytes of a chunk, once the registry refused a blob in one piece; undefined as long as it did not. */
  chunkSize: number | undefined;
}

const SMALLEST_CHUNK = 256 * 1024;
const PROGRESS = 1024 * 1024;

/**
 * Uploads a blob: in one piece where the registry takes it, else in chunks; after a failure from where the registry says
 * it is, or from the start, as far as the content can be read again.
 */
export async function uploadBlob(
  exchange: Exchange,
  repository: string,
  blob: Descriptor,
  content: UploadContent,
  habits: UploadHabits,
  session?: UploadSession,
): Promise<void> {
  const source = new ReplayableContent(content, blob, exchange.pacing.limits.replaySize);
  const upload = new Upload(exchange, repository, blob, source, habits, session);
  try {
    await upload.run();
  } catch (error) {
    await upload.cancel();
    throw source.failure ?? error;
  } finally {
    source.destroy();
  }
}

class Upload {
  readonly #exchange: Exchange;
  readonly #repository: string;
  readonly #blob: Descriptor;
  readonly #source: ReplayableContent;
  readonly #habits: UploadHabits;
  #session: UploadSession | undefined;
  /** Bytes the registry has. */
  #offset = 0;
  #failures = 0;
  #offsetAtFailure = 0;

  constructor(
    exchange: Exchange,
    repository: string,
    blob: Descriptor,
    source: ReplayableContent,
    habits: UploadHabits,
    session: UploadSession | undefined,
  ) {
    this.#exchange = exchange;
    this.#repository = repository;
    this.#blob = blob;
    this.#source = source;
    this.#habits = habits;
    this.#session = session;
  }

  async run(): Promise<void> {
    if (this.#session === undefined) await this.#source.ready();
    for (;;) {
      const session = (this.#session ??= await openUpload(this.#exchange, this.#repository));
      let answer: Answer;
      try {
        answer = await this.#sendNext(session);
      } catch (error) {
        if (!(error instanceof RegistryUnreachableError) || this.#source.failure !== undefined) throw error;
        await this.#recover(error, undefined);
        continue;
      }
      if (await this.#accept(session, answer)) return;
    }
  }

  async cancel(): Promise<void> {
    if (this.#session !== undefined) await cancelUpload(this.#exchange, this.#repository, this.#session);
    this.#session = undefined;
  }

  /** Sends the whole blob, the next chunk, or after the last chunk the request that closes the upload. */
  #sendNext(session: UploadSession): Promise<Answer> {
    const { size, digest } = this.#blob;
    const { chunkSize } = this.#habits;
    if (this.#offset === 0 && (chunkSize === undefined || size <= chunkSize)) {
      return this.#send("PUT", withDigest(session.location, digest), 0, size);
    }
    if (this.#offset >= size) return this.#send("PUT", withDigest(session.location, digest), size, 0);
    const most = Math.max(chunkSize ?? size, session.minimumChunk);
    const length = Math.min(most, size - this.#offset);
    return this.#send("PATCH", session.location, this.#offset, length);
  }

  #send(method: "PUT" | "PATCH", url: URL, offset: number, length: number): Promise<Answer> {
    const range = method === "PATCH" ? { "content-range": `${offset}-${offset + length - 1}` } : {};
    return this.#exchange.send({
      method,
      url,
      headers: { "content-type": "application/octet-stream", "content-length": String(length), ...range },
      body: length === 0 ? new Uint8Array() : this.#source.read(offset, length),
      permission: pushTo(this.#repository),
    });
  }

  /** Looks at an answer; true when the blob is stored. */
  async #accept(session: UploadSession, answer: Answer): Promise<boolean> {
    const { status } = answer;
    if (status === 201 || status === 204 || status === 200) {
      await discard(answer);
      this.#session = undefined;
      return true;
    }
    if (status === 202) {
      await discard(answer);
      this.#takeProgress(session, answer);
      return false;
    }
    if (status === 307 || status === 308) {
      await discard(answer);
      session.location = sessionOf(answer, await this.#exchange.registry()).location;
      await this.#recover(
        new RegistryProtocolError(this.#exchange.host, "keeps redirecting an upload"),
        this.#offset,
      );
      return false;
    }
    const refusal = await this.#exchange.failure(
      answer,
      `upload blob ${this.#blob.digest}`,
      pushTo(this.#repository),
    );
    if (status === 413) {
      this.#shrinkChunks(refusal);
      await this.#restart(refusal);
      return false;
    }
    const mayRecover =
      status === 401 || status === 404 || status === 408 || status === 416 || status === 429 || status >= 500;
    if (!mayRecover) throw refusal;
    if (
      !(await this.#exchange.pacing.pauseAsTold(answer, this.#failures + 1)) &&
      (status === 429 || status === 503)
    ) {
      throw refusal;
    }
    await this.#recover(refusal, undefined);
    return false;
  }

  /** How far the registry is after a chunk, by its word where that can be true. */
  #takeProgress(session: UploadSession, answer: Answer): void {
    const { chunkSize } = this.#habits;
    const { size } = this.#blob;
    const sent = Math.min(this.#offset + Math.max(chunkSize ?? size, session.minimumChunk), size);
    const told = rangeEnd(answer);
    const isPart = told !== undefined && told > this.#offset && told < sent && this.#source.canRead(told);
    this.#offset = isPart ? told : sent;
    session.location = locationOf(answer, session.location);
  }

  /** After a 413: chunks, and smaller ones each time, for all uploads to this registry. */
  #shrinkChunks(refusal: Error): void {
    const { chunkSize } = this.#habits;
    const { limits } = this.#exchange.pacing;
    if (chunkSize !== undefined && chunkSize <= SMALLEST_CHUNK) throw refusal;
    const wanted = chunkSize === undefined ? limits.chunkSize : Math.floor(chunkSize / 4);
    this.#habits.chunkSize = Math.max(wanted, SMALLEST_CHUNK);
  }

  /** Finds out where to go on after a failure, or starts again. */
  async #recover(cause: Error, known: number | undefined): Promise<void> {
    const moved = this.#offset - this.#offsetAtFailure;
    this.#failures = moved >= PROGRESS ? 1 : this.#failures + 1;
    this.#offsetAtFailure = this.#offset;
    const { pacing } = this.#exchange;
    if (this.#failures >= pacing.limits.attempts) throw cause;
    if (known !== undefined && this.#source.canRead(known)) return;
    if (isTransient(cause)) await pacing.backOff(this.#failures);
    const offset = await this.#askOffset();
    if (offset !== undefined && offset > 0 && this.#source.canRead(offset)) this.#offset = offset;
    else await this.#restart(cause);
  }

  /** Bytes the registry has of this upload (distribution-spec end-13); undefined when it does not know. */
  async #askOffset(): Promise<number | undefined> {
    const session = this.#session;
    if (session === undefined) return undefined;
    const target = session.location;
    const answer = await this.#exchange.request({
      method: "GET",
      target,
      permission: pushTo(this.#repository),
    });
    await discard(answer);
    if (answer.status !== 204 && answer.status !== 202) return undefined;
    session.location = locationOf(answer, session.location);
    const end = rangeEnd(answer);
    // "0-0" is said for nothing and for one byte
    return end === undefined || end <= 1 || end > this.#blob.size ? undefined : end;
  }

  async #restart(cause: Error): Promise<void> {
    await this.cancel();
    if (!this.#source.canRead(0)) {
      throw new UploadInterruptedError(this.#blob.digest, this.#exchange.host, cause);
    }
    this.#offset = 0;
    this.#offsetAtFailure = 0;
  }
}

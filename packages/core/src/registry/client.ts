import type { Readable } from "node:stream";
import { referrerEntry, type Descriptor, type Digest, type Manifest } from "../oci/index.ts";
import type { RegistryAccess } from "./access.ts";
import { discard } from "./connections.ts";
import { openBlob, openForeignBlob } from "./download.ts";
import { Exchange } from "./exchange.ts";
import { listRepositories, listTags } from "./listings.ts";
import { searchRepositories, type SearchResult } from "./search.ts";
import {
  deleteManifest,
  getManifest,
  headManifest,
  putManifest,
  rateLimit,
  type RateLimit,
} from "./manifests.ts";
import { blobPath } from "./names.ts";
import { listReferrers, updateFallback } from "./referrers.ts";
import type { UploadContent } from "./replay.ts";
import { repositoryScope, type Action } from "./scope.ts";
import { readSideFile } from "./side-file.ts";
import { uploadBlob, type UploadHabits } from "./upload.ts";
import { cancelUpload, mount, type UploadSession } from "./upload-session.ts";

/**
 * One registry (distribution-spec): made once for each registry and process, so that connections, tokens and what was
 * learnt about it are shared. Nothing is sent before the first call.
 */
export class RegistryClient implements AsyncDisposable {
  readonly #exchange: Exchange;
  readonly #habits: UploadHabits = { chunkSize: undefined };
  /** Sessions opened by mounts that did not happen; the upload that follows goes on with them. */
  readonly #sessions = new Map<string, { repository: string; session: UploadSession }>();

  #pulls: RateLimit | undefined;

  constructor(access: RegistryAccess) {
    this.#exchange = new Exchange(access);
  }

  /** The registry's name, as in image names. */
  get host(): string {
    return this.#exchange.host;
  }

  /** The descriptor a tag or digest stands for, without a pull; undefined when there is none. */
  headManifest(repository: string, reference: string): Promise<Descriptor | undefined> {
    return headManifest(this.#exchange, repository, reference, (limit) => {
      this.#pulls = limit;
    });
  }

  /** The pulls that the registry allows, as it last said when asked for a descriptor; undefined where it does not say. */
  get pulls(): RateLimit | undefined {
    return this.#pulls;
  }

  /**
   * A manifest or index, checked against its digest when asked for by digest, and against `expected` if given.
   *
   * @throws {ManifestUnknownError | DigestMismatchError | SizeMismatchError}
   */
  getManifest(repository: string, reference: string, expected?: Descriptor): Promise<Manifest> {
    return getManifest(this.#exchange, repository, reference, expected);
  }

  /**
   * Writes a manifest under a tag or its digest; what it refers to must be there. One that has a subject is entered in the
   * subject's fallback tag where the registry does not keep a list of referrers itself.
   */
  async putManifest(repository: string, reference: string, manifest: Manifest): Promise<void> {
    const knowsSubject = await putManifest(this.#exchange, repository, reference, manifest);
    if (manifest.content.subject !== undefined && !knowsSubject)
      await this.#updateFallback(repository, manifest, false);
  }

  /** Deletes a tag, or by digest a manifest with all its tags. */
  deleteManifest(repository: string, reference: string): Promise<void> {
    return deleteManifest(this.#exchange, repository, reference);
  }

  /** Takes a manifest that was deleted out of its subject's fallback tag, where there is one. */
  async forgetReferrer(repository: string, manifest: Manifest): Promise<void> {
    if (manifest.content.subject !== undefined) await this.#updateFallback(repository, manifest, true);
  }

  /** The pulls that the registry still allows; undefined when it does not say. */
  rateLimit(repository: string, reference: string): Promise<RateLimit | undefined> {
    return rateLimit(this.#exchange, repository, reference);
  }

  /** What refers to a manifest by its `subject`, of one type or of all: from the registry's list, else the fallback tag. */
  listReferrers(repository: string, digest: Digest, artifactType?: string): AsyncIterable<Descriptor> {
    return listReferrers(this.#exchange, repository, digest, artifactType);
  }

  /** Whether the repository has the blob. False also where the registry will not say: the upload then tells why. */
  async hasBlob(repository: string, digest: Digest): Promise<boolean> {
    const permission = { repository, scopes: [repositoryScope(repository, ["pull", "push"])] };
    const target = blobPath(repository, digest);
    const answer = await this.#exchange.request({ method: "HEAD", target, permission });
    await discard(answer);
    if (answer.status === 200) return true;
    if ([401, 403, 404, 405].includes(answer.status)) return false;
    throw await this.#exchange.failure(answer, `look for blob ${digest} in ${repository}`, permission);
  }

  /**
   * A blob's content: resumed after cuts, and checked; the stream fails unless it is exactly what the descriptor names.
   *
   * @throws {BlobUnknownError}
   */
  getBlob(repository: string, blob: Descriptor): Promise<Readable> {
    return openBlob(this.#exchange, repository, blob);
  }

  /** As `getBlob`, from the addresses in the descriptor, without any login. */
  getForeignBlob(blob: Descriptor): Promise<Readable> {
    return openForeignBlob(this.#exchange, blob);
  }

  /** A file outside of the registry that is about its images, by its URL; undefined when there is none. */
  getSideFile(url: URL, limit: number): Promise<Buffer | undefined> {
    return readSideFile(this.#exchange, url, limit);
  }

  /**
   * Stores a blob. A function that opens the content allows to send all of it again when an upload breaks off; with a
   * stream only its last 8 MiB can be repeated.
   */
  async putBlob(repository: string, blob: Descriptor, content: UploadContent): Promise<void> {
    const key = `${repository} ${blob.digest}`;
    const session = this.#sessions.get(key)?.session;
    this.#sessions.delete(key);
    await uploadBlob(this.#exchange, repository, blob, content, this.#habits, session);
  }

  /** Takes a blob over from another repository of this registry; false when it has to be uploaded. */
  async mountBlob(repository: string, digest: Digest, from: string): Promise<boolean> {
    const outcome = await mount(this.#exchange, repository, digest, from);
    const key = `${repository} ${digest}`;
    const former = this.#sessions.get(key)?.session;
    if (outcome === false) return false;
    this.#sessions.delete(key);
    if (outcome !== true) this.#sessions.set(key, { repository, session: outcome });
    if (former !== undefined) await cancelUpload(this.#exchange, repository, former);
    return outcome === true;
  }

  /** The tags of a repository, page by page. */
  listTags(repository: string): AsyncIterable<string> {
    return listTags(this.#exchange, repository);
  }

  /** The repositories of the registry, page by page, where it tells. */
  listRepositories(): AsyncIterable<string> {
    return listRepositories(this.#exchange);
  }

  /** Repositories that fit a text, as many as `limit` at most. */
  search(text: string, limit: number): Promise<SearchResult[]> {
    return searchRepositories(this.#exchange, text, limit);
  }

  /**
   * The token that requests to a repository would bear (distribution-spec "Authentication"); undefined where the registry
   * wants none, or wants the login with each request instead.
   *
   * @throws {UnauthorizedError}
   */
  async token(repository: string, actions: readonly Action[]): Promise<string | undefined> {
    const permission = { repository, scopes: [repositoryScope(repository, actions)] };
    const header = await this.#exchange.authorization(permission);
    return header?.startsWith("Bearer ") === true ? header.slice("Bearer ".length) : undefined;
  }

  /**
   * Whether the registry accepts our login.
   *
   * @throws {UnauthorizedError}
   */
  async checkLogin(): Promise<void> {
    const permission = { repository: undefined, scopes: [] };
    const answer = await this.#exchange.request({ method: "GET", target: "/v2/", permission });
    if (answer.status !== 200) throw await this.#exchange.failure(answer, "log in", permission);
    await discard(answer);
  }

  /** Gives up sessions nobody went on with, and closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { repository, session } of this.#sessions.values()) {
      await cancelUpload(this.#exchange, repository, session);
    }
    this.#sessions.clear();
    await this.#exchange[Symbol.asyncDispose]();
  }

  async #updateFallback(repository: string, manifest: Manifest, isGone: boolean): Promise<void> {
    const subject = manifest.content.subject?.digest;
    if (subject === undefined) return;
    const change = { subject, entry: referrerEntry(manifest), isGone };
    await updateFallback(this.#exchange, repository, change, async (tag, index, ifMatch) => {
      await putManifest(this.#exchange, repository, tag, index, ifMatch);
    });
  }
}

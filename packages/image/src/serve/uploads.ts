import { createHash, randomUUID } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  lstatSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { fdatasync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { errnoOf } from "@wherry/core/error";
import { syncDirectory } from "@wherry/core/io";
import { algorithmOf, Digester, type Digest } from "@wherry/core/oci";
import { digestInvalid, Refusal, uploadUnknown } from "./refusal.ts";
import type { LayoutRepository } from "./layout-repository.ts";

const waitForDisk = promisify(fdatasync);

/** An upload nobody went on with for so long is swept when the server starts. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/** Uploads under way, as files in a hidden folder: one that was broken off, by a kill of the server too, can go on. */
export class Uploads {
  readonly #folder: string;
  readonly #busy = new Set<string>();

  constructor(folder: string) {
    this.#folder = join(folder, ".uploads");
    mkdirSync(this.#folder, { recursive: true });
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      if (Date.now() - lstatSync(path).mtimeMs > KEEP_MS) rmSync(path, { recursive: true, force: true });
    }
  }

  /** Opens an upload to a repository; gives its id. */
  open(repository: string): string {
    const id = `${keyOf(repository)}${randomUUID()}`;
    closeSync(openSync(join(this.#folder, id), "wx", 0o600));
    return id;
  }

  /** Bytes that are here. @throws {Refusal} when there is no such upload to that repository */
  size(repository: string, id: string): number {
    return statSync(this.#path(repository, id)).size;
  }

  /**
   * Adds what comes to an upload; what came before the connection broke stays. Gives the size after it.
   *
   * @param start where the bytes belong, if the client says so
   */
  async append(
    repository: string,
    id: string,
    start: number | undefined,
    content: Readable,
  ): Promise<number> {
    return this.#alone(id, async () => {
      const path = this.#path(repository, id);
      const size = this.size(repository, id);
      if (start !== undefined && start !== size)
        throw new Refusal(416, "BLOB_UPLOAD_INVALID", `the upload has ${size} bytes`, this.rangeOf(size));
      await pipeline(content, createWriteStream(path, { flags: "a" }));
      return this.size(repository, id);
    });
  }

  /** Makes the upload a blob of the repository, if it is what the digest says. */
  async finish(repository: string, id: string, digest: Digest, target: LayoutRepository): Promise<void> {
    await this.#alone(id, async () => {
      const path = this.#path(repository, id);
      const digester = new Digester(algorithmOf(digest));
      for await (const piece of createReadStream(path, {
        highWaterMark: 1024 * 1024,
      }) as AsyncIterable<Buffer>)
        digester.update(piece);
      if (digester.digest() !== digest) {
        rmSync(path, { force: true });
        throw digestInvalid("provided digest did not match uploaded content");
      }
      const fd = openSync(path, "r+");
      try {
        await waitForDisk(fd);
      } finally {
        closeSync(fd);
      }
      target.create();
      const place = target.blobPath(digest);
      mkdirSync(join(place, ".."), { recursive: true });
      renameSync(path, place);
      syncDirectory(join(place, ".."));
    });
  }

  cancel(repository: string, id: string): void {
    rmSync(this.#path(repository, id), { force: true });
  }

  /** What is here, as a header: `0-0` for nothing, as docker's registry says it. */
  rangeOf(size: number): Record<string, string> {
    return { range: `0-${Math.max(0, size - 1)}` };
  }

  /** The file of an upload. Ids are made here and bound to the repository; nothing else is a path. */
  #path(repository: string, id: string): string {
    if (!/^[0-9a-f]{16}[0-9a-f-]{36}$/.test(id) || !id.startsWith(keyOf(repository))) throw uploadUnknown();
    const path = join(this.#folder, id);
    try {
      if (lstatSync(path).isFile()) return path;
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
    throw uploadUnknown();
  }

  /** Two requests to one upload would mix their bytes. */
  async #alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy.has(id))
      throw new Refusal(409, "BLOB_UPLOAD_INVALID", "another request writes this upload");
    this.#busy.add(id);
    try {
      return await work();
    } finally {
      this.#busy.delete(id);
    }
  }
}

function keyOf(repository: string): string {
  return createHash("sha256").update(repository).digest("hex").slice(0, 16);
}

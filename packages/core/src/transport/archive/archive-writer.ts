import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { outputPlace, temporaryBeside, type OutputPlace } from "../../io/index.ts";
import type { TarContent, TarEntry, TarWriter } from "../../layer/index.ts";
import { FileSystemError } from "../../error/index.ts";
import { ArchiveBrokenError } from "../errors.ts";

/** The same for all: nothing of this machine or moment is in an archive. */
const FILE: TarEntry = { path: "", type: "file", mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 };

/**
 * A tar archive being written, one member after the other whoever asks first. The file has its name only when it is whole;
 * a pipe, a device, or standard output (`-`) is written directly.
 */
export class ArchiveWriter implements Disposable {
  readonly path: string;
  readonly #place: OutputPlace;
  readonly #temporary: string | undefined;
  readonly #names = new Set<string>();
  #fd: number | undefined;
  #tar: TarWriter | undefined;
  #queue: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(path: string) {
    this.path = path;
    this.#place = path === "-" ? { path, isStaged: false, descriptor: 1 } : outputPlace(path);
    if (this.#place.isStaged) this.#temporary = temporaryBeside(this.#place.path);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /**
   * Adds a member of that many bytes, unless there is one of that name. After a failure within a member nothing can be
   * added any more.
   */
  add(name: string, size: number, content: TarContent): Promise<void> {
    return this.#enqueue(() => this.#add({ ...FILE, path: name, size }, content));
  }

  /** Adds a folder, which skopeo wants before its files: it cannot make one itself without root. */
  addFolder(name: string): Promise<void> {
    return this.#enqueue(() => this.#add({ ...FILE, path: name, type: "directory", mode: 0o755 }));
  }

  /** Ends the archive and gives it its name. */
  async finish(): Promise<void> {
    await this.#queue;
    if (this.#failure !== undefined) throw new ArchiveBrokenError(this.path, this.#failure);
    const { tar, fd } = await this.#open();
    try {
      await tar.finish();
      if (this.#temporary !== undefined) {
        fsyncSync(fd);
        renameSync(this.#temporary, this.#place.path);
      }
    } catch (error) {
      throw new FileSystemError("write", this.path, error);
    } finally {
      if (fd !== this.#place.descriptor) closeSync(fd);
      this.#fd = undefined;
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined && this.#fd !== this.#place.descriptor) closeSync(this.#fd);
    this.#fd = undefined;
    if (this.#temporary !== undefined) rmSync(this.#temporary, { force: true });
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #add(entry: TarEntry, content?: TarContent): Promise<void> {
    if (this.#failure !== undefined) throw new ArchiveBrokenError(this.path, this.#failure);
    if (this.#names.has(entry.path)) return;
    const { tar } = await this.#open();
    try {
      await tar.add(entry, content);
      this.#names.add(entry.path);
    } catch (error) {
      this.#failure = error;
      if (error instanceof Error && "syscall" in error) throw new FileSystemError("write", this.path, error);
      throw error;
    }
  }

  async #open(): Promise<{ tar: TarWriter; fd: number }> {
    const { TarWriter: Writer } = await import("../../layer/index.ts");
    if (this.#fd === undefined) {
      try {
        this.#fd = this.#place.descriptor ?? openSync(this.#temporary ?? this.path, "w", 0o644);
      } catch (error) {
        throw new FileSystemError("write", this.path, error);
      }
    }
    this.#tar ??= new Writer(this.#fd);
    return { tar: this.#tar, fd: this.#fd };
  }
}

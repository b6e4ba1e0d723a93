import { closeSync, fdatasync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { makeDirectory, randomHex, syncDirectory, writeContent, writeFileAtomically } from "../io/index.ts";
import { stagingName, sweepStaging } from "./staging.ts";

const waitForDisk = promisify(fdatasync);

/**
 * A folder into which files are written under hidden temporary names and then renamed: what has its final name is whole.
 * The folder is made by the first write; closing removes what did not come to its end, the first write what killed
 * writers have left.
 */
export class StagedFolder implements Disposable {
  readonly path: string;
  readonly #isDurable: boolean;
  #staging: string | undefined;

  /** @param isDurable whether a file that has its name is on the disk too, so that it outlives a failure of the power */
  constructor(path: string, isDurable = true) {
    this.path = path;
    this.#isDurable = isDurable;
  }

  /** Bytes of a file; undefined when it is not there. */
  sizeOf(name: string): number | undefined {
    return statSync(join(this.path, name), { throwIfNoEntry: false })?.size;
  }

  /** @throws {FileSystemError}, and whatever the content fails with */
  async write(name: string, content: Readable): Promise<void> {
    await this.#writeTo(join(this.path, name), content);
  }

  /** As `write`; should somebody take the file away before this is closed, `restore` puts it back. */
  async writeKept(name: string, content: Readable): Promise<void> {
    await this.#writeTo(join(this.#stagingFolder(), name), content);
    this.restore(name);
  }

  /** Has a file that is there be put back by `restore` too. False when that is not possible. */
  keep(name: string): boolean {
    try {
      linkSync(join(this.path, name), join(this.#stagingFolder(), name));
      return true;
    } catch (error) {
      return errnoOf(error) === "EEXIST";
    }
  }

  /** Puts a file at its name that was kept. Where a file cannot have two names, that can be done once. */
  restore(name: string): void {
    const kept = join(this.#stagingFolder(), name);
    const second = join(this.#stagingFolder(), randomHex(8));
    try {
      linkSync(kept, second);
    } catch {
      renameSync(kept, join(this.path, name));
      return;
    }
    renameSync(second, join(this.path, name));
    rmSync(second, { force: true }); // a rename of one file onto itself leaves both names
  }

  async #writeTo(path: string, content: Readable): Promise<void> {
    const temporary = join(this.#stagingFolder(), randomHex(8));
    const fd = openSync(temporary, "wx", 0o644);
    let isOpen = true;
    try {
      await writeContent(fd, content, path);
      if (this.#isDurable) await waitForDisk(fd);
      closeSync(fd);
      isOpen = false;
      renameSync(temporary, path);
    } finally {
      content.destroy();
      if (isOpen) closeSync(fd);
      rmSync(temporary, { force: true });
    }
  }

  writeBytes(name: string, content: string | Uint8Array): void {
    const temporary = join(this.#stagingFolder(), randomHex(8));
    writeFileAtomically(temporary, content, { sync: this.#isDurable });
    renameSync(temporary, join(this.path, name));
    if (this.#isDurable) syncDirectory(dirname(join(this.path, name)));
  }

  [Symbol.dispose](): void {
    if (this.#staging !== undefined) rmSync(this.#staging, { recursive: true, force: true });
    this.#staging = undefined;
  }

  #stagingFolder(): string {
    if (this.#staging !== undefined) return this.#staging;
    makeDirectory(this.path, 0o755);
    sweepStaging(this.path);
    const staging = join(this.path, stagingName());
    try {
      mkdirSync(staging);
    } catch (error) {
      throw new FileSystemError("write into", this.path, error);
    }
    this.#staging = staging;
    return staging;
  }
}

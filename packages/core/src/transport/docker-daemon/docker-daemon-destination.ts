import { createReadStream, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { makeDirectory, randomHex, readAll } from "../../io/index.ts";
import type { Descriptor, Manifest } from "../../oci/index.ts";
import type { Reference } from "../../reference/index.ts";
import { singleImageArchive } from "../docker-archive/docker-archive-writer.ts";
import { acceptanceOf, type Acceptance, type ImageDestination } from "../image-destination.ts";
import { askDaemon, type DaemonAddress } from "./daemon-client.ts";
import { DaemonError } from "./errors.ts";

const ANSWER_LIMIT = 4 * 1024 * 1024;

/** A docker daemon, which takes an image as the archive that `docker load` reads: whole, or not at all. */
export class DockerDaemonDestination implements ImageDestination {
  readonly accepts: Acceptance;
  readonly #address: DaemonAddress;
  readonly #path: string;
  readonly #archive: ImageDestination;

  constructor(names: readonly Reference[], address: DaemonAddress, temporaryDirectory: string) {
    makeDirectory(temporaryDirectory);
    this.#address = address;
    this.#path = join(temporaryDirectory, `load-${process.pid}-${randomHex(6)}.tar`);
    this.#archive = singleImageArchive(this.#path, names);
    this.accepts = acceptanceOf(this.#archive);
  }

  hasBlob(blob: Descriptor): Promise<boolean> {
    return this.#archive.hasBlob(blob);
  }

  writeBlob(blob: Descriptor, content: Readable): Promise<void> {
    return this.#archive.writeBlob(blob, content);
  }

  writeManifest(manifest: Manifest): Promise<void> {
    return this.#archive.writeManifest(manifest);
  }

  async commit(root: Descriptor): Promise<void> {
    await this.#archive.commit(root);
    const body = { content: createReadStream(this.#path), size: statSync(this.#path).size };
    const answer = await askDaemon(this.#address, "POST", "/images/load?quiet=1", body);
    const said = await readAll(answer as AsyncIterable<Uint8Array>, ANSWER_LIMIT, "the daemon's answer");
    const failure = failureIn(said.toString());
    if (failure !== undefined) throw new DaemonError("the other end", 200, failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#archive[Symbol.asyncDispose]();
    rmSync(this.#path, { force: true });
  }
}

/** The daemon says 200 before it knows: a failure comes as one of the JSON lines that follow. */
function failureIn(text: string): string | undefined {
  for (const line of text.split(/\r?\n/)) {
    try {
      const json: unknown = JSON.parse(line);
      if (typeof json === "object" && json !== null && "error" in json && typeof json.error === "string")
        return json.error;
    } catch {
      // progress as text, or half a line: no failure is told so
    }
  }
  return undefined;
}

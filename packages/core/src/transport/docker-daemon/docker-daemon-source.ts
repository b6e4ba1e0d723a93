import { formatReference, type Reference } from "../../reference/index.ts";
import type { Digest } from "../../oci/index.ts";
import { archiveFiles } from "../archive/archive-files.ts";
import { spoolArchive } from "../archive/spool-archive.ts";
import { NoSuchImageError } from "../errors.ts";
import { DockerArchiveSource } from "../docker-archive/docker-archive-source.ts";
import { readArchiveManifest } from "../docker-archive/archive-manifest.ts";
import type { ImageFiles } from "../image-files.ts";
import { askDaemon, type DaemonAddress } from "./daemon-client.ts";

/** An image in a docker daemon, by name or by id: read as the archive that `docker save` gives. */
export function dockerDaemonSource(
  image: Reference | Digest,
  address: DaemonAddress,
  temporaryDirectory: string,
): DockerArchiveSource {
  return new DockerArchiveSource(() => fetchArchive(image, address, temporaryDirectory), undefined);
}

async function fetchArchive(
  image: Reference | Digest,
  address: DaemonAddress,
  temporaryDirectory: string,
): Promise<ImageFiles> {
  const name = typeof image === "string" ? image : formatReference(image);
  const answer = await askDaemon(address, "GET", `/images/${encodeURIComponent(name)}/get`);
  using archive = await spoolArchive(answer, temporaryDirectory);
  const files = await archiveFiles(archive.path, temporaryDirectory); // holds it open: its name may go
  if (readArchiveManifest(files).length > 0) return files;
  await files[Symbol.asyncDispose]();
  throw new NoSuchImageError(`${name} in the docker daemon`, []);
}

import { WherryError } from "../error/index.ts";
import type { Digest } from "../oci/index.ts";

/** Blobs that an image needs are not in the store. */
export class BlobMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_BLOB_MISSING";
  constructor(digest: Digest, of: string) {
    super(`blob ${digest} of ${of} is not in the store`, {
      hint: "pull the image again, or run `wherry system check --repair`",
    });
  }
}

/** A name or ID prefix fits several images. */
export class AmbiguousImageError extends WherryError {
  override readonly code = "ERR_WHERRY_AMBIGUOUS_IMAGE";
  constructor(text: string, ids: readonly string[]) {
    super(`${text} fits more than one image: ${ids.join(", ")}`, { hint: "give more digits of the ID" });
  }
}

/** No image of that name or ID. */
export class ImageNotFoundError extends WherryError {
  override readonly code = "ERR_WHERRY_IMAGE_NOT_FOUND";
  constructor(text: string) {
    super(`${text}: image not known`, {
      hint: "`wherry images` lists what is here; `wherry pull` fetches more",
    });
  }
}

/** An image may not be removed while containers are made of it. */
export class ImageInUseError extends WherryError {
  override readonly code = "ERR_WHERRY_IMAGE_IN_USE";
  override readonly exitStatus = 2;
  constructor(image: string, containers: readonly string[]) {
    super(`image used by ${containers.join(", ")}: image is in use by a container: ${image} stays`, {
      hint: "remove the container first, or use --force",
    });
  }
}

/** A container of that name exists. */
export class NameInUseError extends WherryError {
  override readonly code = "ERR_WHERRY_NAME_IN_USE";
  constructor(name: string, id: string) {
    super(`the container name ${JSON.stringify(name)} is already in use by ${id.slice(0, 12)}`, {
      hint: "remove or rename that container, choose another name, or use --replace",
    });
  }
}

/** No container of that name or ID. */
export class ContainerNotFoundError extends WherryError {
  override readonly code = "ERR_WHERRY_CONTAINER_NOT_FOUND";
  constructor(text: string) {
    super(`no container with name or ID ${JSON.stringify(text)} found: no such container`, {
      hint: "`wherry ps -a` lists all containers",
    });
  }
}

/** An ID prefix fits several containers. */
export class AmbiguousContainerError extends WherryError {
  override readonly code = "ERR_WHERRY_AMBIGUOUS_CONTAINER";
  constructor(text: string, ids: readonly string[]) {
    super(`${text} fits more than one container: ${ids.map((id) => id.slice(0, 12)).join(", ")}`, {
      hint: "give more digits of the ID",
    });
  }
}

/** A layer's content is not what the image's config says. */
export class DiffIdMismatchError extends WherryError {
  override readonly code = "ERR_WHERRY_DIFF_ID_MISMATCH";
  constructor(layer: Digest, expected: Digest, actual: Digest) {
    super(`layer ${layer} unpacks to ${actual}, but the image's config says ${expected}`, {
      hint: "the image was built wrongly or altered; do not use it",
    });
  }
}

/** The image cannot be kept in the store as it is. */
export class UnsuitableImageError extends WherryError {
  override readonly code = "ERR_WHERRY_UNSUITABLE_IMAGE";
  constructor(digest: Digest, why: string) {
    super(`cannot keep ${digest} in the store: ${why}`);
  }
}

/** Another process holds the store's database for too long. */
export class StoreBusyError extends WherryError {
  override readonly code = "ERR_WHERRY_STORE_BUSY";
  constructor(path: string, cause: unknown) {
    super(`another process keeps ${path} locked`, { cause, hint: `find it with \`fuser ${path}\`` });
  }
}

/** The store's database was written by a newer version. */
export class StoreTooNewError extends WherryError {
  override readonly code = "ERR_WHERRY_STORE_TOO_NEW";
  constructor(path: string, version: number, known: number) {
    super(`${path} has format ${version}; this version of wherry knows up to ${known}`, {
      hint: "update wherry, or choose another store with --root",
    });
  }
}

/** The store's database cannot be used. */
export class StoreDamagedError extends WherryError {
  override readonly code = "ERR_WHERRY_STORE_DAMAGED";
  constructor(path: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`the store's database ${path} is damaged: ${why}`, {
      cause,
      hint: "run `wherry system check --repair`: it rebuilds the image names from index.json",
    });
  }
}

/** Work on a layer needs the user namespace, and this program has no worker to do it there. */
export class NoWorkerError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_WORKER";
  constructor(path: string) {
    super(`${path} holds files of other users, which only a program with a user namespace can remove`, {
      hint: "run `wherry system check --repair`",
    });
  }
}

/** There is no working container of that name or ID. */
export class WorkingContainerNotFoundError extends WherryError {
  override readonly code = "ERR_WHERRY_WORKING_CONTAINER_NOT_FOUND";
  constructor(text: string) {
    super(`container ${JSON.stringify(text)} not found: container not known`, {
      hint: "list the working containers with `wherry-build containers`",
    });
  }
}

/** A manifest list of that name is there already. */
export class ListExistsError extends WherryError {
  override readonly code = "ERR_WHERRY_LIST_EXISTS";
  constructor(name: string) {
    super(`that name is already in use: a manifest list ${JSON.stringify(name)} exists`, {
      hint: "use --amend to go on with it, or remove it with `manifest rm`",
    });
  }
}

import { WherryError } from "../error/index.ts";

/** No volume of that name. */
export class VolumeNotFoundError extends WherryError {
  override readonly code = "ERR_WHERRY_VOLUME_NOT_FOUND";
  override readonly exitStatus = 1;
  constructor(text: string) {
    super(`no volume with name ${JSON.stringify(text)} found: no such volume`, {
      hint: "`wherry volume ls` lists all volumes",
    });
  }
}

/** A volume of that name exists. */
export class VolumeExistsError extends WherryError {
  override readonly code = "ERR_WHERRY_VOLUME_EXISTS";
  constructor(name: string) {
    super(`volume with name ${name} already exists: volume already exists`, {
      hint: "choose another name, remove the volume first, or use --ignore",
    });
  }
}

/** Containers mount the volume. */
export class VolumeInUseError extends WherryError {
  override readonly code = "ERR_WHERRY_VOLUME_IN_USE";
  override readonly exitStatus = 2;
  constructor(name: string, containers: readonly string[]) {
    super(
      `volume ${name} is being used by the following container(s): ${containers.join(", ")}: volume is being used`,
      { hint: "remove the containers first, or use --force, which removes them too" },
    );
  }
}

/** The beginning of a name fits several volumes. */
export class AmbiguousVolumeError extends WherryError {
  override readonly code = "ERR_WHERRY_AMBIGUOUS_VOLUME";
  constructor(text: string, names: readonly string[]) {
    super(`${text} fits more than one volume: ${names.join(", ")}`, { hint: "give more of the name" });
  }
}

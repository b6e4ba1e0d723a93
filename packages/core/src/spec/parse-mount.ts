import { resolve } from "node:path";
import { InvalidMountError } from "./errors.ts";
import { parseMountOptions, propagationOf, type MountOptions } from "./mount-options.ts";
import type { MountRequest } from "./mount-requests.ts";
import { destinationOf, tmpfsOptions, VOLUME_NAME } from "./parse-volume.ts";

/**
 * Reads `--mount type=bind,source=/a,destination=/b,ro`. Types: bind, volume, tmpfs, ramfs, image, devpts, glob.
 * A field with a comma is put in double quotes, as in CSV.
 *
 * @throws {InvalidMountError}
 */
export function parseMount(text: string, folder: string): MountRequest {
  const fields = new Fields(text);
  const type = fields.take("type") ?? "volume";
  const request = byType(type, fields, folder, text);
  fields.finish();
  return request;
}

function byType(type: string, fields: Fields, folder: string, text: string): MountRequest {
  switch (type) {
    case "bind": {
      const source = fields.source();
      if (source === undefined) throw new InvalidMountError(text, "must set source for a bind mount");
      const destination = destinationOf(fields.destination() ?? source, text);
      const { noCopy: _, ...common } = fields.common(folder);
      return { type, source: resolve(folder, source), destination, ...common };
    }
    case "volume":
      return volumeRequest(fields, folder, text);
    case "tmpfs":
    case "ramfs":
      return memoryRequest(type, fields, text);
    case "devpts":
      return devptsRequest(fields, text);
    case "image": {
      const source = fields.source();
      if (source === undefined) throw new InvalidMountError(text, "must set source for an image mount");
      const subpath = fields.take("subpath", "image-subpath");
      return {
        type,
        source,
        destination: destinationOf(fields.destination() ?? "", text),
        ...(fields.isReadWrite() === true ? { readWrite: true } : {}),
        ...(subpath === undefined ? {} : { subpath }),
      };
    }
    case "glob": {
      const pattern = fields.source();
      if (pattern === undefined) throw new InvalidMountError(text, "must set source for a glob mount");
      const destination = fields.destination();
      const { noCopy: _, ...common } = fields.common(folder);
      return {
        type,
        pattern: resolve(folder, pattern),
        ...(destination === undefined ? {} : { destination: destinationOf(destination, text) }),
        ...common,
      };
    }
    default:
      throw new InvalidMountError(text, `invalid filesystem type ${JSON.stringify(type)}`);
  }
}

function volumeRequest(fields: Fields, folder: string, text: string): MountRequest {
  const name = fields.source();
  if (name !== undefined && !VOLUME_NAME.test(name))
    throw new InvalidMountError(text, `${JSON.stringify(name)} is no volume name`);
  const destination = destinationOf(fields.destination() ?? "", text);
  const subpath = fields.take("subpath", "volume-subpath");
  const volumeOptions = Object.fromEntries(
    fields.takeAll("volume-opt").map((option) => {
      const equals = option.indexOf("=");
      return equals === -1 ? [option, ""] : [option.slice(0, equals), option.slice(equals + 1)];
    }),
  );
  return {
    type: "volume",
    destination,
    ...(name === undefined ? {} : { name }),
    ...(subpath === undefined ? {} : { subpath }),
    ...(Object.keys(volumeOptions).length === 0 ? {} : { volumeOptions }),
    ...fields.common(folder),
  };
}

function memoryRequest(type: "tmpfs" | "ramfs", fields: Fields, text: string): MountRequest {
  const destination = destinationOf(fields.destination() ?? "", text);
  const size = fields.take("tmpfs-size");
  const mode = fields.take("tmpfs-mode");
  const copyUp = fields.takeSwitch("tmpcopyup");
  const noCopyUp = fields.takeSwitch("notmpcopyup");
  const { readOnly, options = [] } = fields.common("/");
  const all = [
    ...(readOnly === true ? ["ro"] : []),
    ...(size === undefined ? [] : [`size=${size}`]),
    ...(mode === undefined ? [] : [`mode=${mode}`]),
    ...(copyUp === true ? ["tmpcopyup"] : []),
    ...(noCopyUp === true ? ["notmpcopyup"] : []),
    ...options,
  ];
  if (type === "tmpfs") return { type, destination, options: tmpfsOptions(all, text) };
  const kept = all.filter((option) => !/tmpcopyup|^size=/.test(option));
  return {
    type: "special",
    fsType: "ramfs",
    source: "ramfs",
    destination,
    options: ["nosuid", "nodev", ...kept],
  };
}

function devptsRequest(fields: Fields, text: string): MountRequest {
  const destination = destinationOf(fields.destination() ?? "", text);
  const numbers = (["uid", "gid", "mode", "max"] as const).flatMap((key) => {
    const value = fields.take(key);
    if (value !== undefined && !/^\d+$/.test(value))
      throw new InvalidMountError(text, `${key} must be a number, not ${JSON.stringify(value)}`);
    return value === undefined ? [] : [`${key}=${value}`];
  });
  return {
    type: "special",
    fsType: "devpts",
    source: "devpts",
    destination,
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", ...numbers],
  };
}

/** Words that stand alone and say what they say after `-v` too. */
const BARE = ["nosuid", "suid", "nodev", "dev", "noexec", "exec", "z", "Z", "O", "idmap", "nocopy", "copy"];

/** The fields of one `--mount`, each taken once. */
class Fields {
  readonly #text: string;
  readonly #left: (readonly [string, string | undefined])[];

  constructor(text: string) {
    this.#text = text;
    this.#left = splitFields(text).map((field) => {
      const equals = field.indexOf("=");
      return equals === -1 ? [field, undefined] : [field.slice(0, equals), field.slice(equals + 1)];
    });
  }

  takeAll(...names: readonly string[]): string[] {
    const found: string[] = [];
    for (let index = 0; index < this.#left.length;) {
      const [name = "", value] = this.#left[index] ?? [];
      if (!names.includes(name)) index++;
      else {
        this.#left.splice(index, 1);
        found.push(value ?? "");
      }
    }
    return found;
  }

  take(...names: readonly string[]): string | undefined {
    return this.takeAll(...names).at(-1);
  }

  takeSwitch(...names: readonly string[]): boolean | undefined {
    const value = this.take(...names);
    if (value === undefined) return undefined;
    if (["", "true", "1", "t"].includes(value.toLowerCase())) return true;
    if (["false", "0", "f"].includes(value.toLowerCase())) return false;
    throw new InvalidMountError(
      this.#text,
      `${names[0] ?? ""}: ${JSON.stringify(value)} is neither true nor false`,
    );
  }

  source(): string | undefined {
    return this.take("source", "src");
  }

  destination(): string | undefined {
    return this.take("destination", "dst", "target");
  }

  isReadWrite(): boolean | undefined {
    const readOnly = this.takeSwitch("ro", "readonly");
    return this.takeSwitch("rw", "readwrite") ?? (readOnly === undefined ? undefined : !readOnly);
  }

  /** What all mounts of files can have. */
  common(folder: string): MountOptions {
    const isReadWrite = this.isReadWrite();
    const propagation = this.take("bind-propagation");
    const isFlat = this.takeSwitch("bind-nonrecursive");
    const chown = this.takeSwitch("U", "chown");
    this.take("relabel");
    this.take("consistency");
    const bare = BARE.filter((word) => this.takeSwitch(word) === true);
    return {
      ...parseMountOptions(bare.join(","), this.#text, folder),
      ...(isReadWrite === false ? { readOnly: true } : {}),
      ...(propagation === undefined ? {} : { propagation: propagationOf(propagation, this.#text) }),
      ...(isFlat === true ? { recursive: false } : {}),
      ...(chown === true ? { chown } : {}),
    };
  }

  /** @throws {InvalidMountError} for a field that nobody took */
  finish(): void {
    const [unknown] = this.#left;
    if (unknown !== undefined) throw new InvalidMountError(this.#text, `${unknown[0]}: invalid mount option`);
  }
}

function splitFields(text: string): string[] {
  return Array.from(text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain]) =>
    quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'),
  ).filter((field) => field !== "");
}

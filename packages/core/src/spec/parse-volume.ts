import { isAbsolute, posix, resolve } from "node:path";
import { InvalidMountError } from "./errors.ts";
import type { BindMount, Propagation, SpecMount, TmpfsMount } from "./spec-input.ts";

/** What `-v` asks for: a host path, a named volume, or (without a name) a volume of the container's own. */
export type VolumeRequest =
  | BindMount
  | {
      readonly type: "volume";
      readonly name?: string;
      readonly destination: string;
      readonly readOnly?: boolean;
      readonly options?: readonly string[];
    };

const PROPAGATIONS: readonly string[] = [
  "private",
  "rprivate",
  "shared",
  "rshared",
  "slave",
  "rslave",
  "unbindable",
  "runbindable",
];

/** Options that change nothing for us: z, Z (SELinux labels), U is refused below. */
const IGNORED = ["z", "Z", "rw", "rbind", "copy"];

/** Options handed to the kernel. */
const PASSED = ["nosuid", "suid", "nodev", "dev", "noexec", "exec", "noatime", "relatime", "idmap"];

const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * Reads `-v [[SOURCE:]DESTINATION[:OPTIONS]]`. A source with a slash is a path (relative ones start at `folder`), another
 * one a volume's name.
 *
 * @throws {InvalidMountError}
 */
export function parseVolume(text: string, folder: string): VolumeRequest {
  const parts = text.split(":");
  if (parts.length > 3) throw new InvalidMountError(text, "expected [SOURCE:]DESTINATION[:OPTIONS]");
  const [first = "", second, optionText] = parts;
  if (second === undefined) return { type: "volume", destination: destinationOf(first, text) };
  if (first === "") throw new InvalidMountError(text, "the source is empty");
  const options = parseOptions(optionText ?? "", text);
  const destination = destinationOf(second, text);
  if (first.includes("/") || first === "." || first === "..")
    return { type: "bind", source: resolve(folder, first), destination, ...options };
  if (!VOLUME_NAME.test(first))
    throw new InvalidMountError(text, `${JSON.stringify(first)} is neither a path nor a volume name`);
  const { readOnly, options: passed } = options;
  return {
    type: "volume",
    name: first,
    destination,
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(passed === undefined ? {} : { options: passed }),
  };
}

/**
 * Reads `--tmpfs DESTINATION[:OPTIONS]`.
 *
 * @throws {InvalidMountError}
 */
export function parseTmpfs(text: string): TmpfsMount {
  const colon = text.indexOf(":");
  const destination = destinationOf(colon === -1 ? text : text.slice(0, colon), text);
  const options =
    colon === -1
      ? []
      : text
          .slice(colon + 1)
          .split(",")
          .filter((option) => option !== "");
  return { type: "tmpfs", destination, options };
}

/**
 * Reads `--mount type=bind,source=/a,destination=/b,ro` and `type=tmpfs,…` (types: bind, tmpfs, volume).
 *
 * @throws {InvalidMountError}
 */
export function parseMount(text: string, folder: string): VolumeRequest | SpecMount {
  const fields = new Map<string, string>();
  for (const field of text.split(",")) {
    const equals = field.indexOf("=");
    fields.set(
      equals === -1 ? field : field.slice(0, equals),
      equals === -1 ? "true" : field.slice(equals + 1),
    );
  }
  const take = (...names: string[]): string | undefined => {
    const name = names.find((candidate) => fields.has(candidate));
    const value = name === undefined ? undefined : fields.get(name);
    for (const candidate of names) fields.delete(candidate);
    return value;
  };
  const type = take("type") ?? "volume";
  const source = take("source", "src");
  const destination = destinationOf(take("destination", "dst", "target") ?? "", text);
  const readOnly = take("ro", "readonly") === "true";
  const propagation = take("bind-propagation");
  const size = take("tmpfs-size");
  const mode = take("tmpfs-mode");
  const [unknown] = fields.keys();
  if (unknown !== undefined) throw new InvalidMountError(text, `${unknown}: invalid mount option`);
  const access = readOnly ? { readOnly } : {};
  switch (type) {
    case "bind":
      if (source === undefined) throw new InvalidMountError(text, "must set source for a bind mount");
      return {
        type,
        source: resolve(folder, source),
        destination,
        ...access,
        ...(propagation === undefined ? {} : { propagation: propagationOf(propagation, text) }),
      };
    case "tmpfs":
      return {
        type,
        destination,
        options: [
          ...(readOnly ? ["ro"] : []),
          ...(size === undefined ? [] : [`size=${size}`]),
          ...(mode === undefined ? [] : [`mode=${mode}`]),
        ],
      };
    case "volume":
      return { type, destination, ...access, ...(source === undefined ? {} : { name: source }) };
    default:
      throw new InvalidMountError(text, `invalid filesystem type ${JSON.stringify(type)}`);
  }
}

function parseOptions(optionText: string, whole: string): Omit<BindMount, "type" | "source" | "destination"> {
  const passed: string[] = [];
  let readOnly = false;
  let recursive: boolean | undefined;
  let propagation: Propagation | undefined;
  for (const option of optionText.split(",").filter((text) => text !== "")) {
    if (option === "ro") readOnly = true;
    else if (option === "bind") recursive = false;
    else if (PROPAGATIONS.includes(option)) propagation = propagationOf(option, whole);
    else if (PASSED.includes(option)) passed.push(option);
    else if (!IGNORED.includes(option))
      throw new InvalidMountError(whole, `invalid option ${JSON.stringify(option)}`);
  }
  return {
    ...(readOnly ? { readOnly } : {}),
    ...(recursive === undefined ? {} : { recursive }),
    ...(propagation === undefined ? {} : { propagation }),
    ...(passed.length === 0 ? {} : { options: passed }),
  };
}

function propagationOf(text: string, whole: string): Propagation {
  if (!PROPAGATIONS.includes(text))
    throw new InvalidMountError(whole, `invalid propagation ${JSON.stringify(text)}`);
  return text as Propagation;
}

function destinationOf(text: string, whole: string): string {
  if (!isAbsolute(text))
    throw new InvalidMountError(
      whole,
      `the path in the container must be absolute, not ${JSON.stringify(text)}`,
    );
  const clean = posix.normalize(text);
  if (clean === "/") throw new InvalidMountError(whole, "the whole root cannot be mounted over");
  return clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

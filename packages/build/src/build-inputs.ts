import { statSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "@wherry/core/cli";
import { FileSystemError, withoutCredentials } from "@wherry/core/error";
import { endAtSignals, readLimited, TooLargeError } from "@wherry/core/io";
import { openFolder, type ContextFiles, type NamedContext, type SshSource } from "./builder/index.ts";
import { isRemotePlace, type LocalContext } from "./remote-context.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** As much as a secret may have, in bytes. */
const SECRET_LIMIT = 500 * 1024;

/**
 * Reads `--build-context NAME=PLACE`.
 *
 * @param fetch gets what is not a folder of this machine, when it is needed
 */
export function namedContexts(
  texts: readonly string[],
  fetch: LocalContext["fetch"],
): Map<string, NamedContext> {
  return new Map(
    texts.map((text) => {
      const equals = text.indexOf("=");
      const [name, place] = [text.slice(0, equals), text.slice(equals + 1)];
      if (equals < 1 || place === "")
        throw new UsageError(`invalid build context ${JSON.stringify(text)}: expected NAME=PLACE`);
      return [name, namedContext(place, fetch)];
    }),
  );
}

function namedContext(place: string, fetch: LocalContext["fetch"]): NamedContext {
  if (isRemotePlace(place)) {
    let opened: Promise<ContextFiles> | undefined;
    return { kind: "files", open: () => (opened ??= fetchFiles(place, fetch)) };
  }
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+-]*):\/\/(.*)$/s.exec(place) ?? [];
  if (scheme === "") {
    const files = openFolder(place);
    return { kind: "files", open: () => Promise.resolve(files) };
  }
  if (scheme === "docker-image" || scheme === "container-image" || scheme === "docker")
    return { kind: "image", image: rest };
  if (scheme === "oci-layout") return { kind: "image", image: `oci:${resolve(rest)}` };
  throw new UsageError(
    `build context ${place}: it must be a folder, a git repository or archive's URL, docker-image://NAME or oci-layout://PATH, not ${scheme}://`,
  );
}

async function fetchFiles(place: string, fetch: LocalContext["fetch"]): Promise<ContextFiles> {
  const { folder, containerfile } = await fetch(place);
  if (containerfile !== undefined)
    throw new UsageError(
      `build context ${withoutCredentials(place)} is neither a git repository nor an archive`,
    );
  return openFolder(folder, { isConfined: true });
}

/** Reads `--secret id=ID[,src=FILE][,env=NAME][,type=file|env]`; values are read when they are needed. */
export function secretValues(texts: readonly string[], env: Environment): Map<string, () => Uint8Array> {
  return new Map(
    texts.map((text) => {
      const fields = readFields(text, "secret", ["id", "src", "source", "env", "type"]);
      const id = fields.get("id");
      if (id === undefined || id === "")
        throw new UsageError(`--secret ${text} has no id: expected id=ID,src=FILE or id=ID,env=NAME`);
      return [id, secretValue(id, fields, env)];
    }),
  );
}

function secretValue(id: string, fields: ReadonlyMap<string, string>, env: Environment): () => Uint8Array {
  const type = fields.get("type") ?? (fields.has("env") ? "env" : undefined);
  const file = fields.get("src") ?? fields.get("source");
  if (type !== undefined && type !== "env" && type !== "file")
    throw new UsageError(`--secret id=${id}: type is file or env, not ${JSON.stringify(type)}`);
  const variable = fields.get("env") ?? (type === "env" ? (file ?? id) : id);
  if (type === "env" || (type === undefined && file === undefined && env[variable] !== undefined)) {
    const value = env[variable];
    if (value === undefined) throw new UsageError(`--secret id=${id}: the environment has no ${variable}`);
    return () => limited(id, Buffer.from(value));
  }
  const path = file ?? id;
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.isDirectory())
    throw new UsageError(`--secret id=${id}: no such file: ${path}`);
  if (there.isFile()) return () => readSecret(id, path);
  let content: Uint8Array | undefined; // a pipe, as of <(command), gives it once
  return () => (content ??= endAtSignals(() => readSecret(id, path)));
}

function readSecret(id: string, path: string): Uint8Array {
  try {
    return readLimited(path, SECRET_LIMIT);
  } catch (error) {
    if (error instanceof TooLargeError) throw tooLarge(id);
    throw new FileSystemError("read", path, error);
  }
}

function limited(id: string, content: Uint8Array): Uint8Array {
  if (content.length > SECRET_LIMIT) throw tooLarge(id);
  return content;
}

function tooLarge(id: string): UsageError {
  return new UsageError(`--secret id=${id} has more than ${SECRET_LIMIT} bytes`);
}

/** Reads `--ssh default`, `--ssh ID=SOCKET` and `--ssh ID=KEY[,KEY…]`. */
export function sshSources(texts: readonly string[], env: Environment): Map<string, SshSource> {
  return new Map(
    texts.map((text) => {
      const equals = text.indexOf("=");
      const id = (equals < 0 ? text : text.slice(0, equals)) || "default";
      const paths = equals < 0 ? [] : text.slice(equals + 1).split(",");
      return [id, sshSource(id, paths, env)];
    }),
  );
}

function sshSource(id: string, paths: readonly string[], env: Environment): SshSource {
  if (paths.length === 0) {
    const path = env["SSH_AUTH_SOCK"];
    if (path === undefined || path === "")
      throw new UsageError(
        `--ssh ${id}: no agent runs here: SSH_AUTH_SOCK is not set; name keys as --ssh ${id}=FILE`,
      );
    return { kind: "socket", path };
  }
  const kinds = paths.map((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isSocket() === true) return "socket";
    if (stats?.isFile() === true) return "key";
    throw new UsageError(`--ssh ${id}: no such socket or key: ${path}`);
  });
  const [first = ""] = paths;
  if (kinds.includes("socket")) {
    if (paths.length > 1) throw new UsageError(`--ssh ${id}: only one socket can be given`);
    return { kind: "socket", path: resolve(first) };
  }
  return { kind: "keys", paths: paths.map((path) => resolve(path)) };
}

/** `name=value,…` of a flag. @throws {UsageError} for a name that is not known */
export function readFields(text: string, flag: string, known: readonly string[]): Map<string, string> {
  return new Map(
    text.split(",").map((field) => {
      const equals = field.indexOf("=");
      const name = field.slice(0, Math.max(0, equals));
      if (!known.includes(name))
        throw new UsageError(
          `invalid field ${JSON.stringify(field)} of --${flag}: it takes ${known.join(", ")}`,
        );
      return [name, field.slice(equals + 1)];
    }),
  );
}

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { errnoOf } from "../error/index.ts";
import { makeDirectory, writeFileAtomically } from "../io/index.ts";
import { lockFile } from "../process/index.ts";
import type { Credentials } from "./credentials.ts";
import { CredentialFileError } from "./errors.ts";

/** One entry of `auths`. Fields we do not know are kept. */
export type AuthEntry = Readonly<Record<string, unknown>>;

/** A credential file: containers' auth.json or docker's config.json (containers-auth.json(5)). */
export interface AuthFile {
  readonly path: string;
  readonly auths: Readonly<Record<string, AuthEntry>>;
  /** Host → helper. */
  readonly credHelpers: Readonly<Record<string, string>>;
  /** Helper for all hosts. */
  readonly credsStore: string | undefined;
}

const entriesSchema = v.record(v.string(), v.looseObject({}));
const fileSchema = v.looseObject({
  auths: v.optional(v.nullable(entriesSchema)),
  credHelpers: v.optional(v.nullable(v.record(v.string(), v.string()))),
  credsStore: v.optional(v.nullable(v.string())),
});

/**
 * Reads a credential file; undefined when there is none. ~/.dockercfg, docker's oldest form, is only the table of logins.
 *
 * @throws {CredentialFileError} when it is damaged or closed to us.
 */
export function readAuthFile(path: string, isOldest = false): AuthFile | undefined {
  const json = readJson(path);
  if (json === undefined) return undefined;
  const parsed = v.safeParse(isOldest ? entriesSchema : fileSchema, json);
  if (!parsed.success)
    throw new CredentialFileError(
      path,
      `has a wrong value at ${v.getDotPath(parsed.issues[0]) ?? "its top"}`,
    );
  if (isOldest)
    return {
      path,
      auths: parsed.output as Record<string, AuthEntry>,
      credHelpers: {},
      credsStore: undefined,
    };
  const { auths, credHelpers, credsStore } = parsed.output as v.InferOutput<typeof fileSchema>;
  return { path, auths: auths ?? {}, credHelpers: credHelpers ?? {}, credsStore: credsStore ?? undefined };
}

/** Changes the logins of a file, made if missing; what else is in it stays. Readable for its owner only. */
export async function updateAuths(
  path: string,
  change: (auths: Record<string, AuthEntry>) => void,
  signal?: AbortSignal,
): Promise<void> {
  makeDirectory(dirname(path));
  using _lock = await lockFile(`${path}.lock`, { signal });
  const json = (readJson(path) ?? {}) as Record<string, unknown>;
  readAuthFile(path); // refuses a damaged file before it is overwritten
  const auths = { ...(json["auths"] as Record<string, AuthEntry> | null | undefined) };
  change(auths);
  writeFileAtomically(path, `${JSON.stringify({ ...json, auths }, undefined, "\t")}\n`, { mode: 0o600 });
}

/** What an entry holds; undefined for an empty one, as docker leaves beside a credential store. */
export function credentialsOf(entry: AuthEntry): Credentials | undefined {
  const { identitytoken, registrytoken, username, password, auth } = entry;
  if (isFilled(identitytoken)) return { identityToken: identitytoken };
  if (isFilled(registrytoken)) return { registryToken: registrytoken };
  if (isFilled(username) && typeof password === "string") return { username, password };
  if (!isFilled(auth)) return undefined;
  const pair = Buffer.from(auth, "base64").toString();
  const colon = pair.indexOf(":");
  if (colon <= 0) return undefined;
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/\0+$/, "") };
}

/** The entry that holds the credentials. */
export function entryOf(credentials: Credentials): AuthEntry {
  if ("registryToken" in credentials) return { registrytoken: credentials.registryToken };
  if ("identityToken" in credentials) {
    return { auth: Buffer.from("<token>:").toString("base64"), identitytoken: credentials.identityToken };
  }
  return { auth: Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64") };
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw new CredentialFileError(path, `cannot be read: ${errno ?? "unknown error"}`, error);
  }
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new CredentialFileError(path, "is not JSON"); // without its cause, which quotes the file
  }
}

function isFilled(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

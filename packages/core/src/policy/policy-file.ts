import { existsSync, readFileSync } from "node:fs";
import * as v from "valibot";
import { containersFolders, InvalidConfigurationError, type Environment } from "../config/index.ts";
import { FileSystemError } from "../error/index.ts";
import { signedIdentitySchema, USUAL_IDENTITY, type SignedIdentity } from "./signed-identity.ts";

/** A signature by one of these keys, for a name that fits. */
export interface SignedBy {
  readonly type: "signedBy";
  readonly keyType: (typeof KEY_TYPES)[number];
  /** Files with public keys, each with one or more. */
  readonly keyPaths: readonly string[];
  /** Public keys in the policy itself. */
  readonly keyData: Uint8Array | undefined;
  readonly signedIdentity: SignedIdentity;
}

/** What is asked of an image; of what is never verified the details are not read. */
export type Requirement =
  { readonly type: "insecureAcceptAnything" | "reject" | "signedBaseLayer" | "sigstoreSigned" } | SignedBy;

/** A signature policy (containers-policy.json(5)). */
export interface Policy {
  /** The file it was read from; undefined for the policy that holds where there is no file. */
  readonly path: string | undefined;
  readonly default: readonly Requirement[];
  /** Transport → scope → requirements, all of which have to be met. */
  readonly transports: Readonly<Record<string, Readonly<Record<string, readonly Requirement[]>>>>;
}

/** What holds without a file, and with `--insecure-policy`. */
export const ACCEPT_ANYTHING: Policy = {
  path: undefined,
  default: [{ type: "insecureAcceptAnything" }],
  transports: {},
};

const plain = (type: "insecureAcceptAnything" | "reject") => v.strictObject({ type: v.literal(type) });
const unverified = (type: "signedBaseLayer" | "sigstoreSigned") => v.looseObject({ type: v.literal(type) });

const KEY_TYPES = ["GPGKeys", "signedByGPGKeys", "X509Certificates", "signedByX509CAs"] as const;

const path = v.pipe(v.string(), v.nonEmpty("a path is expected"));
const requirement = v.variant("type", [
  plain("insecureAcceptAnything"),
  plain("reject"),
  v.strictObject({
    type: v.literal("signedBy"),
    keyType: v.picklist(KEY_TYPES),
    keyPath: v.optional(path),
    keyPaths: v.optional(v.pipe(v.array(path), v.minLength(1, "paths are expected"))),
    keyData: v.optional(v.pipe(v.string(), v.nonEmpty(), v.base64("base64 is expected"))),
    signedIdentity: v.optional(signedIdentitySchema, USUAL_IDENTITY),
  }),
  unverified("signedBaseLayer"),
  unverified("sigstoreSigned"),
]);
const requirements = v.pipe(
  v.array(
    v.pipe(
      requirement,
      v.check(hasKeys, "just one of keyPath, keyPaths and keyData is expected"),
      v.transform(read),
    ),
  ),
  v.minLength(1, "a list of requirements must not be empty"),
);

type Written = v.InferOutput<typeof requirement>;

function hasKeys(written: Written): boolean {
  if (written.type !== "signedBy") return true;
  const { keyPath, keyPaths, keyData } = written;
  return [keyPath, keyPaths, keyData].filter((keys) => keys !== undefined).length === 1;
}

function read(written: Written): Requirement {
  if (written.type !== "signedBy") return { type: written.type };
  const { type, keyType, keyPath, keyPaths = [], keyData, signedIdentity } = written;
  return {
    ...{ type, keyType, signedIdentity },
    keyPaths: keyPath === undefined ? keyPaths : [keyPath],
    keyData: keyData === undefined ? undefined : Buffer.from(keyData, "base64"),
  };
}

const policySchema = v.strictObject({
  default: requirements,
  transports: v.optional(v.record(v.string(), v.record(v.string(), requirements)), {}),
});

/**
 * Reads the policy that holds: that of the file named, else of `~/.config/containers/policy.json`, else of
 * `/etc/containers/policy.json`; where there is none, anything is accepted.
 *
 * @throws {InvalidConfigurationError} also for keys that nobody knows: a misspelt requirement must not pass for none.
 */
export function readPolicy(environment: Environment, file?: string): Policy {
  const { user, etc } = containersFolders(environment);
  const usual = [user, etc].map((folder) => `${folder}/policy.json`);
  const path = file ?? usual.find((candidate) => existsSync(candidate));
  if (path === undefined) return ACCEPT_ANYTHING;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
  return parsePolicy(text, path);
}

/** @throws {InvalidConfigurationError} */
export function parsePolicy(text: string, path: string): Policy {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidConfigurationError(path, "is not JSON", error);
  }
  const parsed = v.safeParse(policySchema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const place = v.getDotPath(issue);
    throw new InvalidConfigurationError(path, `${place === null ? "" : `${place}: `}${issue.message}`);
  }
  return { path, ...parsed.output };
}

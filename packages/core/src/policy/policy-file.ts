import { existsSync, readFileSync } from "node:fs";
import * as v from "valibot";
import { containersFolders, InvalidConfigurationError, type Environment } from "../config/index.ts";
import { FileSystemError } from "../error/index.ts";

/** What is asked of an image; of signatures the details are not read, since none is verified. */
export type RequirementType =
  "insecureAcceptAnything" | "reject" | "signedBy" | "signedBaseLayer" | "sigstoreSigned";

/** A signature policy (containers-policy.json(5)). */
export interface Policy {
  /** The file it was read from; undefined for the policy that holds where there is no file. */
  readonly path: string | undefined;
  readonly default: readonly RequirementType[];
  /** Transport → scope → requirements, all of which have to be met. */
  readonly transports: Readonly<Record<string, Readonly<Record<string, readonly RequirementType[]>>>>;
}

/** What holds without a file, and with `--insecure-policy`. */
export const ACCEPT_ANYTHING: Policy = {
  path: undefined,
  default: ["insecureAcceptAnything"],
  transports: {},
};

const plain = (type: "insecureAcceptAnything" | "reject") => v.strictObject({ type: v.literal(type) });
const signed = (type: "signedBy" | "signedBaseLayer" | "sigstoreSigned") =>
  v.looseObject({ type: v.literal(type) });

const requirements = v.pipe(
  v.array(
    v.variant("type", [
      plain("insecureAcceptAnything"),
      plain("reject"),
      signed("signedBy"),
      signed("signedBaseLayer"),
      signed("sigstoreSigned"),
    ]),
  ),
  v.minLength(1, "a list of requirements must not be empty"),
);

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
  const types = (list: readonly { readonly type: RequirementType }[]) => list.map(({ type }) => type);
  const transports = Object.entries(parsed.output.transports).map(([transport, scopes]) => [
    transport,
    Object.fromEntries(Object.entries(scopes).map(([scope, list]) => [scope, types(list)])),
  ]);
  return {
    path,
    default: types(parsed.output.default),
    transports: Object.fromEntries(transports) as Policy["transports"],
  };
}

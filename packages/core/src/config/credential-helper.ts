import * as v from "valibot";
import { findProgram, ProgramNotFoundError, run } from "../process/index.ts";
import type { Credentials } from "./credentials.ts";
import { CredentialHelperError } from "./errors.ts";

/** A program of docker's credential helper protocol: a verb as argument, JSON on standard input and output. */
export interface CredentialHelper {
  /** As in docker-credential-NAME. */
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** After this long it is killed, in ms. */
  readonly timeoutMs: number;
}

const answerSchema = v.looseObject({ Username: v.string(), Secret: v.string() });
const listSchema = v.record(v.string(), v.string());

/** The login of a server; undefined when the helper has none. */
export async function getFromHelper(
  helper: CredentialHelper,
  server: string,
): Promise<Credentials | undefined> {
  const text = await call(helper, "get", server, server);
  if (text === undefined) return undefined;
  const answer = parse(helper, "get", server, answerSchema, text);
  if (answer.Username === "" && answer.Secret === "") return undefined;
  // docker's convention: this user name means that the secret is an identity token
  if (answer.Username === "<token>") return { identityToken: answer.Secret };
  return { username: answer.Username, password: answer.Secret };
}

/** Hands a login to the helper. */
export async function storeInHelper(
  helper: CredentialHelper,
  server: string,
  credentials: Credentials,
): Promise<void> {
  const [username, secret] =
    "username" in credentials
      ? [credentials.username, credentials.password]
      : ["<token>", "identityToken" in credentials ? credentials.identityToken : credentials.registryToken];
  await call(
    helper,
    "store",
    server,
    JSON.stringify({ ServerURL: server, Username: username, Secret: secret }),
  );
}

/** Takes a login out; false when there was none. */
export async function eraseFromHelper(helper: CredentialHelper, server: string): Promise<boolean> {
  if ((await getFromHelper(helper, server)) === undefined) return false;
  await call(helper, "erase", server, server);
  return true;
}

/** The servers a helper has logins for, with the user names. */
export async function listHelper(helper: CredentialHelper): Promise<ReadonlyMap<string, string>> {
  const text = await call(helper, "list", "all registries", "");
  return new Map(
    Object.entries(text === undefined ? {} : parse(helper, "list", "all registries", listSchema, text)),
  );
}

/** What the helper wrote; undefined when it says that it has no such login. Its output never gets into a message. */
async function call(
  { name, env, timeoutMs }: CredentialHelper,
  verb: "get" | "store" | "erase" | "list",
  registry: string,
  input: string,
): Promise<string | undefined> {
  const program = `docker-credential-${name}`;
  const fail = (why: string, cause?: unknown): never => {
    throw new CredentialHelperError(program, verb, registry, why, cause);
  };
  if (!/^[\w.-]+$/.test(name)) return fail("its name is not a program's name");
  const path = findProgram(program, env["PATH"]);
  if (path === undefined) return fail("it is not installed");
  let finished;
  try {
    const anyStatus = Array.from({ length: 256 }, (_value, status) => status);
    finished = await run(path, [verb], { input, env: { ...env }, timeoutMs, okStatus: anyStatus });
  } catch (error) {
    if (error instanceof ProgramNotFoundError) return fail("it is not installed");
    return fail(`it did not end within ${timeoutMs / 1000} s, or was killed`);
  }
  const text = finished.stdout.toString();
  if (finished.status === 0) return text;
  if (/credentials not found|no credentials server URL|could not be found in the keychain/i.test(text))
    return undefined;
  return fail(`it failed with status ${finished.status}`);
}

function parse<T extends v.GenericSchema>(
  { name }: CredentialHelper,
  verb: string,
  registry: string,
  schema: T,
  text: string,
): v.InferOutput<T> {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    throw new CredentialHelperError(
      `docker-credential-${name}`,
      verb,
      registry,
      "it did not answer as the protocol asks",
    );
  }
}

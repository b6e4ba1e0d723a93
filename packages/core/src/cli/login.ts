import { boolean, string } from "@oclif/core/flags";
import type { Engine, RegistryOptions } from "../engine/index.ts";
import { UsageError } from "./errors.ts";
import { registryFlags, registryOptions } from "./registry-flags.ts";

/** Flags of `login`, the same in all three programs. */
export const loginFlags = {
  authfile: registryFlags.authfile,
  "compat-auth-file": compatAuthFile(),
  "cert-dir": registryFlags["cert-dir"],
  "get-login": boolean({ description: "Return the current login user for the registry" }),
  password: string({ char: "p", description: "Password for registry" }),
  "password-stdin": boolean({ description: "Take the password from stdin", exclusive: ["password"] }),
  "tls-verify": registryFlags["tls-verify"],
  username: string({ char: "u", description: "Username for registry" }),
  verbose: boolean({ char: "v", description: "Write more detailed information to stdout" }),
};

/** Flags of `logout`. */
export const logoutFlags = {
  all: boolean({
    char: "a",
    description: "Remove the cached credentials for all registries in the auth file",
  }),
  authfile: registryFlags.authfile,
  "compat-auth-file": compatAuthFile(),
};

function compatAuthFile() {
  return string({
    helpValue: "path",
    exclusive: ["authfile"],
    description: "Path of a configuration file of docker, to keep the login there as docker reads it",
  });
}

interface Session {
  readonly engine: Engine;
  /** Writes a line to standard output. */
  readonly log: (line: string) => void;
}

/** What `login` does in all three programs: find or ask for credentials, check them, keep them. */
export async function runLogin(
  { engine, log }: Session,
  named: string | undefined,
  flags: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { findLogin, login, LoginFailedError, NotLoggedInError } = await import("../engine/index.ts");
  const registry = await registryOf(engine, named);
  const { credentials: _none, ...options } = accessAmong(flags);
  const known = await knownUser(findLogin(engine, registry, options));
  if (flags["get-login"] === true) {
    if (known === undefined) throw new NotLoggedInError(registry);
    log(known.username);
    return;
  }
  const given = await givenCredentials(flags);
  if (given.username === undefined && given.password === undefined && known?.password !== undefined) {
    log(`Authenticating with existing credentials for ${registry}`);
    try {
      await login(engine, registry, { username: known.username, password: known.password }, options);
      log(`Existing credentials are valid. Already logged in to ${registry}`);
      return;
    } catch (error) {
      if (!(error instanceof LoginFailedError)) throw error;
      log("Existing credentials are invalid, please enter valid username and password");
    }
  }
  const username = given.username ?? (await askUsername(known?.username));
  const password = given.password ?? (await askPassword());
  const where = await login(engine, registry, { username, password }, options);
  if (flags["verbose"] === true) log(`Used: ${where}`);
  log("Login Succeeded!");
}

/** What `logout` does in all three programs. */
export async function runLogout(
  { engine, log }: Session,
  named: string | undefined,
  flags: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { logout } = await import("../engine/index.ts");
  const options = accessAmong(flags);
  if (flags["all"] === true) {
    if (named !== undefined) throw new UsageError("--all takes no arguments");
    await logout(engine, undefined, options);
    log("Removed login credentials for all registries");
    return;
  }
  const registry = await registryOf(engine, named);
  await logout(engine, registry, options);
  log(`Removed login credentials for ${registry}`);
}

function accessAmong(flags: Readonly<Record<string, unknown>>): RegistryOptions {
  const { "compat-auth-file": file } = flags;
  const options = registryOptions(flags);
  return typeof file === "string" ? { ...options, authFile: file, dockerCompatible: true } : options;
}

/** The registry as logins are kept for it: without scheme and slash at the end. */
async function registryOf(engine: Engine, named: string | undefined): Promise<string> {
  const { defaultRegistry } = await import("../engine/index.ts");
  const registry = named ?? (await defaultRegistry(engine));
  if (registry === undefined)
    throw new UsageError("no registries found in registries.conf, a registry must be provided");
  return registry.replace(/^https?:\/\//, "").replace(/\/+$/, "");
}

async function knownUser(finding: ReturnType<typeof import("../engine/index.ts").findLogin>) {
  const known = await finding;
  return known !== undefined && "username" in known ? known : undefined;
}

async function givenCredentials(flags: Readonly<Record<string, unknown>>) {
  const { username, password } = flags as { readonly username?: string; readonly password?: string };
  if (flags["password-stdin"] !== true) return { username, password };
  if (username === undefined) throw new UsageError("Must provide --username with --password-stdin");
  const { readSecretInput } = await import("./prompt.ts");
  return { username, password: await readSecretInput() };
}

async function askPassword(): Promise<string> {
  const { ask } = await import("./prompt.ts");
  return ask("Password: ", { secret: true, instead: { what: "a password", flag: "--password-stdin" } });
}

async function askUsername(known: string | undefined): Promise<string> {
  const { ask } = await import("./prompt.ts");
  const question = known === undefined ? "Username: " : `Username (${known}): `;
  const answer = await ask(question, { instead: { what: "a username", flag: "--username" } });
  const username = answer === "" ? known : answer;
  if (username === undefined || username === "") throw new UsageError("a username is needed");
  return username;
}

import { existsSync } from "node:fs";
import { credentialsOf, entryOf, readAuthFile, updateAuths, type AuthFile } from "./auth-file.ts";
import { DOCKER_HUB_KEY, longestMatch, normaliseAuthKey } from "./auth-keys.ts";
import {
  eraseFromHelper,
  getFromHelper,
  listHelper,
  storeInHelper,
  type CredentialHelper,
} from "./credential-helper.ts";
import { credentialFiles, writableCredentialFile, type CredentialFile } from "./credential-files.ts";
import type { Credentials } from "./credentials.ts";
import type { Environment } from "./environment.ts";
import { CredentialFileError, NamespacedCredentialsError, NamespacedLoginError } from "./errors.ts";

export interface CredentialStoreOptions {
  /** The only file to use: `--authfile`. */
  readonly authFile?: string;
  /** Keep logins in that file as docker does: for hosts only, Docker Hub under docker's own key. */
  readonly dockerCompatible?: boolean;
  /** `credential-helpers` of registries.conf: where to look, in order; `containers-auth.json` stands for the files. */
  readonly helpers?: readonly string[];
  /** How long a helper program may take, in ms (default 30 s: some ask the user). */
  readonly helperTimeoutMs?: number;
  /** Ends the wait for another process that changes the same file. */
  readonly signal?: AbortSignal | undefined;
}

/** Credentials and where they come from. */
export interface FoundCredentials {
  readonly credentials: Credentials;
  /** Such as "/run/user/1000/containers/auth.json, key quay.io/org" or "docker-credential-pass, key quay.io". */
  readonly from: string;
}

/** A login that is kept somewhere. */
export interface KnownLogin {
  /** The key, as it stands there. */
  readonly registry: string;
  readonly username: string | undefined;
  readonly from: string;
}

const FILES = "containers-auth.json";

/** The logins of a user, in podman's and docker's files and helper programs. */
export class CredentialStore {
  readonly #environment: Environment;
  readonly #options: CredentialStoreOptions;

  constructor(environment: Environment, options: CredentialStoreOptions = {}) {
    this.#environment = environment;
    this.#options = options;
  }

  /**
   * The login for a repository of a registry. An explicit file (`authFile`, else `$REGISTRY_AUTH_FILE`) is the only one looked
   * at; else the files in their order. The longest key wins.
   *
   * @throws {CredentialFileError | CredentialHelperError}
   */
  async find(registry: string, repository?: string): Promise<FoundCredentials | undefined> {
    const explicit = this.#explicitFile();
    if (explicit !== undefined && !existsSync(explicit)) {
      throw new CredentialFileError(
        explicit,
        "does not exist: it was named by --authfile or REGISTRY_AUTH_FILE",
      );
    }
    const places = explicit === undefined ? (this.#options.helpers ?? [FILES]) : [FILES];
    for (const place of places) {
      const found =
        place === FILES
          ? await this.#findInFiles(registry, repository)
          : await this.#findInHelper(place, [hostOf(registry)]);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * Keeps a login, in the helper the file names for that host, else in the file. The registry may be a namespace,
   * `host/path`.
   *
   * @returns where it is kept now.
   * @throws {NamespacedCredentialsError | NamespacedLoginError | CredentialHelperError | FileSystemError}
   */
  async save(registry: string, credentials: Credentials): Promise<string> {
    const path = this.#targetFile();
    const name = normaliseAuthKey(registry);
    const { dockerCompatible = false } = this.#options;
    if (dockerCompatible && name.includes("/")) throw new NamespacedLoginError(path, name);
    const helper = helperFor(readAuthFile(path), hostOf(name));
    if (helper !== undefined) {
      if (name.includes("/")) throw new NamespacedCredentialsError(`docker-credential-${helper.name}`, name);
      await storeInHelper(this.#helper(helper.name), helper.key, credentials);
      return `docker-credential-${helper.name}`;
    }
    await updateAuths(
      path,
      (auths) => {
        for (const key of Object.keys(auths))
          if (normaliseAuthKey(key) === name) Reflect.deleteProperty(auths, key);
        auths[dockerCompatible ? (helperKeys(name)[0] ?? name) : name] = entryOf(credentials);
      },
      this.#options.signal,
    );
    return path;
  }

  /** Forgets a login; false when it was not kept where `save` keeps it. */
  async remove(registry: string): Promise<boolean> {
    const path = this.#targetFile();
    const file = readAuthFile(path);
    if (file === undefined) return false;
    const name = normaliseAuthKey(registry);
    const helper = helperFor(file, hostOf(name));
    const erased =
      helper !== undefined &&
      !name.includes("/") &&
      (await eraseFromHelper(this.#helper(helper.name), helper.key));
    const keys = Object.keys(file.auths).filter((key) => normaliseAuthKey(key) === name);
    if (keys.length > 0) {
      await updateAuths(
        path,
        (auths) => {
          for (const key of keys) Reflect.deleteProperty(auths, key);
        },
        this.#options.signal,
      );
    }
    return erased || keys.length > 0;
  }

  /** All logins that would be looked at, those that count first. */
  async list(): Promise<KnownLogin[]> {
    const logins: KnownLogin[] = [];
    for (const file of this.#files()) {
      for (const [registry, entry] of Object.entries(file.auths)) {
        const credentials = credentialsOf(entry);
        if (credentials === undefined) continue;
        const username = "username" in credentials ? credentials.username : undefined;
        logins.push({ registry, username, from: file.path });
      }
      for (const name of new Set([...Object.values(file.credHelpers), file.credsStore ?? ""])) {
        if (name === "") continue;
        for (const [registry, username] of await listHelper(this.#helper(name))) {
          logins.push({ registry, username, from: `docker-credential-${name}` });
        }
      }
    }
    return logins;
  }

  async #findInFiles(
    registry: string,
    repository: string | undefined,
  ): Promise<FoundCredentials | undefined> {
    const name = repository === undefined ? registry : `${registry}/${repository}`;
    for (const file of this.#files()) {
      const helper = Object.entries(file.credHelpers).find(
        ([key]) => normaliseAuthKey(key) === hostOf(registry),
      );
      const found =
        (helper === undefined ? undefined : await this.#findInHelper(helper[1], [helper[0]])) ??
        (await findInEntries(file, name)) ??
        (file.credsStore === undefined || file.credsStore === ""
          ? undefined
          : await this.#findInHelper(file.credsStore, helperKeys(hostOf(registry))));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #findInHelper(name: string, keys: readonly string[]): Promise<FoundCredentials | undefined> {
    for (const key of keys) {
      const credentials = await getFromHelper(this.#helper(name), key);
      if (credentials !== undefined) return { credentials, from: `docker-credential-${name}, key ${key}` };
    }
    return undefined;
  }

  *#files(): Generator<AuthFile> {
    const explicit = this.#explicitFile();
    const files: CredentialFile[] =
      explicit === undefined ? credentialFiles(this.#environment) : [{ path: explicit, isOldest: false }];
    for (const { path, isOldest } of files) {
      const file = readAuthFile(path, isOldest);
      if (file !== undefined) yield file;
    }
  }

  #explicitFile(): string | undefined {
    const path = this.#options.authFile ?? this.#environment.env["REGISTRY_AUTH_FILE"];
    return path === "" ? undefined : path;
  }

  #targetFile(): string {
    return this.#explicitFile() ?? writableCredentialFile(this.#environment);
  }

  #helper(name: string): CredentialHelper {
    return { name, env: this.#environment.env, timeoutMs: this.#options.helperTimeoutMs ?? 30_000 };
  }
}

/** The entry with the longest key; empty entries count as none. */
async function findInEntries(file: AuthFile, name: string): Promise<FoundCredentials | undefined> {
  const filled = Object.entries(file.auths).filter(([, entry]) => credentialsOf(entry) !== undefined);
  if (filled.length === 0) return undefined;
  const key = await longestMatch(
    filled.map(([candidate]) => candidate),
    name,
  );
  const entry = key === undefined ? undefined : file.auths[key];
  const credentials = entry === undefined ? undefined : credentialsOf(entry);
  return credentials === undefined ? undefined : { credentials, from: `${file.path}, key ${key ?? ""}` };
}

/** The helper a file names for a host, and the key to use there. */
function helperFor(file: AuthFile | undefined, host: string): { name: string; key: string } | undefined {
  if (file === undefined) return undefined;
  for (const [key, name] of Object.entries(file.credHelpers)) {
    if (name !== "" && normaliseAuthKey(key) === host) return { name, key };
  }
  const name = file.credsStore ?? "";
  return name === "" ? undefined : { name, key: helperKeys(host)[0] as string };
}

function helperKeys(host: string): readonly string[] {
  return host === "docker.io" ? [DOCKER_HUB_KEY, host] : [host];
}

function hostOf(registry: string): string {
  return normaliseAuthKey(registry).split("/")[0] as string;
}

import { WherryError } from "../error/index.ts";

/** A configuration file cannot be understood. */
export class InvalidConfigurationError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_CONFIGURATION";
  /** @param where path of the file, with `:LINE` where it is known. */
  constructor(where: string, why: string, cause?: unknown) {
    super(`${where}: ${why}`, { cause, hint: "correct that file, or move it away to use the defaults" });
  }
}

/** A module of containers.conf is not there. */
export class ConfModuleMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_CONF_MODULE_MISSING";
  constructor(name: string, places: readonly string[]) {
    super(`could not resolve module ${JSON.stringify(name)}: there is no ${places.join(", nor ")}`, {
      hint: "name a file of one of these folders, or give an absolute path",
    });
  }
}

/** The folder for run-time state is not safe to use. */
export class UnsafeRuntimeFolderError extends WherryError {
  override readonly code = "ERR_WHERRY_UNSAFE_RUNTIME_FOLDER";
  constructor(path: string, why: string) {
    super(`refusing to use ${path} for run-time state: ${why}`, {
      hint: "log in through a session that sets XDG_RUNTIME_DIR, or set it to a folder of yours with mode 0700",
    });
  }
}

/** A file with credentials cannot be used. */
export class CredentialFileError extends WherryError {
  override readonly code = "ERR_WHERRY_CREDENTIAL_FILE";
  constructor(path: string, why: string, cause?: unknown) {
    super(`credential file ${path} ${why}`, { cause });
  }
}

/** A credential helper failed. Its output is not shown: it may hold secrets. */
export class CredentialHelperError extends WherryError {
  override readonly code = "ERR_WHERRY_CREDENTIAL_HELPER";
  constructor(helper: string, action: string, registry: string, why: string, cause?: unknown) {
    super(`credential helper ${helper} cannot ${action} the login of ${registry}: ${why}`, {
      cause,
      hint: `check that ${helper} is on PATH and works, or take it out of the configuration`,
    });
  }
}

/** Credential helpers know hosts only, not repositories. */
export class NamespacedCredentialsError extends WherryError {
  override readonly code = "ERR_WHERRY_NAMESPACED_CREDENTIALS";
  constructor(helper: string, registry: string) {
    super(`credential helper ${helper} cannot hold credentials for ${registry}: helpers know hosts only`, {
      hint: `log in to ${registry.split("/")[0] ?? registry}, or name another file with --authfile`,
    });
  }
}

/** docker's own files know hosts only. */
export class NamespacedLoginError extends WherryError {
  override readonly code = "ERR_WHERRY_NAMESPACED_LOGIN";
  constructor(path: string, registry: string) {
    super(
      `${path} is to be read by docker, which keeps no credentials for ${registry}: it knows hosts only`,
      {
        hint: `log in to ${registry.split("/")[0] ?? registry}, or use --authfile instead of --compat-auth-file`,
      },
    );
  }
}

/** A short name means nothing. */
export class ShortNameError extends WherryError {
  override readonly code = "ERR_WHERRY_SHORT_NAME";
  constructor(name: string, file: string) {
    super(
      `short-name ${JSON.stringify(name)} did not resolve to an alias and no unqualified-search registries are defined in ${JSON.stringify(file)}`,
      {
        hint: `write the full name, such as docker.io/library/${name}, or set unqualified-search-registries = ["docker.io"] there`,
      },
    );
  }
}

/** A certs.d folder holds half a pair. */
export class IncompleteCertificateError extends WherryError {
  override readonly code = "ERR_WHERRY_INCOMPLETE_CERTIFICATE";
  constructor(present: string, missing: string) {
    super(`missing ${missing}, which belongs to ${present}`, {
      hint: `add ${missing}, or rename a certificate authority's file to end in .crt`,
    });
  }
}

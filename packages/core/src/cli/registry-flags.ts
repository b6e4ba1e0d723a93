import { boolean, custom, string } from "@oclif/core/flags";
import type { RegistryOptions } from "../engine/index.ts";
import { UsageError } from "./errors.ts";
import { triesAmong } from "./retry-flags.ts";

/** A user name and password as `--creds` takes them. */
export interface TypedCredentials {
  readonly username: string;
  readonly password: string;
}

const credentials = custom<TypedCredentials>({
  helpValue: "USERNAME[:PASSWORD]",
  parse: (text) => Promise.resolve(parseCredentials(text)),
});

/** @throws {UsageError} */
function parseCredentials(text: string): TypedCredentials {
  const colon = text.indexOf(":");
  const username = colon === -1 ? text : text.slice(0, colon);
  if (username === "") throw new UsageError("credentials can't be empty");
  return { username, password: colon === -1 ? "" : text.slice(colon + 1) };
}

/** How a command speaks to registries; each flag as podman, buildah and skopeo have it. */
export const registryFlags = {
  authfile: string({ helpValue: "path", description: "Path of the authentication file" }),
  "cert-dir": string({
    helpValue: "path",
    description: "Folder with certificates (*.crt, *.cert, *.key) for the registry",
  }),
  creds: credentials({ description: "Credentials for the registry" }),
  "tls-verify": boolean({ description: "Require HTTPS and verify certificates (default true)" }),
};

/** What skopeo has besides. */
export const anonymousFlags = {
  "daemon-host": daemonHost(),
  "no-creds": boolean({ description: "Access the registry anonymously", exclusive: ["creds"] }),
  username: string({ description: "Username for accessing the registry", exclusive: ["creds", "no-creds"] }),
  password: string({
    description: "Password for accessing the registry",
    dependsOn: ["username"],
    exclusive: ["creds", "no-creds"],
  }),
  "registry-token": string({ description: "Bearer token for accessing the registry", exclusive: ["creds"] }),
};

/** The flags of one side of a copy: `--src-creds`, `--dest-creds` and so on. */
export const sourceFlags = {
  "src-authfile": registryFlags.authfile,
  "src-daemon-host": daemonHost(),
  "src-cert-dir": registryFlags["cert-dir"],
  "src-creds": registryFlags.creds,
  "src-tls-verify": registryFlags["tls-verify"],
  "src-no-creds": boolean({ description: "Access the registry anonymously", exclusive: ["src-creds"] }),
  "src-username": anonymousUser("src"),
  "src-password": anonymousPassword("src"),
  "src-registry-token": anonymousToken("src"),
};

export const destinationFlags = {
  "dest-authfile": registryFlags.authfile,
  "dest-daemon-host": daemonHost(),
  "dest-cert-dir": registryFlags["cert-dir"],
  "dest-creds": registryFlags.creds,
  "dest-tls-verify": registryFlags["tls-verify"],
  "dest-no-creds": boolean({ description: "Access the registry anonymously", exclusive: ["dest-creds"] }),
  "dest-username": anonymousUser("dest"),
  "dest-password": anonymousPassword("dest"),
  "dest-registry-token": anonymousToken("dest"),
};

function daemonHost() {
  return string({
    helpValue: "HOST",
    description:
      "Docker daemon of docker-daemon: names, such as unix:///var/run/docker.sock (default $DOCKER_HOST)",
  });
}

function anonymousUser(side: string) {
  return string({
    description: "Username for accessing the registry",
    exclusive: [`${side}-creds`, `${side}-no-creds`],
  });
}

function anonymousPassword(side: string) {
  return string({ description: "Password for accessing the registry", dependsOn: [`${side}-username`] });
}

function anonymousToken(side: string) {
  return string({
    description: "Bearer token for accessing the registry",
    exclusive: [`${side}-creds`, `${side}-no-creds`],
  });
}

/**
 * The registry options among a command's flags.
 *
 * @param side "src-" or "dest-" for one side of a copy; what that side does not say is taken from the flags without side.
 */
export function registryOptions(
  flags: Readonly<Record<string, unknown>>,
  side: "" | "src-" | "dest-" = "",
): RegistryOptions {
  const flag = (name: string) => flags[side + name] ?? flags[name];
  const [authFile, certDir, tlsVerify] = [flag("authfile"), flag("cert-dir"), flag("tls-verify")];
  const found = credentialsAmong(flag);
  const daemonHost = flag("daemon-host");
  return {
    ...(typeof daemonHost === "string" ? { daemonHost } : {}),
    ...(typeof tlsVerify === "boolean" ? { tlsVerify } : {}),
    ...(typeof authFile === "string" ? { authFile } : {}),
    ...(typeof certDir === "string" ? { certDir } : {}),
    ...(found === undefined ? {} : { credentials: found }),
    ...(flag("no-creds") === true ? { anonymous: true } : {}),
    ...triesAmong(flags),
  };
}

function credentialsAmong(flag: (name: string) => unknown): RegistryOptions["credentials"] {
  const [creds, username, password, token] = ["creds", "username", "password", "registry-token"].map(flag);
  if (creds !== undefined) return creds as TypedCredentials;
  if (typeof username === "string")
    return { username, password: typeof password === "string" ? password : "" };
  return typeof token === "string" ? { registryToken: token } : undefined;
}

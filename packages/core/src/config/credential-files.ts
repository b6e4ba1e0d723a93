import { accessSync, constants, existsSync } from "node:fs";
import { configHome, xdgFolder, type Environment } from "./environment.ts";

export interface CredentialFile {
  readonly path: string;
  /** Whether it has the form of ~/.dockercfg. */
  readonly isOldest: boolean;
}

/** The files logins are looked for in, in podman's order (containers-auth.json(5)). */
export function credentialFiles(environment: Environment): CredentialFile[] {
  const { env, home } = environment;
  const docker = env["DOCKER_CONFIG"];
  return [
    { path: runtimeFile(environment), isOldest: false },
    { path: `${configHome(environment)}/containers/auth.json`, isOldest: false },
    {
      path: docker !== undefined && docker !== "" ? `${docker}/config.json` : `${home}/.docker/config.json`,
      isOldest: false,
    },
    { path: `${home}/.dockercfg`, isOldest: true },
  ];
}

/**
 * The file logins are written to: the session's, which is gone at logout. Without a session (`su`, cron) its folder cannot
 * be made by an ordinary user; then the one in ~/.config, which podman reads as well.
 */
export function writableCredentialFile(environment: Environment): string {
  const session = xdgFolder(environment, "XDG_RUNTIME_DIR");
  if (
    session !== undefined
      ? existsSync(session)
      : environment.uid === 0 || isWritable(runtimeFolder(environment))
  ) {
    return runtimeFile(environment);
  }
  return `${configHome(environment)}/containers/auth.json`;
}

function runtimeFile(environment: Environment): string {
  const session = xdgFolder(environment, "XDG_RUNTIME_DIR");
  return session === undefined
    ? `${runtimeFolder(environment)}/auth.json`
    : `${session}/containers/auth.json`;
}

/** Where podman looks without a session. */
function runtimeFolder({ run = "/run", uid }: Environment): string {
  return `${run}/containers/${uid}`;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

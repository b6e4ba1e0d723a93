import { existsSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FileSystemError } from "../error/index.ts";
import type { MonitorLog } from "../runtime/index.ts";
import { NoLogError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths, type ContainerPaths } from "./paths.ts";
import type { Container } from "./settings.ts";

/** What becomes of a container's output; json-file is another name of k8s-file, as for podman. */
export const LOG_DRIVERS = ["k8s-file", "json-file", "none", "passthrough"] as const;
export type LogDriver = (typeof LOG_DRIVERS)[number];

export interface LogSettings {
  readonly driver: LogDriver;
  /** Bytes after which the log begins anew. */
  readonly maxSize?: number;
  /** Absolute path of the log; default in the container's folder. */
  readonly path?: string;
  /** Only shown, as with podman: no driver of ours writes it. */
  readonly tag?: string;
}

type LogHost = Pick<ContainerHost, "store" | "runtimeDir">;

/** Whether the container's streams are those of the command that starts it. */
export function isPassedThrough({ config }: Pick<Container, "config">): boolean {
  return config.log?.driver === "passthrough";
}

/** The file of a container's log; undefined where none is written. */
export function logPath(host: LogHost, { id, config }: Container): string | undefined {
  const { driver = "k8s-file", path } = config.log ?? {};
  if (driver === "none" || driver === "passthrough") return undefined;
  return path ?? containerPaths(host, id).log;
}

/** As `logPath`. @throws {NoLogError} */
export function readableLog(host: LogHost, container: Container): string {
  const path = logPath(host, container);
  if (path === undefined) throw new NoLogError(container.config.log?.driver ?? "none");
  return path;
}

/** The log as a monitor that starts in the container's bundle is told of it. */
export function monitorLog(host: LogHost, container: Container): MonitorLog {
  const { driver = "k8s-file", maxSize } = container.config.log ?? {};
  const path = logPath(host, container);
  return {
    target:
      path === undefined ? driver : `k8s-file:${withoutColon(path, containerPaths(host, container.id))}`,
    ...(maxSize === undefined ? {} : { maxSize }),
  };
}

/** conmon ends a path at its first colon: such a folder it is given as a link in the bundle. */
function withoutColon(path: string, { bundle }: Pick<ContainerPaths, "bundle">): string {
  if (!path.includes(":")) return path;
  const link = join(bundle, "log-folder");
  rmSync(link, { force: true });
  symlinkSync(dirname(path), link);
  return join(basename(link), basename(path));
}

/** Sees to it that the folder of a log of the user's own is there. @throws {FileSystemError} */
export function checkLogFolder({ path }: Partial<LogSettings>): void {
  if (path === undefined || existsSync(dirname(path))) return;
  throw new FileSystemError("open", path, Object.assign(new Error("ENOENT"), { code: "ENOENT" }));
}

import { basename, resolve } from "node:path";
import { UsageError } from "@wherry/core/cli";
import type { ContainersConf } from "@wherry/core/config";
import { LOG_DRIVERS, type LogDriver, type LogSettings } from "@wherry/core/container";

const UNITS = "bkmgtp";
/** Smaller ones cannot hold what the monitor writes at once. */
const LEAST_CONF_SIZE = 8192;

/**
 * What `--log-driver` and `--log-opt` ask for; undefined where nothing is asked.
 *
 * @param folder where relative paths start
 * @throws {UsageError}
 */
export function logOptions(
  flags: { readonly "log-driver"?: string | undefined; readonly "log-opt"?: readonly string[] | undefined },
  folder: string,
): Partial<LogSettings> | undefined {
  const { "log-driver": driver, "log-opt": texts = [] } = flags;
  if (driver === undefined && texts.length === 0) return undefined;
  const options = Object.assign({}, ...texts.map((text) => oneOption(text, folder))) as Partial<LogSettings>;
  return { ...(driver === undefined ? {} : { driver: checkDriver(driver) }), ...options };
}

/** The same with what containers.conf(5) says where the command line says nothing. A driver we lack is left out. */
export function withConfLog(
  asked: Partial<LogSettings> | undefined,
  { logDriver, logSizeMax }: ContainersConf["containers"],
): Partial<LogSettings> | undefined {
  const driver = logDriver === undefined ? undefined : findDriver(logDriver);
  const maxSize = logSizeMax !== undefined && logSizeMax > 0 ? logSizeMax : undefined;
  if (maxSize !== undefined && maxSize < LEAST_CONF_SIZE)
    throw new UsageError(
      `log_size_max in containers.conf is ${maxSize}: it must be at least ${LEAST_CONF_SIZE}`,
    );
  if (asked === undefined && driver === undefined && maxSize === undefined) return undefined;
  return {
    ...(driver === undefined ? {} : { driver }),
    ...(maxSize === undefined ? {} : { maxSize }),
    ...asked,
  };
}

/** What to say of a driver in containers.conf(5) that we lack; undefined when all is well. */
export function confLogWarning({ logDriver }: ContainersConf["containers"]): string | undefined {
  if (logDriver === undefined || findDriver(logDriver) !== undefined) return undefined;
  return `log_driver ${JSON.stringify(logDriver)} of containers.conf is not supported, the log is written as k8s-file`;
}

function checkDriver(text: string): LogDriver {
  const driver = findDriver(text);
  if (driver === undefined)
    throw new UsageError(
      `invalid log driver ${JSON.stringify(text)}: known are ${LOG_DRIVERS.join(", ")}: invalid argument`,
    );
  return driver;
}

function findDriver(text: string): LogDriver | undefined {
  return LOG_DRIVERS.find((known) => known === text);
}

function oneOption(text: string, folder: string): Partial<LogSettings> {
  const [, key = "", value = ""] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  switch (key.toLowerCase()) {
    case "max-size":
      return { maxSize: parseLogSize(value) };
    case "path":
      // conmon ends a path at its first colon; a folder's we can keep from it
      if (basename(value).includes(":"))
        throw new UsageError(`--log-opt path=${value}: the name of a log cannot have a colon`);
      return { path: resolve(folder, value) };
    case "tag":
      return { tag: value };
    default:
      throw new UsageError(`invalid log option ${JSON.stringify(text)}: max-size=, path= and tag= are known`);
  }
}

/** As podman reads it: decimal units. */
function parseLogSize(text: string): number {
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?) ?([bkmgtp])?(?:i?b)?$/i.exec(text) ?? [];
  const size = Math.trunc(Number(number) * 1000 ** UNITS.indexOf(unit.toLowerCase()));
  if (!(size > 0)) throw new UsageError(`invalid size: ${JSON.stringify(text)}`);
  return size;
}

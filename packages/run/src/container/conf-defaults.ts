import type { ContainersConf } from "@wherry/core/config";
import { parseDevices, type CreateOptions } from "@wherry/core/container";
import { parseLimit, parseSize, parseVolume } from "@wherry/core/spec";
import { withConfLog } from "./log-options.ts";
import { readLabels } from "./read-pairs.ts";

/**
 * The options of a new container, with the defaults that `[containers]` of containers.conf(5) sets: what the command line
 * says counts more, lists are added to.
 */
export function withConfDefaults(
  options: CreateOptions,
  conf: ContainersConf["containers"],
  folder: string,
): CreateOptions {
  const { shmSize, defaultUlimits, defaultSysctls, devices, dnsServers, volumes } = conf;
  const dns = options.dns ?? [];
  const log = withConfLog(options.log, conf);
  return {
    ...options,
    ...(log === undefined ? {} : { log }),
    ...(conf.env === undefined ? {} : { defaultEnv: [...(options.defaultEnv ?? []), ...conf.env] }),
    ...(options.shmSize === undefined && shmSize !== undefined
      ? { shmSize: parseSize(shmSize, "shm-size") }
      : {}),
    ...(options.rlimits === undefined && defaultUlimits !== undefined
      ? { rlimits: defaultUlimits.map(parseLimit) }
      : {}),
    ...(defaultSysctls === undefined
      ? {}
      : { sysctl: { ...readLabels([...defaultSysctls]), ...options.sysctl } }),
    ...(devices === undefined
      ? {}
      : { devices: [...devices.flatMap(parseDevices), ...(options.devices ?? [])] }),
    ...(dns.length === 0 && dnsServers !== undefined ? { dns: dnsServers } : {}),
    ...(volumes === undefined
      ? {}
      : { volumes: [...volumes.map((text) => parseVolume(text, folder)), ...(options.volumes ?? [])] }),
    annotations: { ...readLabels([...(conf.annotations ?? [])]), ...options.annotations },
    init: options.init === true || conf.init === true,
    readOnly: options.readOnly === true || conf.readOnly === true,
  };
}

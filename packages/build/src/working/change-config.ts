import { UsageError } from "@wherry/core/cli";
import type { ContainerConfig, Healthcheck } from "@wherry/core/oci";
import { absoluteIn, DEFAULT_SHELL, withVariable } from "../builder/image-config.ts";
import { nanosecondsOf } from "./nanoseconds.ts";
import { shellWords } from "./shell-words.ts";
import type { WorkingState } from "./working-container.ts";

/** What `config` is asked to change: flags as typed; absent ones change nothing. */
export interface ConfigRequest {
  readonly annotation?: readonly string[] | undefined;
  readonly arch?: string | undefined;
  readonly author?: string | undefined;
  readonly cmd?: string | undefined;
  readonly comment?: string | undefined;
  readonly "created-by"?: string | undefined;
  readonly domainname?: string | undefined;
  readonly entrypoint?: string | undefined;
  readonly env?: readonly string[] | undefined;
  readonly healthcheck?: string | undefined;
  readonly "healthcheck-interval"?: string | undefined;
  readonly "healthcheck-retries"?: string | undefined;
  readonly "healthcheck-start-interval"?: string | undefined;
  readonly "healthcheck-start-period"?: string | undefined;
  readonly "healthcheck-timeout"?: string | undefined;
  readonly "history-comment"?: string | undefined;
  readonly hostname?: string | undefined;
  readonly label?: readonly string[] | undefined;
  readonly onbuild?: readonly string[] | undefined;
  readonly os?: string | undefined;
  readonly "os-version"?: string | undefined;
  readonly port?: readonly string[] | undefined;
  readonly shell?: string | undefined;
  readonly "stop-signal"?: string | undefined;
  readonly "unset-label"?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly variant?: string | undefined;
  readonly volume?: readonly string[] | undefined;
  readonly workingdir?: string | undefined;
}

export interface ChangedConfig {
  readonly state: WorkingState;
  /** What the user should know. */
  readonly warnings: readonly string[];
}

/**
 * Changes the config of the image that a container will become. `NAME-` takes a variable, label, port, volume or annotation
 * away, and `-` all of them.
 *
 * @param env variables of the caller, for `--env NAME` without a value
 * @throws {UsageError}
 */
export function changeWorkingConfig(
  state: WorkingState,
  request: ConfigRequest,
  env: Readonly<Record<string, string | undefined>> = {},
): ChangedConfig {
  const warnings: string[] = [];
  const { platform } = state;
  const config = changedConfig(state.config, request, env, warnings);
  const changed: WorkingState = {
    ...state,
    config,
    platform: {
      ...platform,
      ...present({ architecture: request.arch, os: request.os, variant: request.variant }),
    },
    annotations: changedPairs(state.annotations, request.annotation ?? []),
    ...present({
      osVersion: request["os-version"],
      author: request.author,
      comment: request.comment,
      createdBy: request["created-by"],
      historyComment: request["history-comment"],
      hostname: request.hostname,
      domainname: request.domainname,
    }),
  };
  return { state: changed, warnings };
}

function changedConfig(
  config: ContainerConfig,
  request: ConfigRequest,
  env: Readonly<Record<string, string | undefined>>,
  warnings: string[],
): ContainerConfig {
  const labels = changedPairs(config.Labels ?? {}, request.label ?? []);
  for (const name of request["unset-label"] ?? []) Reflect.deleteProperty(labels, name);
  const healthcheck = changedHealthcheck(config.Healthcheck, request);
  const entrypoint = request.entrypoint === undefined ? undefined : parseEntrypoint(request.entrypoint);
  if (entrypoint !== undefined && request.cmd === undefined && (config.Cmd ?? []).length > 0)
    warnings.push("cmd is not overridden: the image's command is given to the new entrypoint as arguments");
  return {
    ...config,
    ...present({
      User: request.user,
      StopSignal: request["stop-signal"],
      Shell: request.shell === undefined ? undefined : shellWords(request.shell),
      Cmd: request.cmd === undefined ? undefined : shellWords(request.cmd),
      Entrypoint: entrypoint,
      WorkingDir: request.workingdir === undefined ? undefined : absoluteIn("/", request.workingdir),
    }),
    ...(request.env === undefined ? {} : { Env: changedEnv(config.Env ?? [], request.env, env) }),
    ...(request.label === undefined && request["unset-label"] === undefined ? {} : { Labels: labels }),
    ...(request.port === undefined
      ? {}
      : { ExposedPorts: changedKeys(config.ExposedPorts ?? {}, request.port) }),
    ...(request.volume === undefined ? {} : { Volumes: changedKeys(config.Volumes ?? {}, request.volume) }),
    ...(request.onbuild === undefined
      ? {}
      : { OnBuild: request.onbuild.includes("-") ? [] : [...(config.OnBuild ?? []), ...request.onbuild] }),
    ...(healthcheck === undefined ? {} : { Healthcheck: healthcheck }),
  };
}

/** A JSON list is the program and its arguments; other text is for the shell, as buildah has it. */
function parseEntrypoint(text: string): readonly string[] {
  if (text.trim() === "") return [];
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  } catch {
    // a command line
  }
  return [...DEFAULT_SHELL, text];
}

function changedEnv(
  current: readonly string[],
  changes: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  let result = current;
  for (const change of changes) {
    const equals = change.indexOf("=");
    if (change === "-") result = [];
    else if (equals > 0) {
      const value = change
        .slice(equals + 1)
        .replace(/\$(?:\{(\w+)\}|(\w+))/g, (_whole, braced?: string, bare?: string) => {
          const name = braced ?? bare ?? "";
          return result.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
        });
      result = withVariable(result, change.slice(0, equals), value);
    } else if (change.endsWith("-")) {
      const name = change.slice(0, -1);
      result = result.filter((entry) => !entry.startsWith(`${name}=`));
    } else if (equals === 0 || change === "")
      throw new UsageError(`invalid --env ${JSON.stringify(change)}: expected NAME=VALUE`);
    else if (env[change] !== undefined) result = withVariable(result, change, env[change]);
  }
  return result;
}

function changedPairs(
  current: Readonly<Record<string, string>>,
  changes: readonly string[],
): Record<string, string> {
  const result = new Map(Object.entries(current));
  for (const change of changes) {
    const equals = change.indexOf("=");
    if (change === "-") result.clear();
    else if (equals > 0) result.set(change.slice(0, equals), change.slice(equals + 1));
    else if (equals === 0 || change === "")
      throw new UsageError(`invalid ${JSON.stringify(change)}: expected NAME=VALUE`);
    else if (change.endsWith("-")) result.delete(change.slice(0, -1));
    else result.set(change, "");
  }
  return Object.fromEntries(result);
}

function changedKeys(
  current: Readonly<Record<string, object>>,
  changes: readonly string[],
): Record<string, object> {
  const result = new Map(Object.entries(current));
  for (const change of changes.flatMap((text) => text.split(","))) {
    if (change === "-") result.clear();
    else if (change.endsWith("-")) result.delete(change.slice(0, -1));
    else result.set(change, {});
  }
  return Object.fromEntries(result);
}

function changedHealthcheck(
  current: Healthcheck | undefined,
  request: ConfigRequest,
): Healthcheck | undefined {
  const durations = present({
    Interval: nanosecondsOf(request["healthcheck-interval"]),
    Timeout: nanosecondsOf(request["healthcheck-timeout"]),
    StartPeriod: nanosecondsOf(request["healthcheck-start-period"]),
    StartInterval: nanosecondsOf(request["healthcheck-start-interval"]),
    Retries:
      request["healthcheck-retries"] === undefined ? undefined : countOf(request["healthcheck-retries"]),
  });
  const test = request.healthcheck === undefined ? undefined : testOf(request.healthcheck);
  if (test === undefined && Object.keys(durations).length === 0) return undefined;
  return { ...current, ...durations, ...(test === undefined ? {} : { Test: test }) };
}

function testOf(text: string): readonly string[] {
  if (text === "" || text === "NONE") return ["NONE"];
  const words = shellWords(text);
  if (words[0] === "CMD-SHELL") return ["CMD-SHELL", text.trim().slice("CMD-SHELL".length).trim()];
  return words[0] === "CMD" ? words : ["CMD-SHELL", text];
}

function countOf(text: string): number {
  if (!/^\d+$/.test(text))
    throw new UsageError(`invalid --healthcheck-retries ${JSON.stringify(text)}: expected a number`);
  return Number(text);
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

import { constants } from "node:os";
import { posix } from "node:path";
import type { ContainerConfig } from "@wherry/core/oci";
import type { CommandLine, HealthcheckInstruction, StageInstruction } from "../containerfile/index.ts";
import { StepProblem } from "./errors.ts";

/** The config of an image while it is built. */
export type DraftConfig = { -readonly [Key in keyof ContainerConfig]: ContainerConfig[Key] };

/** What a shell form is given to. */
export const DEFAULT_SHELL: readonly string[] = ["/bin/sh", "-c"];

export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Instructions that change nothing but the config. */
export type ConfigInstruction = Exclude<
  StageInstruction,
  { kind: "RUN" | "COPY" | "ADD" | "ARG" | "MAINTAINER" }
>;

/**
 * Carries out an instruction, already expanded, on the config.
 *
 * @param cmdIsOwn whether this stage has set CMD: ENTRYPOINT takes away only an inherited one.
 * @throws {StepProblem}
 */
export function changeConfig(config: DraftConfig, instruction: ConfigInstruction, cmdIsOwn: boolean): void {
  switch (instruction.kind) {
    case "ENV":
      config.Env = instruction.pairs.reduce(
        (env, { name, value }) => withVariable(env, name, value),
        config.Env ?? [],
      );
      break;
    case "LABEL":
      config.Labels = {
        ...config.Labels,
        ...Object.fromEntries(instruction.pairs.map(({ name, value }) => [name, value])),
      };
      break;
    case "CMD":
      config.Cmd = argvOf(instruction.command, config);
      break;
    case "ENTRYPOINT":
      config.Entrypoint = argvOf(instruction.command, config);
      if (!cmdIsOwn) delete config.Cmd;
      break;
    case "SHELL":
      config.Shell = instruction.shell;
      break;
    case "USER":
      config.User = instruction.value;
      break;
    case "WORKDIR":
      config.WorkingDir = absoluteIn(config.WorkingDir, instruction.value);
      break;
    case "EXPOSE":
      config.ExposedPorts = withKeys(config.ExposedPorts, instruction.values.flatMap(portsOf));
      break;
    case "VOLUME":
      if (instruction.values.includes(""))
        throw new StepProblem("VOLUME specified can not be an empty string");
      config.Volumes = withKeys(config.Volumes, instruction.values);
      break;
    case "STOPSIGNAL":
      config.StopSignal = checkedSignal(instruction.value);
      break;
    case "HEALTHCHECK":
      config.Healthcheck = healthcheckOf(instruction);
      break;
    case "ONBUILD":
      config.OnBuild = [...(config.OnBuild ?? []), instruction.trigger];
  }
}

/** The arguments that run a command line: its own, or the shell's and the text. */
export function argvOf(command: CommandLine, { Shell }: Pick<ContainerConfig, "Shell">): readonly string[] {
  if (command.form === "exec") return command.args;
  return command.text === "" ? [] : [...(Shell ?? DEFAULT_SHELL), command.text];
}

/** A path of the image made absolute in its working directory, without a slash at the end. */
export function absoluteIn(workingDir: string | undefined, path: string): string {
  return posix.resolve("/", workingDir ?? "/", path);
}

/** The value of a variable in a list of NAME=value. */
export function variableOf(env: readonly string[], name: string): string | undefined {
  return env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The list with the variable set, where it stood before if it did. */
export function withVariable(env: readonly string[], name: string, value: string): readonly string[] {
  const entry = `${name}=${value}`;
  const index = env.findIndex((other) => other.startsWith(`${name}=`));
  return index < 0 ? [...env, entry] : env.with(index, entry);
}

function withKeys(
  record: Readonly<Record<string, object>> | undefined,
  keys: readonly string[],
): Record<string, object> {
  return { ...record, ...Object.fromEntries(keys.map((key) => [key, {}])) };
}

/** `80`, `80/udp`, `8000-8003` as the keys of ExposedPorts. */
function portsOf(text: string): string[] {
  const [, first = "", last = first, protocol = "tcp"] =
    /^(\d+)(?:-(\d+))?(?:\/([a-zA-Z]+))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === "" || from > to || to > 65535 || !["tcp", "udp", "sctp"].includes(protocol.toLowerCase()))
    throw new StepProblem(`invalid port ${JSON.stringify(text)}`, "write it as 80, 80/udp or 8000-8010/tcp");
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${protocol.toLowerCase()}`);
}

function checkedSignal(text: string): string {
  const name = text.toUpperCase().replace(/^SIG/, "");
  const isNumber = /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 64;
  const isName =
    Object.hasOwn(constants.signals, `SIG${name}`) || /^RTM(?:IN(?:\+\d+)?|AX(?:-\d+)?)$/.test(name);
  if (!isNumber && !isName) throw new StepProblem(`unknown signal ${JSON.stringify(text)}`);
  return text;
}

function healthcheckOf({ check }: HealthcheckInstruction): NonNullable<ContainerConfig["Healthcheck"]> {
  if (check === undefined) return { Test: ["NONE"] };
  const { command, interval, timeout, startPeriod, startInterval, retries } = check;
  return {
    Test: command.form === "exec" ? ["CMD", ...command.args] : ["CMD-SHELL", command.text],
    ...(interval === undefined ? {} : { Interval: interval }),
    ...(timeout === undefined ? {} : { Timeout: timeout }),
    ...(startPeriod === undefined ? {} : { StartPeriod: startPeriod }),
    ...(startInterval === undefined ? {} : { StartInterval: startInterval }),
    ...(retries === undefined ? {} : { Retries: retries }),
  };
}

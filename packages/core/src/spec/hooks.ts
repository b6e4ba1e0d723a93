import { readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { InvalidHookError } from "./errors.ts";
import type { RuntimeHook, RuntimeHooks } from "./runtime-spec.ts";

/** What decides whether a hook is for a container. */
export interface HookedContainer {
  readonly annotations: Readonly<Record<string, string>>;
  readonly command: string;
  readonly hasBindMounts: boolean;
}

const STAGES = [
  "prestart",
  "createRuntime",
  "createContainer",
  "startContainer",
  "poststart",
  "poststop",
] as const;

/**
 * The hooks of oci-hooks(5) for a container: the *.json files of the folders, those of a later folder over those of the same
 * name before, in the order of their names. A folder that does not exist has none.
 *
 * @throws {InvalidHookError} naming the file
 */
export function readHooks(folders: readonly string[], container: HookedContainer): RuntimeHooks | undefined {
  const files = new Map<string, string>();
  for (const folder of folders)
    for (const name of namesIn(folder)) if (name.endsWith(".json")) files.set(name, join(folder, name));
  const hooks: Partial<Record<(typeof STAGES)[number], RuntimeHook[]>> = {};
  for (const [, path] of [...files].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const { hook, when, stages } = parseHook(path);
    if (matches(when, container, path)) for (const stage of stages) (hooks[stage] ??= []).push(hook);
  }
  return Object.keys(hooks).length === 0 ? undefined : hooks;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw new FileSystemError("read directory", folder, error);
  }
}

interface HookFile {
  readonly hook: RuntimeHook;
  readonly when: Readonly<Record<string, unknown>>;
  readonly stages: readonly (typeof STAGES)[number][];
}

function parseHook(path: string): HookFile {
  const file = recordOf(parseJson(path), path, "it is not an object");
  if (file["version"] !== "1.0.0") throw new InvalidHookError(path, "its version is not 1.0.0");
  const hook = recordOf(file["hook"], path, "it has no hook");
  const { path: program, args, env, timeout } = hook;
  if (typeof program !== "string" || !isAbsolute(program))
    throw new InvalidHookError(path, "hook.path is no absolute path");
  if (!isTexts(args) || !isTexts(env))
    throw new InvalidHookError(path, "hook.args and hook.env are lists of strings");
  if (timeout !== undefined && !Number.isSafeInteger(timeout))
    throw new InvalidHookError(path, "hook.timeout is no whole number");
  const { stages } = file;
  if (!isTexts(stages) || stages === undefined || stages.length === 0)
    throw new InvalidHookError(path, "it has no stages");
  const known = stages.map((stage) => STAGES.find((name) => name === stage));
  if (!known.every((stage) => stage !== undefined))
    throw new InvalidHookError(path, `its stages are not among ${STAGES.join(", ")}`);
  return {
    hook: {
      path: program,
      ...(args === undefined ? {} : { args }),
      ...(env === undefined ? {} : { env }),
      ...(typeof timeout === "number" ? { timeout } : {}),
    },
    when: recordOf(file["when"], path, "it has no when"),
    stages: known,
  };
}

/** All conditions that are given must hold; one of the patterns of each is enough. */
function matches(when: Readonly<Record<string, unknown>>, container: HookedContainer, path: string): boolean {
  const { always, annotations, commands, hasBindMounts } = when;
  const conditions: boolean[] = [];
  if (typeof always === "boolean") conditions.push(always);
  if (typeof hasBindMounts === "boolean") conditions.push(hasBindMounts === container.hasBindMounts);
  if (annotations !== undefined) {
    const pairs = Object.entries(recordOf(annotations, path, "when.annotations is not an object"));
    conditions.push(
      pairs.every(([key, value]) =>
        Object.entries(container.annotations).some(
          ([name, text]) => patternOf(key, path).test(name) && patternOf(value, path).test(text),
        ),
      ),
    );
  }
  if (commands !== undefined) {
    if (!isTexts(commands)) throw new InvalidHookError(path, "when.commands is no list of strings");
    conditions.push(commands.some((command) => patternOf(command, path).test(container.command)));
  }
  return conditions.length > 0 && conditions.every(Boolean);
}

function patternOf(text: unknown, path: string): RegExp {
  try {
    return new RegExp(String(text), "u");
  } catch {
    throw new InvalidHookError(path, `${JSON.stringify(text)} is no pattern`);
  }
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidHookError(path, "it is not JSON");
    throw new FileSystemError("read", path, error);
  }
}

function recordOf(value: unknown, path: string, why: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InvalidHookError(path, why);
  return value as Readonly<Record<string, unknown>>;
}

function isTexts(value: unknown): value is readonly string[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every((item) => typeof item === "string"));
}

import { readFileSync } from "node:fs";
import { ProgramNotFoundError, run } from "@wherry/core/process";

type Environment = Readonly<Record<string, string | undefined>>;

/** What surrounds the process that builds, and should not show in what it makes. */
export interface Conditions {
  readonly umask: number;
  /** Variables that are otherwise than usual. */
  readonly env: Environment;
  /** Whether all that is started sees one processor. */
  readonly oneProcessor: boolean;
  /** Told of what cannot be made otherwise here. */
  readonly onSame: (what: string) => void;
}

/**
 * Variables as another user has them who lives elsewhere and speaks another language.
 *
 * @param home an empty folder
 */
export function variablesElsewhere(env: Environment, home: string): Environment {
  const either = (name: string, one: string, other: string) => (env[name] === one ? other : one);
  const locale = either("LC_ALL", "tr_TR.UTF-8", "C");
  const user = either("USER", "somebody", "nobody");
  return {
    ...{ HOME: home, XDG_CONFIG_HOME: `${home}/.config`, XDG_CACHE_HOME: `${home}/.cache` },
    ...{ USER: user, LOGNAME: user, LANG: locale, LC_ALL: locale, LANGUAGE: locale.slice(0, 2) },
    TZ: either("TZ", "Pacific/Kiritimati", "Etc/GMT+12"), // the clocks there never show the same day for long
  };
}

/** Puts this process, and what it starts, into other conditions until it is disposed of. */
export async function enterConditions(conditions: Conditions): Promise<AsyncDisposable> {
  await using entered = new AsyncDisposableStack();
  const usual = process.umask(conditions.umask);
  entered.defer(() => void process.umask(usual));
  for (const [name, value] of Object.entries(conditions.env)) {
    const before = process.env[name];
    entered.defer(() => setVariable(name, before));
    setVariable(name, value);
  }
  if (conditions.oneProcessor) {
    const restore = await limitProcessors();
    if (restore === undefined) conditions.onSame("the number of processors");
    else entered.defer(restore);
  }
  return entered.move();
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

/** Has what this process starts see one processor; gives what undoes it, nothing where that cannot be done. */
async function limitProcessors(): Promise<(() => Promise<void>) | undefined> {
  const [, allowed = ""] =
    /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const [first = ""] = /^\d+/.exec(allowed) ?? [];
  if (first === "" || first === allowed) return undefined;
  const allow = async (list: string): Promise<void> => {
    await run("taskset", ["-c", "-p", list, String(process.pid)], { purpose: "build with fewer processors" });
  };
  try {
    await allow(first);
  } catch (error) {
    if (error instanceof ProgramNotFoundError) return undefined;
    throw error;
  }
  return () => allow(allowed);
}

import { run } from "../../process/index.ts";
import { TASKS } from "./tasks.ts";

type Tasks = typeof TASKS;

/** Why the specs cannot be root of a user namespace here; undefined when they can. */
export async function whyNotRoot(): Promise<string | undefined> {
  if (process.geteuid?.() === 0) return undefined;
  try {
    await run("unshare", [...NAMESPACE, "true"]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "no user namespace";
  }
}

/**
 * Does a task of tasks.ts as root: right here when that is who runs the specs, else in a user namespace with the sub-ids
 * of the user.
 */
export async function asRoot<Name extends keyof Tasks>(
  task: Name,
  input: Parameters<Tasks[Name]>[0],
): Promise<Awaited<ReturnType<Tasks[Name]>>> {
  const perform = TASKS[task] as (input: unknown) => Promise<unknown>;
  if (process.geteuid?.() === 0) return (await perform(input)) as Awaited<ReturnType<Tasks[Name]>>;
  const script = new URL("tasks.ts", import.meta.url).pathname;
  const program = [process.execPath, "--conditions=wherry-source", script, task, JSON.stringify(input)];
  const { stdout } = await run("unshare", [...NAMESPACE, ...program]);
  const { output, error } = JSON.parse(stdout.toString()) as {
    output: Awaited<ReturnType<Tasks[Name]>>;
    error?: { message: string; code: string };
  };
  if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
  return output;
}

const NAMESPACE = ["-U", "-m", "--map-auto", "--map-root-user", "--"];

import { packFailure, type TaskAnswer, type TaskRequest } from "./task-messages.ts";

/** Tasks by name. Inputs and outputs are plain JSON. */
export type Tasks = Record<string, (input: never) => Promise<unknown>>;

/**
 * The main loop of a worker process: answers tasks that come over Node's channel, and ends when the channel closes,
 * which happens too when the other side is killed.
 */
export function serveTasks(tasks: Tasks): void {
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message) => {
    void answer(tasks, message as TaskRequest).then((reply) => {
      if (process.connected) process.send?.(reply);
    });
  });
}

async function answer(tasks: Tasks, { id, task, input }: TaskRequest): Promise<TaskAnswer> {
  try {
    const work = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
    if (work === undefined) throw new Error(`the worker has no task ${JSON.stringify(task)}`);
    return { id, output: await work(input as never) };
  } catch (error) {
    return { id, failure: packFailure(error) };
  }
}

import { constants } from "node:os";
import { start } from "@wherry/core/process";

/** Runs a program on our streams to its end, and gives its exit status as a shell does. */
export function becomeProgram(argv: readonly string[]): Promise<number> {
  const [program = "", ...args] = argv;
  const child = start(program, args, { stdio: "inherit" });
  const ignore = () => undefined;
  process.on("SIGINT", ignore); // the terminal sends it to the program too, which decides
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => {
      process.off("SIGINT", ignore);
      resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

import { readFileSync } from "node:fs";
import { errnoOf } from "../error/index.ts";

/** The text of a small file; undefined where there is none. What else is wrong with it is thrown as the system says it. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

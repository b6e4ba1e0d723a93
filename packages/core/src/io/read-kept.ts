import { readFileSync } from "node:fs";
import { errnoOf } from "../error/index.ts";

/** What a JSON file holds that only saves work; undefined when it is missing or damaged, for then it is written anew. */
export function readKept(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

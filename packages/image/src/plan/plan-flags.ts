import { boolean, string } from "@oclif/core/flags";
import { formatPlan, type CopyPlan } from "@wherry/core/engine";
import { writeFile } from "../write-file.ts";
import { planTable } from "./plan-table.ts";

/** Where a plan goes. */
export const planFlags = {
  json: boolean({ description: "Print the plan as JSON, not as a table" }),
  output: string({ char: "o", helpValue: "path", description: "Write the plan to the file, for `apply`" }),
};

/** Prints a plan, and writes it to the file that was asked for. */
export function showPlan(
  plan: CopyPlan,
  { json, output }: { readonly json: boolean; readonly output?: string | undefined },
  print: (text: string) => void,
): void {
  if (output !== undefined) writeFile(output, [...formatPlan(plan)].join(""));
  if (!json) print(planTable(plan));
  else for (const piece of formatPlan(plan)) print(piece);
}

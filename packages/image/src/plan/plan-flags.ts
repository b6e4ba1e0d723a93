import { boolean, string } from "@oclif/core/flags";
import { formatPlan, summaryOf, type CopyPlan } from "@wherry/core/engine";
import { writeOutput } from "@wherry/core/io";
import { planTable } from "./plan-table.ts";

/** Whether the exit status says that there is work. */
export const exitCodeFlag = {
  "exit-code": boolean({ description: "End with status 1 when there is something to copy or to delete" }),
};

/** Where a plan goes. */
export const planFlags = {
  ...exitCodeFlag,
  json: boolean({ description: "Print the plan as JSON, not as a table" }),
  output: string({ char: "o", helpValue: "path", description: "Write the plan to the file, for `apply`" }),
};

/** The exit status of a plan in which nothing failed: 1 when it has work, for who asked. */
export function workStatus(plan: CopyPlan, flags: { readonly "exit-code": boolean }): number {
  const { images, deletions } = summaryOf(plan);
  return flags["exit-code"] && images + deletions > 0 ? 1 : 0;
}

/** Prints a plan, and writes it to the file that was asked for. */
export function showPlan(
  plan: CopyPlan,
  { json, output }: { readonly json: boolean; readonly output?: string | undefined },
  print: (text: string) => void,
): void {
  if (output !== undefined) writeOutput(output, [...formatPlan(plan)].join(""));
  if (!json) print(planTable(plan));
  else for (const piece of formatPlan(plan)) print(piece);
}

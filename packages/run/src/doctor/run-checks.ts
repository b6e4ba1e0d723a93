import { configurationChecks } from "./configuration-checks.ts";
import { fixText, managerOf } from "./distribution.ts";
import type { Check, Level } from "./finding.ts";
import type { HostView } from "./host-view.ts";
import { idChecks } from "./id-checks.ts";
import { kernelChecks } from "./kernel-checks.ts";
import { programChecks } from "./program-checks.ts";
import { sessionChecks } from "./session-checks.ts";
import { storageChecks } from "./storage-checks.ts";

/** A check's finding, with the fix as this distribution spells it. Its JSON is `doctor --json`. */
export interface Report {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly found: string;
  readonly lost?: string;
  readonly fix?: string;
}

/** Every check, in the order in which a failure explains later ones. */
export const checks: readonly Check[] = [
  ...kernelChecks.filter(({ id }) => id !== "user-namespace"),
  ...idChecks,
  ...kernelChecks.filter(({ id }) => id === "user-namespace"),
  ...programChecks,
  ...storageChecks,
  ...sessionChecks,
  ...configurationChecks,
];

/** Looks at a host with every check. */
export async function runChecks(host: HostView, selected: readonly Check[] = checks): Promise<Report[]> {
  const manager = managerOf(host.readText("/etc/os-release") ?? host.readText("/usr/lib/os-release") ?? "");
  const reports: Report[] = [];
  for (const { id, title, look } of selected) {
    const { level, found, lost, fix } = await look(host);
    reports.push({
      id,
      title,
      level,
      found,
      ...(lost === undefined || level === "ok" ? {} : { lost }),
      ...(fix === undefined || level === "ok" ? {} : { fix: fixText(fix, manager, host.uid) }),
    });
  }
  return reports;
}

/** 0: nothing a user would miss; 1: something is lost; 2: no container can run. */
export function statusOf(reports: readonly Report[]): 0 | 1 | 2 {
  if (reports.some(({ level }) => level === "failure")) return 2;
  return reports.some(({ level }) => level === "warning") ? 1 : 0;
}

const MARKS: Readonly<Record<Level, string>> = {
  ok: "ok",
  note: "note",
  warning: "warning",
  failure: "FAILURE",
};

/** The reports as a table, then what to do about those that are not well, the worst first. */
export function renderReports(reports: readonly Report[]): string {
  const width = Math.max(...reports.map(({ id }) => id.length));
  const markWidth = Math.max(...reports.map(({ level }) => MARKS[level].length));
  const table = reports.map(
    ({ id, level, found }) => `${MARKS[level].padEnd(markWidth)}  ${id.padEnd(width)}  ${found}\n`,
  );
  const order: readonly Level[] = ["failure", "warning", "note"];
  const advice = order.flatMap((level) =>
    reports
      .filter((report) => report.level === level)
      .map(
        ({ id, title, lost, fix }) =>
          `\n${MARKS[level]} ${id}: ${title}\n${lost === undefined ? "" : `  lost: ${lost}\n`}${fix === undefined ? "" : `  fix:  ${fix}\n`}`,
      ),
  );
  return [...table, ...advice, `\n${summaryOf(reports)}\n`].join("");
}

function summaryOf(reports: readonly Report[]): string {
  switch (statusOf(reports)) {
    case 0:
      return "This host is ready for rootless containers.";
    case 1:
      return "Containers run on this host; what is lost is listed above.";
    case 2:
      return "Containers cannot run on this host until the failures above are repaired.";
  }
}

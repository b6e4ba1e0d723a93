import { denialRules } from "./denial-rules.ts";
import type { Evidence } from "./evidence.ts";
import type { Finding, Rule } from "./finding.ts";
import { mountRules } from "./mount-rules.ts";
import { programRules } from "./program-rules.ts";
import { signalRules } from "./signal-rules.ts";

/** Every rule, the surest first: the first that fits is the cause, the others may be too. */
export const RULES: readonly Rule[] = [...programRules, ...signalRules, ...mountRules, ...denialRules];

/** What explains it; empty when nothing does. */
export function findCauses(evidence: Evidence): Finding[] {
  return RULES.flatMap(({ cause, look }) => {
    const found = look(evidence);
    return found === undefined ? [] : [{ cause, ...found }];
  });
}

import { InvalidSeccompProfileError } from "./errors.ts";
import type { RuntimeSeccomp } from "./runtime-spec.ts";

/** A rule's conditions: capabilities of the container, architectures (Go's names) of the host. */
interface SeccompCondition {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
  readonly minKernel?: string;
}

/** containers-common's `seccomp.json` (docker's profile format): runtime-spec's rules, with conditions. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly archMap?: readonly {
    readonly architecture: string;
    readonly subArchitectures?: readonly string[] | null;
  }[];
  readonly flags?: readonly string[];
  readonly syscalls: readonly (RuntimeSeccomp["syscalls"][number] & {
    readonly includes?: SeccompCondition;
    readonly excludes?: SeccompCondition;
  })[];
}
void InvalidSeccompProfileError;

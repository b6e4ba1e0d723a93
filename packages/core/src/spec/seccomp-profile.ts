import * as v from "valibot";
import { InvalidSeccompProfileError } from "./errors.ts";
import type { RuntimeSeccomp } from "./runtime-spec.ts";

/** A rule's conditions: capabilities of the container, architectures (Go's names) of the host. */
interface SeccompCondition {
  readonly caps?: readonly string[] | undefined;
  readonly arches?: readonly string[] | undefined;
}

interface SeccompRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number | undefined;
  readonly args?:
    | readonly {
        readonly index: number;
        readonly value: number;
        readonly valueTwo?: number | undefined;
        readonly op: string;
      }[]
    | null
    | undefined;
  readonly includes?: SeccompCondition | null | undefined;
  readonly excludes?: SeccompCondition | null | undefined;
}

/** containers-common's `seccomp.json` (docker's profile format): runtime-spec's rules, with conditions. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number | undefined;
  readonly architectures?: readonly string[] | null | undefined;
  readonly archMap?:
    | readonly {
        readonly architecture: string;
        readonly subArchitectures?: readonly string[] | null | undefined;
      }[]
    | null
    | undefined;
  readonly flags?: readonly string[] | null | undefined;
  readonly syscalls: readonly SeccompRule[];
}

const strings = v.array(v.string());
const condition = v.nullish(v.looseObject({ caps: v.optional(strings), arches: v.optional(strings) }));
const schema = v.looseObject({
  defaultAction: v.string(),
  defaultErrnoRet: v.optional(v.number()),
  architectures: v.nullish(strings),
  archMap: v.nullish(
    v.array(v.looseObject({ architecture: v.string(), subArchitectures: v.nullish(strings) })),
  ),
  flags: v.nullish(strings),
  syscalls: v.array(
    v.looseObject({
      names: strings,
      action: v.string(),
      errnoRet: v.optional(v.number()),
      args: v.nullish(
        v.array(
          v.looseObject({
            index: v.number(),
            value: v.number(),
            valueTwo: v.optional(v.number()),
            op: v.string(),
          }),
        ),
      ),
      includes: condition,
      excludes: condition,
    }),
  ),
});

/**
 * Reads a profile; `path` is for messages.
 *
 * @throws {InvalidSeccompProfileError} naming the field that is wrong.
 */
export function parseSeccompProfile(text: string, path: string): SeccompProfile {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new InvalidSeccompProfileError(path, "not JSON", error);
  }
  const result = v.safeParse(schema, data);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new InvalidSeccompProfileError(path, `${v.getDotPath(issue) ?? "document"}: ${issue.message}`);
}

/** Node's name of an architecture → libseccomp's and Go's. */
const ARCHITECTURES: Readonly<Record<string, { readonly seccomp: string; readonly go: readonly string[] }>> =
  {
    x64: { seccomp: "SCMP_ARCH_X86_64", go: ["amd64", "x32", "x86"] },
    arm64: { seccomp: "SCMP_ARCH_AARCH64", go: ["arm64", "arm"] },
    arm: { seccomp: "SCMP_ARCH_ARM", go: ["arm"] },
    riscv64: { seccomp: "SCMP_ARCH_RISCV64", go: ["riscv64"] },
    ppc64: { seccomp: "SCMP_ARCH_PPC64LE", go: ["ppc64le"] },
    s390x: { seccomp: "SCMP_ARCH_S390X", go: ["s390x", "s390"] },
    loong64: { seccomp: "SCMP_ARCH_LOONGARCH64", go: ["loong64"] },
  };

/**
 * The runtime's form of a profile: rules whose conditions do not hold for these capabilities and this architecture
 * (Node's name) are left out.
 */
export function translateSeccomp(
  profile: SeccompProfile,
  { capabilities, arch }: { capabilities: readonly string[]; arch: string },
): RuntimeSeccomp {
  const known = ARCHITECTURES[arch];
  const family = profile.archMap?.find(({ architecture }) => architecture === known?.seccomp);
  const architectures =
    family === undefined
      ? (profile.architectures ?? (known === undefined ? [] : [known.seccomp]))
      : [family.architecture, ...(family.subArchitectures ?? [])];
  const go = known?.go ?? [];
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    architectures: [...architectures],
    ...(profile.flags == null ? {} : { flags: profile.flags }),
    syscalls: profile.syscalls
      .filter((rule) => applies(rule, capabilities, go))
      .map(({ names, action, errnoRet, args }) => ({
        names,
        action,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args == null || args.length === 0 ? {} : { args: args.map(runtimeArgument) }),
      })),
  };
}

function applies(
  { includes, excludes }: SeccompRule,
  capabilities: readonly string[],
  arches: readonly string[],
): boolean {
  const has = (name: string): boolean => capabilities.includes(name);
  const runs = (name: string): boolean => arches.includes(name);
  if (includes?.arches !== undefined && includes.arches.length > 0 && !includes.arches.some(runs))
    return false;
  if (includes?.caps !== undefined && !includes.caps.every(has)) return false;
  if (excludes?.arches?.some(runs) === true) return false;
  return excludes?.caps?.some(has) !== true;
}

function runtimeArgument({ index, value, valueTwo, op }: NonNullable<SeccompRule["args"]>[number]): {
  index: number;
  value: number;
  valueTwo?: number;
  op: string;
} {
  return { index, value, op, ...(valueTwo === undefined || valueTwo === 0 ? {} : { valueTwo }) };
}

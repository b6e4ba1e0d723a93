import { parse } from "@oclif/core/parser";
import type { Interfaces } from "@oclif/core";
import { WherryError } from "../error/index.ts";
import { flagLabel, normaliseArgv } from "./argv.ts";
import { HelpRequest, UsageError } from "./errors.ts";
import { flagTable } from "./flag-table.ts";
import type { CommandClass } from "./wherry-command.ts";

/** The command line of a command, typed by its declarations. */
export interface Input<T extends CommandClass> {
  readonly flags: Interfaces.InferredFlags<T["flags"]> & Interfaces.InferredFlags<T["baseFlags"]>;
  readonly args: Interfaces.InferredArgs<T["args"]>;
  /** All positionals, in order, as typed. */
  readonly positionals: readonly string[];
}

/** Before a value that looks like a flag: oclif would refuse `--name --rm`, which is a name to pflag. */
const SHIELD = "\0";

/**
 * Reads a command line by a command's declarations: taken apart as podman does, then parsed and checked by oclif.
 *
 * @throws {UsageError} in podman's words; {@link HelpRequest} for `--help`.
 */
export async function readInput<T extends CommandClass>(
  argv: readonly string[],
  command: T,
  commandPath: string,
): Promise<Input<T>> {
  const declared: Interfaces.FlagInput = { ...command.baseFlags, ...command.flags };
  const rules = { table: flagTable(declared), interspersed: command.interspersed, commandPath };
  const { flags: typed, positionals, help } = normaliseArgv(argv, rules);
  if (help) throw new HelpRequest();
  const canonical = typed.flatMap(({ entry, value }) => wordsOf(entry.name, value));
  const parsed = await parse([...canonical, "--", ...positionals], {
    flags: mapValues(declared, shielded),
    args: mapValues(command.args, (arg) => ({ ...arg, ignoreStdin: true })),
    strict: false,
  }).catch((error: unknown) => {
    // what a flag was given comes before what else there is, as in cobra
    if (!isOfFlag(error)) checkArity(command, positionals.length, commandPath);
    throw usageErrorOf(error, declared, commandPath);
  });
  checkArity(command, positionals.length, commandPath);
  return { flags: parsed.flags, args: parsed.args, positionals } as Input<T>;
}

function wordsOf(name: string, value: string | boolean): string[] {
  if (value === true) return [`--${name}`];
  if (value === false) return [`--no-${name}`];
  return [`--${name}`, value.startsWith("-") ? SHIELD + value : value];
}

type AnyFlag = Interfaces.FlagInput[string];

/** The flag as the canonical words need it: values unshielded before they are parsed, booleans with `--no-`. */
function shielded(flag: AnyFlag): AnyFlag {
  if (flag.type === "boolean") return { ...flag, allowNo: true };
  const { parse: parseValue } = flag;
  const unshielding: typeof parseValue = (text, ...rest) => parseValue(text.replace(SHIELD, ""), ...rest);
  return { ...flag, parse: unshielding };
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** @throws {UsageError} in cobra's words when there are too few or too many positionals. */
function checkArity({ args, arity }: CommandClass, received: number, commandPath: string): void {
  const declared = Object.values(args);
  const least = declared.filter(({ required }) => required === true).length;
  const most = declared.some(({ multiple }) => multiple === true) ? Infinity : declared.length;
  if (received >= least && received <= most) return;
  throw new UsageError(arity ?? arityMessage(least, most, received, commandPath));
}

function arityMessage(least: number, most: number, received: number, commandPath: string): string {
  if (most === 0) return `\`${commandPath}\` takes no arguments`;
  if (most === Infinity) return `requires at least ${least} arg(s), only received ${received}`;
  if (least === most) return `accepts ${least} arg(s), received ${received}`;
  if (least === 0) return `accepts at most ${most} arg(s), received ${received}`;
  return `accepts between ${least} and ${most} arg(s), received ${received}`;
}

const OF_FLAG = /^Parsing --(\S+) \n\t(.*)\nSee more help with --help$/s;

function isOfFlag(error: unknown): boolean {
  return error instanceof Error && OF_FLAG.test(error.message);
}

/** oclif's complaint in podman's words. What a flag's own parser throws keeps its class. */
function usageErrorOf(error: unknown, declared: Interfaces.FlagInput, commandPath: string): unknown {
  if (!(error instanceof Error)) return error;
  const [, flag, text] = OF_FLAG.exec(error.message) ?? [];
  if (flag !== undefined && text !== undefined) {
    if (error instanceof WherryError) return Object.assign(error, { message: text });
    return new UsageError(invalidArgument(flag, text, declared), commandPath);
  }
  if (!("oclif" in error)) return error;
  return new UsageError(constraintMessage(error.message, declared), commandPath);
}

function invalidArgument(flag: string, complaint: string, declared: Interfaces.FlagInput): string {
  const [, value] =
    /^Expected an integer(?: greater than or equal to 0)? but received: (.*)$/s.exec(complaint) ?? [];
  if (value === undefined) return `invalid argument for ${labelOf(flag, declared)} flag: ${complaint}`;
  const quoted = JSON.stringify(value);
  const parser = isUnsigned(declared[flag]) ? "ParseUint" : "ParseInt";
  const reason = `strconv.${parser}: parsing ${quoted}: invalid syntax`;
  return `invalid argument ${quoted} for ${labelOf(flag, declared)} flag: ${reason}`;
}

function isUnsigned(flag: AnyFlag | undefined): boolean {
  return flag !== undefined && "min" in flag && flag.min === 0;
}

function constraintMessage(message: string, declared: Interfaces.FlagInput): string {
  const text = message
    .replace(/\nSee more help with --help$/, "")
    .replace(/^The following errors? occurred:\s+/, "");
  const [, flag, value, choices] = /^Expected --(\S+?)=(.*) to be one of: (.*)$/s.exec(text) ?? [];
  if (flag !== undefined && choices !== undefined) {
    const quoted = JSON.stringify(value);
    const reason = `${quoted} is not a valid value.  Choose from: ${choices}`;
    return `invalid argument ${quoted} for ${labelOf(flag, declared)} flag: ${reason}`;
  }
  const [, one, other] = /^--([^=\s]+).* cannot also be provided when using --(\S+)/s.exec(text) ?? [];
  return one === undefined || other === undefined ? text : `--${one} and --${other} cannot be set together`;
}

function labelOf(name: string, declared: Interfaces.FlagInput): string {
  return flagLabel({ name, char: declared[name]?.char });
}

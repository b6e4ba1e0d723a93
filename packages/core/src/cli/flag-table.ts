import type { Interfaces } from "@oclif/core";

/** What the argv normaliser must know of a flag. */
export interface FlagEntry {
  /** The name in the command's `flags`. */
  readonly name: string;
  readonly char: string | undefined;
  readonly takesValue: boolean;
  /** Each use adds a value; otherwise the last use counts. */
  readonly multiple: boolean;
  /** The value of the bare flag, for flags whose value is optional and must follow `=`. */
  readonly bareValue: string | undefined;
}

/** Flags by what users type: "--name", "-n". */
export type FlagTable = ReadonlyMap<string, FlagEntry>;

/** How flags were called once, or are by others: podman takes these in every command that has the new one, and shows them in no help. */
const OTHER_SPELLINGS: Readonly<Record<string, string>> = {
  "healthcheck-command": "health-cmd",
  "healthcheck-interval": "health-interval",
  "healthcheck-retries": "health-retries",
  "healthcheck-start-period": "health-start-period",
  "healthcheck-timeout": "health-timeout",
  net: "network",
  timeout: "time",
  namespace: "ns",
  storage: "external",
  purge: "rm",
  notruncate: "no-trunc",
  "override-arch": "arch",
  "override-os": "os",
  "override-variant": "variant",
};

const bareValues = new WeakMap<object, string>();

/** Makes a flag's value optional: bare `--flag` means `value`; another value must follow `=`, as in Go's pflag. */
export function withBareValue<T extends object>(flag: T, value: string): T {
  bareValues.set(flag, value);
  return flag;
}

/** The table of a command's flags, with their aliases and other spellings. */
export function flagTable(flags: Interfaces.FlagInput): FlagTable {
  const table = new Map<string, FlagEntry>();
  for (const [name, flag] of Object.entries(flags)) {
    const takesValue = flag.type === "option";
    const multiple = takesValue && flag.multiple === true;
    const entry = { name, char: flag.char, takesValue, multiple, bareValue: bareValues.get(flag) };
    for (const long of [name, ...(flag.aliases ?? [])]) table.set(`--${long}`, entry);
    for (const short of [flag.char, ...(flag.charAliases ?? [])]) {
      if (short !== undefined) table.set(`-${short}`, entry);
    }
  }
  for (const [other, name] of Object.entries(OTHER_SPELLINGS)) {
    const entry = table.get(`--${name}`);
    if (entry !== undefined && !table.has(`--${other}`)) table.set(`--${other}`, entry);
  }
  return table;
}

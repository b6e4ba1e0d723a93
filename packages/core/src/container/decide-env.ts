import { variableName, type ContainerConfig } from "../oci/index.ts";
import type { CreateOptions } from "./create-options.ts";

/** The environment of a new container, NAME=value; of several of a name the last counts. */
export function decideEnv(
  { Env = [] }: ContainerConfig,
  { defaultEnv = [], unsetEnv, mergedEnv = [], env = [] }: CreateOptions,
): string[] {
  return [
    ...defaultEnv,
    ...Env.filter((entry) => !isUnset(entry, unsetEnv)),
    ...merged(Env, mergedEnv),
    ...env,
  ];
}

function isUnset(entry: string, names: CreateOptions["unsetEnv"] = []): boolean {
  return names === "all" || names.includes(variableName(entry));
}

/** The variables with what the image says put in for `$NAME` and `${NAME}`; nothing where it says nothing. */
function merged(imageEnv: readonly string[], variables: NonNullable<CreateOptions["mergedEnv"]>): string[] {
  const values = new Map(imageEnv.map((entry) => [variableName(entry), entry.replace(/^[^=]*=?/, "")]));
  return variables.map(([name, text]) => {
    const value = text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) => {
      return values.get(braced ?? bare ?? "") ?? "";
    });
    return `${name}=${value}`;
  });
}

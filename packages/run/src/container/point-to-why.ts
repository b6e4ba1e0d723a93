import { ContainerStateError, StartInterruptedError, type Container } from "@wherry/core/container";
import { WherryError } from "@wherry/core/error";

/** Adds to the failed start of a container, where it stays, how to ask for the cause. */
export function pointToWhy(error: unknown, { name, config }: Container, calledAs: string): unknown {
  if (!(error instanceof WherryError) || config.autoRemove) return error;
  if (error instanceof ContainerStateError || error instanceof StartInterruptedError) return error;
  const ask = `see \`${calledAs} why ${name}\` for the cause`;
  return Object.assign(error, { hint: error.hint === undefined ? ask : `${error.hint}; ${ask}` });
}

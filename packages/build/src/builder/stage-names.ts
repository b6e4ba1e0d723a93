import type { Stage, StageInstruction } from "../containerfile/index.ts";
import { BuildRequestError } from "./errors.ts";

/**
 * The stage that a FROM or `--from` of stage `before` means: the last earlier one of that name, else by number.
 * Undefined when the text names no earlier stage, and so an image.
 */
export function findStage(
  stages: readonly Stage[],
  text: string,
  before: number,
  { numbers = true } = {},
): number | undefined {
  const name = text.toLowerCase();
  const index = stages.slice(0, before).findLastIndex(({ from }) => from.name === name);
  if (index >= 0) return index;
  return numbers && /^\d+$/.test(text) && Number(text) < before ? Number(text) : undefined;
}

/** The stage to build: the last one, or the one that `--target` names, by name or number, searched from the end. */
export function targetStage(stages: readonly Stage[], target: string | undefined): number {
  if (target === undefined || target === "") return stages.length - 1;
  const index = findStage(stages, target, stages.length);
  if (index !== undefined) return index;
  const names = stages.flatMap(({ from }) => from.name ?? []);
  throw new BuildRequestError(`no stage ${JSON.stringify(target)} in the Containerfile`, {
    hint:
      names.length === 0 ? "its stages have no names; give a number" : `its stages are ${names.join(", ")}`,
  });
}

/**
 * The earlier stages that a stage says it needs, without those it names through variables, in the file's order.
 *
 * @param isNamedContext whether a name stands for a named context, whatever stages are called so
 */
export function neededStages(
  stages: readonly Stage[],
  index: number,
  isNamedContext: (name: string) => boolean = () => false,
): number[] {
  const stage = stages[index];
  if (stage === undefined) return [];
  const { image } = stage.from;
  const base = isNamedContext(image) ? undefined : findStage(stages, image, index, { numbers: false });
  const copied = stage.instructions
    .flatMap(fromsOf)
    .flatMap((from) => (isNamedContext(from) ? [] : (findStage(stages, from, index) ?? [])));
  return [...new Set([...(base === undefined ? [] : [base]), ...copied])].sort((a, b) => a - b);
}

/** What an instruction names by `--from`, or by `from` of a mount. */
export function fromsOf(instruction: StageInstruction): readonly string[] {
  if (instruction.kind === "COPY") return instruction.from === undefined ? [] : [instruction.from];
  if (instruction.kind !== "RUN") return [];
  return instruction.mounts.flatMap((mount) =>
    (mount.type === "bind" || mount.type === "cache") && mount.from !== undefined ? [mount.from] : [],
  );
}

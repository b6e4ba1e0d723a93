import { hostPlatform } from "@wherry/core/oci";
import { expandWord } from "../containerfile/index.ts";
import { GivenArgs } from "./given-args.ts";
import { findNamedContext } from "./named-context.ts";
import type { BuildRequest } from "./request.ts";
import { builtInArgs } from "./scope.ts";
import { findStage, neededStages, targetStage } from "./stage-names.ts";

/**
 * The images that the target and what it needs begin with, by the names to open: those that decide for which platforms it can be
 * built. A stage that FROM gives a platform of its own, as `--platform=$BUILDPLATFORM` does, is the same for all.
 *
 * @throws {BuildRequestError | ContainerfileError}
 */
export function baseImages(request: BuildRequest): string[] {
  const { containerfile, contexts = new Map(), buildArgs = new Map(), target } = request;
  const { stages, directives } = containerfile;
  const args = new GivenArgs({
    given: buildArgs,
    builtIn: builtInArgs({ target: request.platform, build: hostPlatform(), stage: target }),
  });
  args.declareGlobals(containerfile);
  const isNamed = (name: string) => findNamedContext(contexts, name) !== undefined;
  const names = new Set<string>();
  const seen = new Set<number>();
  const visit = (index: number): void => {
    const from = stages[index]?.from;
    if (from === undefined || seen.has(index)) return;
    seen.add(index);
    const image = expandWord(from.image, (name) => args.globals.lookup(name), directives);
    const named = findNamedContext(contexts, image);
    const earlier = named === undefined ? findStage(stages, image, index, { numbers: false }) : undefined;
    for (const needed of [
      ...neededStages(stages, index, isNamed),
      ...(earlier === undefined ? [] : [earlier]),
    ])
      visit(needed);
    const isFixed = from.platform !== undefined && !from.platform.includes("TARGET");
    if (earlier !== undefined || isFixed || named?.kind === "files") return;
    if (named !== undefined || image.toLowerCase() !== "scratch") names.add(named?.image ?? image);
  };
  visit(targetStage(stages, target));
  return [...names];
}

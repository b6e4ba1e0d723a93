import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "@wherry/core/io";
import type { Digest, ImageConfig } from "@wherry/core/oci";
import type { LayerWorker } from "@wherry/core/store";
import { stepLine, tryBuild, type BuildEvent, type BuildRequest, type BuildTools } from "../builder/index.ts";
import { compareLayers, type FileDifference } from "./compare-layers.ts";
import { enterConditions, type Conditions } from "./conditions.ts";
import { NotReproducibleError } from "./errors.ts";

/** A step that did not give the same both times. */
export interface StepDifference {
  /** As progress names it. */
  readonly step: string;
  readonly files: readonly FileDifference[];
}

/** What two builds of the same inputs gave. */
export interface Verified {
  /** The config that the image has, both times when nothing differs. */
  readonly config: ImageConfig;
  readonly differences: readonly StepDifference[];
  /** Whether the configs differ although the layers do not. */
  readonly configDiffers: boolean;
}

/** The same inputs somewhere else: what `verifyBuild` builds the second time. */
export interface Elsewhere extends Disposable {
  readonly request: BuildRequest;
  /** Variables that are otherwise there. */
  readonly env: Conditions["env"];
}

/** Files' times are whole seconds in most formats: less than that between two runs of a step would not show. */
const LATER_MS = 1_100;

/** What the second build is called inside of its containers. */
const OTHER_HOSTNAME = "verify-elsewhere";

const [USUAL_UMASK, OTHER_UMASK] = [0o022, 0o077];

/**
 * Builds twice without the cache, the second time later, with the context in another folder whose names come in another order,
 * another umask, locale, time zone, home, user's name and host name, another number of jobs, and one processor, and compares what
 * each step gave. Nothing of it is kept.
 *
 * @param openElsewhere gives the request for the second build
 * @throws {NotReproducibleError} when only the second build fails
 */
export async function verifyBuild(
  request: BuildRequest,
  tools: BuildTools,
  openElsewhere: () => Promise<Elsewhere>,
): Promise<Verified> {
  const { store, progress } = tools;
  const trials: string[] = [];
  const onTrial = (key: string) => void trials.push(key);
  const worker: LayerWorker = { call: async (task, input) => (await tools.worker()).call(task, input) };
  try {
    const onSame = (what: string) =>
      progress.warn(`${what} cannot be made another here, and is the same in both`);
    const first = await observed({ ...request, jobs: 1, onTrial }, tools, {
      ...{ umask: USUAL_UMASK, env: {}, oneProcessor: false, onSame },
    });
    // from the end: the last step may be as much sooner in its build as the first is later
    const ended = monotonicMs();
    using elsewhere = await openElsewhere();
    await sleep(Math.max(0, ended + LATER_MS - monotonicMs()));
    progress.warn(
      "the same once more: later, in another folder, with another umask, locale, time zone, user and host name, another number of jobs and of processors",
    );
    const second = await failingAlone(
      observed(
        { ...elsewhere.request, jobs: Math.max(2, request.jobs ?? 1), onTrial },
        {
          ...tools,
          env: { ...tools.env, ...elsewhere.env },
          runCommand: (step, output) => tools.runCommand({ ...step, hostname: OTHER_HOSTNAME }, output),
        },
        { umask: OTHER_UMASK, env: elsewhere.env, oneProcessor: true, onSame },
      ),
      tools.signal,
    );
    const differences: StepDifference[] = [];
    for (const [step, layer] of first.layers) {
      const other = second.layers.get(step);
      if (layer !== other) differences.push({ step, files: await compareLayers(store, layer, other) });
    }
    const configDiffers = JSON.stringify(first.config) !== JSON.stringify(second.config);
    return { config: first.config, differences, configDiffers: configDiffers && differences.length === 0 };
  } finally {
    store.pins.release();
    await store.buildCache.forget(trials, worker);
  }
}

/** What fails the second time alone depends on what was otherwise then. */
async function failingAlone<Result>(second: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  try {
    return await second;
  } catch (error) {
    signal?.throwIfAborted();
    throw new NotReproducibleError(
      `the second time it fails: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

interface Observed {
  readonly config: ImageConfig;
  /** Step → its layer. */
  readonly layers: ReadonlyMap<string, Digest | undefined>;
}

async function observed(
  request: BuildRequest & { readonly onTrial: (key: string) => void },
  tools: BuildTools,
  conditions: Conditions,
): Promise<Observed> {
  const layers = new Map<string, Digest | undefined>();
  const event = (told: BuildEvent): void => {
    if (told.type === "done") layers.set(stepLine(told.name), told.layer);
    tools.progress.event(told);
  };
  await using _entered = await enterConditions(conditions);
  const config = await tryBuild(request, {
    ...tools,
    progress: { warn: (text) => tools.progress.warn(text), event },
  });
  return { config, layers };
}

import { UsageError } from "@wherry/core/cli";
import {
  ImageSync,
  withoutSecrets,
  type CompanionWishes,
  type CopyAnywhereOptions,
  type CopyPlan,
  type CopySide,
  type ImageHost,
  type PlannedSide,
} from "@wherry/core/engine";
import { parseTransportName } from "@wherry/core/transport";
import { companionItems, wantsCompanions } from "../companions.ts";
import { allTagsOf } from "../all-tags.ts";

/** What `copy` would do. Nothing is written anywhere. */
export async function planCopy(
  engine: ImageHost,
  from: string,
  to: string,
  {
    allTags,
    companions,
    ...options
  }: CopyAnywhereOptions & {
    readonly allTags: boolean;
    readonly companions: CompanionWishes;
  },
): Promise<CopyPlan> {
  const { source = {}, destination = {}, noClobber = false } = options;
  if (wantsCompanions(companions) && (destination.moreNames ?? []).length > 0)
    throw new UsageError("a plan cannot have --additional-tag together with --referrers or --digest-tags");
  await using sync = await ImageSync.open(engine, destination.registry);
  const items = allTags
    ? await allTagsOf(sync, from, to, source.registry ?? {})
    : [
        {
          source: parseTransportName(from),
          registry: source.registry ?? {},
          destination: parseTransportName(to),
        },
        ...(await companionItems(sync, from, to, source.registry ?? {}, companions)),
      ];
  const images = await sync.plan(items, { ...options, keepsThere: noClobber });
  const { choice, format, layers, preserveDigests = false, foreignLayers, withoutSignatures } = options;
  return {
    command: "copy",
    created: engine.host.now().toISOString(),
    source: sideOf(source),
    destination: sideOf(destination),
    changes: {
      preserveDigests,
      ...(choice === undefined ? {} : { choice }),
      ...(format === undefined ? {} : { format }),
      ...(layers === undefined ? {} : { layers }),
      ...(foreignLayers === undefined ? {} : { foreignLayers }),
      ...(withoutSignatures === true ? { withoutSignatures } : {}),
    },
    images,
    unlisted: [],
    deletions: [],
  };
}

function sideOf({ registry = {}, sharedBlobs, moreNames = [] }: CopySide): PlannedSide {
  return {
    ...withoutSecrets(registry),
    ...(sharedBlobs === undefined ? {} : { sharedBlobs }),
    ...(moreNames.length === 0 ? {} : { moreNames }),
  };
}

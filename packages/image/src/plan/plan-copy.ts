import {
  ImageSync,
  withoutSecrets,
  type CopyAnywhereOptions,
  type CopyPlan,
  type CopySide,
  type ImageHost,
  type PlannedSide,
} from "@wherry/core/engine";
import { parseTransportName } from "@wherry/core/transport";
import { allTagsOf } from "../all-tags.ts";

/** What `copy` would do. Nothing is written anywhere. */
export async function planCopy(
  engine: ImageHost,
  from: string,
  to: string,
  { allTags, ...options }: CopyAnywhereOptions & { readonly allTags: boolean },
): Promise<CopyPlan> {
  const { source = {}, destination = {}, noClobber = false } = options;
  await using sync = await ImageSync.open(engine, destination.registry);
  const items = allTags
    ? await allTagsOf(sync, from, to, source.registry ?? {})
    : [
        {
          source: parseTransportName(from),
          registry: source.registry ?? {},
          destination: parseTransportName(to),
        },
      ];
  const images = await sync.plan(items, { ...options, keepsThere: noClobber });
  const { choice, format, layers, preserveDigests = false } = options;
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

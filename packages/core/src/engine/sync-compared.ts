import { chooseImages, oneFor, type ImageChoice } from "../image/index.ts";
import {
  choosePlatform,
  hostPlatform,
  isIndexMediaType,
  type Descriptor,
  type Digest,
} from "../oci/index.ts";
import type { ImageSource } from "../transport/index.ts";
import type { SyncItem, SyncOptions } from "./image-sync.ts";
import { checkPullsLeft, type SyncSide } from "./sync-side.ts";

type Changes = SyncOptions & { readonly choice: ImageChoice };

/** Both sides of an item, as they are now. */
export interface Compared {
  readonly from: SyncSide;
  readonly to: SyncSide;
  readonly source: ImageSource;
  readonly root: Descriptor;
  /** The destination has what a plan wanted there; the source was not asked. */
  readonly isDone: boolean;
  readonly current: Digest | undefined;
  readonly changes: Changes;
}

/** Which images of an item's index are copied. */
export function choiceFor({ source, choice }: SyncItem, options: SyncOptions): ImageChoice {
  if (choice !== undefined) return choice;
  const isByDigest = source.transport === "docker" && source.reference.digest !== undefined;
  return isByDigest ? { kind: "all" } : (options.choice ?? oneFor(hostPlatform()));
}

/** Whether the digest under the name does not tell that all is there: an index whose images do not all come, or more names. */
export function needsLook({ choice, destination, foreignLayers = false }: Changes): boolean {
  if (foreignLayers) return true;
  return (choice.kind === "some" && !choice.strip) || (destination?.moreNames ?? []).length > 0;
}

/** Whether the destination has what would be copied, as far as it can be told without asking more than that. */
export async function isSame({ isDone, root, current, from, source, changes }: Compared): Promise<boolean> {
  const { choice, format, layers, keepsThere = false } = changes;
  if (isDone || keepsThere) return true;
  const changesBytes = format !== undefined || layers?.compression !== undefined;
  if (changesBytes || needsLook(changes)) return false;
  if (choice.kind === "some" && isIndexMediaType(root.mediaType)) {
    await checkPullsLeft(from);
    return (await chooseImages(source, choice).readManifest()).descriptor.digest === current;
  }
  if (root.digest === current) return true;
  if (choice.kind !== "one" || !isIndexMediaType(root.mediaType)) return false;
  await checkPullsLeft(from); // to read an index is a pull
  const index = await source.readManifest();
  if (index.kind !== "index") return false;
  return choosePlatform(index.content.manifests, choice.platform)?.digest === current;
}

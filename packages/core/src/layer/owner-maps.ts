/** A range of ids of an archive, and what they become. */
export interface OwnerRange {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** What the owners of a layer's entries become when it is unpacked for a container with ids of its own. */
export interface OwnerMaps {
  readonly uids: readonly OwnerRange[];
  readonly gids: readonly OwnerRange[];
}

/** What an id becomes; undefined where no range has it. */
export function mapId(id: number, ranges: readonly OwnerRange[]): number | undefined {
  const range = ranges.find(({ containerId, size }) => containerId <= id && id < containerId + size);
  return range === undefined ? undefined : range.hostId + id - range.containerId;
}

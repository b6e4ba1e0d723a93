import type { ListedContainer } from "@wherry/core/container";
import type { ContainerSize } from "./container-rows.ts";

/** What `ps --sort` takes. */
export const SORT_KEYS = [
  "command",
  "created",
  "id",
  "image",
  "names",
  "pod",
  "runningfor",
  "size",
  "status",
] as const;

export type SortKey = (typeof SORT_KEYS)[number];

export function isSortKey(text: string | undefined): text is SortKey {
  return SORT_KEYS.some((key) => key === text);
}

interface Sortable {
  readonly listed: ListedContainer;
  readonly size?: ContainerSize;
}

/** The containers in the order of a key; those that are equal, and by `created`, in the order given. */
export function sortContainers<Each extends Sortable>(containers: readonly Each[], key: SortKey): Each[] {
  if (key === "created" || key === "pod") return [...containers];
  if (key === "size") return containers.toSorted((left, right) => sizeOf(left) - sizeOf(right));
  return containers.toSorted((left, right) => compare(valueOf(left, key), valueOf(right, key)));
}

function valueOf(
  { listed: { container, state } }: Sortable,
  key: Exclude<SortKey, "created" | "pod" | "size">,
): string {
  switch (key) {
    case "command":
      return container.config.args.join(" ");
    case "id":
      return container.id;
    case "image":
      return container.imageName;
    case "names":
      return container.name;
    case "runningfor":
      return "startedAt" in state ? state.startedAt : container.created;
    case "status":
      return state.status;
  }
}

function sizeOf({ size }: Sortable): number {
  return size?.rwSize ?? 0;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

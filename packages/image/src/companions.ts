import { UsageError } from "@wherry/core/cli";
import type { CompanionWishes, ImageSync, RegistryOptions, SyncItem } from "@wherry/core/engine";
import { parseTransportName } from "@wherry/core/transport";

/** What goes with an image that is copied between registries, as items of a sync. @throws {UsageError} for other transports */
export async function companionItems(
  sync: Pick<ImageSync, "companionsOf">,
  from: string,
  to: string,
  registry: RegistryOptions,
  wishes: CompanionWishes,
): Promise<SyncItem[]> {
  if (!wantsCompanions(wishes)) return [];
  const [source, destination] = registriesAmong(from, to);
  const found = await sync.companionsOf(source, registry, wishes);
  const { registry: host, repository } = destination;
  return found.map((reference) => ({
    source: { transport: "docker", reference },
    registry,
    destination: { transport: "docker", reference: { ...reference, registry: host, repository } },
    choice: { kind: "all" },
  }));
}

/** Whether anything is to go with the image. */
export function wantsCompanions({ referrers, digestTags = false }: CompanionWishes): boolean {
  return referrers !== undefined || digestTags;
}

/** Both names, if they are of registries. @throws {UsageError} */
export function registriesAmong(from: string, to: string) {
  const [source, destination] = [parseTransportName(from), parseTransportName(to)];
  if (source.transport === "docker" && destination.transport === "docker")
    return [source.reference, destination.reference] as const;
  throw new UsageError("--referrers and --digest-tags are for copies between registries");
}

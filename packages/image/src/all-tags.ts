import { UsageError } from "@wherry/core/cli";
import type { ImageSync, RegistryOptions, SyncItem } from "@wherry/core/engine";
import { parseReference, type Reference } from "@wherry/core/reference";

/** Every tag of a repository, as items of a sync. */
export async function allTagsOf(
  sync: Pick<ImageSync, "listTags">,
  from: string,
  to: string,
  registry: RegistryOptions,
): Promise<SyncItem[]> {
  const source = repositoryIn(from);
  const target = to.startsWith("oci:") ? to.slice("oci:".length) : repositoryIn(to);
  if (target === "" || (typeof target === "string" && target.includes(":")))
    throw new UsageError(`--all-tags copies to oci:PATH without a name, not to ${to}`);
  const tags = await sync.listTags(source, registry);
  return tags.map((tag) => ({
    source: { transport: "docker", reference: { ...source, tag } },
    registry,
    destination:
      typeof target === "string"
        ? { transport: "oci", path: target, image: tag }
        : { transport: "docker", reference: { ...target, tag } },
  }));
}

/** @throws {UsageError | InvalidReferenceError} for what is no repository of a registry */
function repositoryIn(text: string): Reference {
  if (!text.startsWith("docker://"))
    throw new UsageError(`--all-tags copies from docker:// to docker:// or oci:, not ${text}`);
  const reference = parseReference(text.slice("docker://".length));
  if (reference.tag === undefined && reference.digest === undefined) return reference;
  throw new UsageError(`--all-tags needs a repository without tag or digest, not ${text}`);
}

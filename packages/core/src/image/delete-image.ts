import { endpointsFor } from "../config/index.ts";
import type { Digest } from "../oci/index.ts";
import { parseReference, formatReference, withDefaultTag, type Reference } from "../reference/index.ts";
import { DeniedError, RegistryError, UnauthorizedError } from "../registry/index.ts";
import {
  BlockedRegistryError,
  deleteFromLayout,
  formatTransportName,
  openSource,
  type TransportContext,
  type TransportName,
} from "../transport/index.ts";
import { otherTagsOf, partsToDelete, removeManifest, type Repository } from "./delete-parts.ts";
import { DeleteUnsupportedError, OtherTagsError } from "./errors.ts";

export interface DeleteOptions {
  /** Delete the manifest with all tags that name it, not only the tag. */
  readonly manifest?: boolean;
  /** Delete what an index consists of and what refers to it too, as far as nothing else in the repository needs it. */
  readonly recursive?: boolean;
  /** Told of what goes besides the tag that was named, before it goes. */
  readonly onMore?: (deletion: Deletion) => void;
  /** Told when the registry does not say which other tags name a manifest that goes. */
  readonly onTagsUnknown?: (why: string) => void;
}

/** What a deletion takes away. */
export interface Deletion {
  /** What the name stands for. */
  readonly digest: Digest;
  /** The tag that was named; undefined for a digest. */
  readonly tag: string | undefined;
  /** Other tags of the same manifest: they go if it goes. */
  readonly otherTags: readonly string[];
  /** With `recursive`: images of an index and referrers, in the order they go. */
  readonly parts: readonly { readonly digest: Digest; readonly kind: "image" | "referrer" }[];
  /** With `recursive`: images of the index that stay, since others need them. */
  readonly kept: readonly Digest[];
}

/**
 * Deletes an image where it is. In a registry a tag is deleted alone where the registry can do that; where it cannot, its
 * manifest is, but only if no other tag names it.
 *
 * @throws {OtherTagsError | DeleteUnsupportedError | ManifestUnknownError | ImageInUseError}
 */
export async function deleteImage(
  name: TransportName,
  context: TransportContext,
  options: DeleteOptions = {},
): Promise<void> {
  switch (name.transport) {
    case "docker":
      return deleteFromRegistry(name.reference, context, options);
    case "oci":
      return deleteFromLayout(name.path, name.image);
    case "containers-storage":
      return deleteFromStore(name.image, context);
    default:
      throw unsupported(name);
  }
}

/** What `deleteImage` would take away; nothing is changed. */
export async function planDeletion(
  name: TransportName,
  context: TransportContext,
  { recursive = false }: DeleteOptions = {},
): Promise<Deletion> {
  if (name.transport === "docker")
    return planFor(await repositoryOf(name.reference, context), name.reference, recursive);
  if (name.transport !== "oci" && name.transport !== "containers-storage") throw unsupported(name);
  await using source = openSource(name, context);
  const { digest } = (await source.readManifest()).descriptor;
  return { digest, tag: undefined, otherTags: [], parts: [], kept: [] };
}

function unsupported(name: TransportName): DeleteUnsupportedError {
  return new DeleteUnsupportedError(
    `from ${formatTransportName(name)}: that transport cannot take one image away`,
    "remove the file or folder",
  );
}

async function deleteFromRegistry(
  reference: Reference,
  context: TransportContext,
  options: DeleteOptions,
): Promise<void> {
  const { manifest = false, recursive = false, onMore = () => undefined } = options;
  const repository = await repositoryOf(reference, context);
  const { tag = "latest" } = withDefaultTag(reference);
  const isWhole = reference.digest !== undefined || manifest;
  if (isWhole && !recursive) {
    const found =
      reference.digest ?? (await repository.client.getManifest(repository.path, tag)).descriptor.digest;
    await tellOtherTags(repository, found, manifest ? tag : undefined, options);
    return removeManifest(repository, found);
  }
  if (recursive) {
    const plan = await planFor(repository, reference, recursive);
    if (!isWhole && plan.otherTags.length > 0) throw new OtherTagsError(repository.name, plan.otherTags);
    if (plan.otherTags.length > 0 || plan.parts.length > 0) onMore(plan);
    for (const { digest, kind } of plan.parts)
      if (kind === "referrer") await removeManifest(repository, digest);
    await removeManifest(repository, plan.digest);
    for (const { digest, kind } of plan.parts) if (kind === "image") await removeManifest(repository, digest);
    return;
  }
  try {
    await repository.client.deleteManifest(repository.path, tag);
  } catch (error) {
    if (!(error instanceof RegistryError) || ![400, 404, 405, 501].includes(error.status)) throw error;
    const { digest, otherTags } = await planFor(repository, reference, false);
    if (otherTags.length > 0) throw new OtherTagsError(repository.name, otherTags);
    await removeManifest(repository, digest);
  }
}

/** Tells which tags besides the one that was named go with a manifest. */
async function tellOtherTags(
  repository: Repository,
  digest: Digest,
  tag: string | undefined,
  { onMore, onTagsUnknown }: DeleteOptions,
): Promise<void> {
  if (onMore === undefined) return;
  try {
    const otherTags = await otherTagsOf(repository, digest, tag);
    if (otherTags.length > 0) onMore({ digest, tag, otherTags, parts: [], kept: [] });
  } catch (error) {
    const isRefused = [DeniedError, UnauthorizedError, RegistryError, OtherTagsError].some(
      (kind) => error instanceof kind,
    );
    if (!isRefused || !(error instanceof Error)) throw error;
    onTagsUnknown?.(error.message);
  }
}

async function planFor(repository: Repository, reference: Reference, recursive: boolean): Promise<Deletion> {
  const { client, path } = repository;
  const { tag } = withDefaultTag(reference);
  const root = await client.getManifest(path, reference.digest ?? tag ?? "latest");
  const { digest } = root.descriptor;
  const otherTags = await otherTagsOf(repository, digest, tag);
  if (!recursive) return { digest, tag, otherTags, parts: [], kept: [] };
  const { parts, kept } = await partsToDelete(repository, root, [
    ...otherTags,
    ...(tag === undefined ? [] : [tag]),
  ]);
  return { digest, tag, otherTags, parts, kept };
}

async function repositoryOf(reference: Reference, context: TransportContext): Promise<Repository> {
  const registries = await context.registries();
  const { blocked, primary } = endpointsFor(registries.conf, reference);
  const name = formatReference(reference);
  if (blocked) throw new BlockedRegistryError(reference.registry, name);
  return { client: registries.clientFor(primary), path: primary.repository, name };
}

/** The name goes; with its last name the image goes too. */
async function deleteFromStore(text: string, context: TransportContext): Promise<void> {
  const { images } = context.store();
  const { image, name } = images.resolve(text, await context.candidates?.(text));
  if (name !== undefined && image.names.length > 1) images.untag(parseReference(name));
  else await images.remove(name === undefined ? image.id : image.manifest.digest, await context.worker?.());
}

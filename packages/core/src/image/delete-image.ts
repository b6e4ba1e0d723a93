import { endpointsFor } from "../config/index.ts";
import { parseReference, formatReference, withDefaultTag, type Reference } from "../reference/index.ts";
import { ManifestUnknownError, RegistryError, type RegistryClient } from "../registry/index.ts";
import {
  BlockedRegistryError,
  deleteFromLayout,
  formatTransportName,
  type TransportContext,
  type TransportName,
} from "../transport/index.ts";
import { DeleteUnsupportedError, OtherTagsError } from "./errors.ts";

export interface DeleteOptions {
  /** Delete the manifest with all tags that name it, not only the tag. */
  readonly manifest?: boolean;
}

/** Tags looked through for others of the same manifest. */
const TAG_LIMIT = 2000;

/**
 * Deletes an image where it is. In a registry a tag is deleted alone where the registry can do that; where it cannot, its
 * manifest is, but only if no other tag names it.
 *
 * @throws {OtherTagsError | DeleteUnsupportedError | ManifestUnknownError | ImageInUseError}
 */
export async function deleteImage(
  name: TransportName,
  context: TransportContext,
  { manifest = false }: DeleteOptions = {},
): Promise<void> {
  switch (name.transport) {
    case "docker":
      return deleteFromRegistry(name.reference, context, manifest);
    case "oci":
      return deleteFromLayout(name.path, name.image);
    case "containers-storage":
      return deleteFromStore(name.image, context);
    default:
      throw new DeleteUnsupportedError(
        `from ${formatTransportName(name)}: that transport cannot take one image away`,
        "remove the file or folder",
      );
  }
}

async function deleteFromRegistry(
  reference: Reference,
  context: TransportContext,
  whole: boolean,
): Promise<void> {
  const registries = await context.registries();
  const { blocked, primary } = endpointsFor(registries.conf, reference);
  const name = formatReference(reference);
  if (blocked) throw new BlockedRegistryError(reference.registry, name);
  const client = registries.clientFor(primary);
  const { repository } = primary;
  const { tag } = withDefaultTag(reference);
  if (tag === undefined || reference.digest !== undefined || whole) {
    const digest = reference.digest ?? (await digestOfTag(client, repository, tag ?? "latest", name));
    return client.deleteManifest(repository, digest);
  }
  try {
    await client.deleteManifest(repository, tag);
  } catch (error) {
    if (!(error instanceof RegistryError) || ![400, 404, 405, 501].includes(error.status)) throw error;
    await deleteOnlyTag(client, repository, tag, name);
  }
}

async function deleteOnlyTag(
  client: RegistryClient,
  repository: string,
  tag: string,
  name: string,
): Promise<void> {
  const digest = await digestOfTag(client, repository, tag, name);
  const others: string[] = [];
  let seen = 0;
  for await (const other of client.listTags(repository)) {
    if (++seen > TAG_LIMIT) throw new OtherTagsError(name, ["(too many tags to look through)"]);
    if (other === tag) continue;
    const descriptor = await client.headManifest(repository, other);
    if (descriptor?.digest === digest) others.push(other);
  }
  if (others.length > 0) throw new OtherTagsError(name, others);
  await client.deleteManifest(repository, digest);
}

async function digestOfTag(
  client: RegistryClient,
  repository: string,
  tag: string,
  name: string,
): Promise<string> {
  const descriptor = await client.headManifest(repository, tag);
  if (descriptor === undefined) throw new ManifestUnknownError(name);
  return descriptor.digest;
}

/** The name goes; with its last name the image goes too. */
async function deleteFromStore(text: string, context: TransportContext): Promise<void> {
  const { images } = context.store();
  const { image, name } = images.resolve(text, await context.candidates?.(text));
  if (name !== undefined && image.names.length > 1) images.untag(parseReference(name));
  else await images.remove(name === undefined ? image.id : image.manifest.digest, await context.worker?.());
}

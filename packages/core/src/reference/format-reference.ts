import { DEFAULT_REGISTRY, isShortName, OFFICIAL_FOLDER, type Reference } from "./parse-reference.ts";

/** The full name: `registry/repository[:tag][@digest]`. `parseReference` reads it back. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}${suffixOf(reference)}`;
}

/** The name as people type it: without docker.io and its `library/`, where that cannot be misread. */
export function familiarName(reference: Reference): string {
  const { registry, repository } = reference;
  if (registry !== DEFAULT_REGISTRY) return formatReference(reference);
  const official = repository.startsWith(OFFICIAL_FOLDER) ? repository.slice(OFFICIAL_FOLDER.length) : "";
  const name = official === "" || official.includes("/") ? repository : official;
  return isShortName(name) ? name + suffixOf(reference) : formatReference(reference);
}

function suffixOf({ tag, digest }: Reference): string {
  return `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

import { isShortName, parseReference, type Reference } from "../reference/index.ts";
import { ShortNameError } from "./errors.ts";
import type { RegistriesConf } from "./registries-conf.ts";

/**
 * The full names a name may stand for, to be tried in order: itself when it names a registry, else its alias, else the
 * name in each of `unqualified-search-registries`. Local images are the store's business.
 *
 * @throws {ShortNameError} when there is neither.
 */
export function shortNameCandidates(conf: RegistriesConf, text: string): Reference[] {
  if (!isShortName(text)) return [parseReference(text)];
  const { repository, tag, digest } = parseReference(`localhost/${text}`);
  const alias = conf.aliases.get(repository); // in every mode: the modes are about names without one
  if (alias !== undefined) {
    const { tag: _tag, digest: _digest, ...name } = parseReference(alias);
    return [{ ...name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }];
  }
  if (conf.unqualifiedSearchRegistries.length === 0) throw new ShortNameError(text, conf.path);
  return conf.unqualifiedSearchRegistries.map((registry) => parseReference(`${registry}/${text}`));
}

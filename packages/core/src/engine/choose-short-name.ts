import { rememberAlias, type RegistriesConf } from "../config/index.ts";
import {
  formatReference,
  isShortName,
  parseReference,
  withDefaultTag,
  type Reference,
} from "../reference/index.ts";
import type { ImageHost } from "./connection.ts";
import { ShortNameEnforcedError } from "./errors.ts";

/** Has the user choose one of several; undefined where nobody can be asked. */
export type Choose = (label: string, choices: readonly string[]) => Promise<number | undefined>;

/** What a name to pull stands for. */
export interface ChosenNames {
  /** To be tried in order. */
  readonly names: readonly Reference[];
  /** Writes down what the user chose, once that was found to be right. */
  readonly remember?: () => Promise<void>;
}

/**
 * Which of the names that a short one may stand for is meant: where there are several, the user is asked, as
 * containers-registries.conf(5) has it.
 *
 * @throws {ShortNameEnforcedError} when nobody can be asked and `short-name-mode` is "enforcing"
 */
export async function chooseShortName(
  {
    choose,
    environment,
    signal,
  }: Pick<ImageHost, "choose" | "environment"> & Partial<Pick<ImageHost, "signal">>,
  { shortNameMode, path }: Pick<RegistriesConf, "shortNameMode" | "path">,
  text: string,
  names: readonly Reference[],
): Promise<ChosenNames> {
  if (names.length < 2 || shortNameMode === "disabled" || !isShortName(text)) return { names };
  const shown = names.map((name) => formatReference(withDefaultTag(name)));
  const index = await choose?.("Please select an image", shown);
  const chosen = index === undefined ? undefined : names[index];
  if (chosen === undefined) {
    if (shortNameMode === "enforcing") throw new ShortNameEnforcedError(text, shown, path);
    return { names };
  }
  const { repository } = parseReference(`localhost/${text}`);
  const value = `${chosen.registry}/${chosen.repository}`;
  return { names: [chosen], remember: () => rememberAlias(environment, repository, value, signal) };
}

import { UsageError } from "@wherry/core/cli";
import type { FoundRepository } from "@wherry/core/engine";

const DESCRIPTION_WIDTH = 44;

/** A row of `search`, in podman's names of fields. */
export function searchRow(result: FoundRepository, truncate: boolean): Readonly<Record<string, unknown>> {
  const { registry, repository, stars, isOfficial, isAutomated } = result;
  const text = result.description.replaceAll(/\s+/g, " ").trim();
  const characters = Array.from(text);
  return {
    Index: registry,
    Name: repository,
    Description:
      truncate && characters.length > DESCRIPTION_WIDTH
        ? `${characters.slice(0, DESCRIPTION_WIDTH).join("")}...`
        : text,
    Stars: stars,
    Official: isOfficial ? "[OK]" : "",
    Automated: isAutomated ? "[OK]" : "",
    Tag: "",
  };
}

/** What `search --filter` asks; all must fit. @throws {UsageError} */
export function searchFilter(filters: readonly string[]): (result: FoundRepository) => boolean {
  const all = filters.map(oneFilter);
  return (result) => all.every((fits) => fits(result));
}

function oneFilter(filter: string): (result: FoundRepository) => boolean {
  const [key = "", value] = filter.split(/=(.*)/s);
  switch (key) {
    case "stars": {
      if (value === undefined || !/^\d+$/.test(value))
        throw new UsageError(
          `incorrect value type for stars filter: ${JSON.stringify(value ?? "")} is no number`,
        );
      return ({ stars }) => stars >= Number(value);
    }
    case "is-official":
      return ({ isOfficial }) => isOfficial === (value !== "false");
    case "is-automated":
      return ({ isAutomated }) => isAutomated === (value !== "false");
    default:
      throw new UsageError(
        `invalid filter type ${JSON.stringify(key)}: known are stars, is-official, is-automated`,
      );
  }
}

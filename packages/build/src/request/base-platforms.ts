import { registryOptions, UsageError } from "@wherry/core/cli";
import { ensureResolved, findStored, imagePlatforms, type Engine } from "@wherry/core/engine";
import { formatPlatform, parsePlatform, type Platform } from "@wherry/core/oci";
import { isShortName } from "@wherry/core/reference";
import { placeNamed } from "@wherry/core/transport";
import { baseImages, type BuildRequest } from "../builder/index.ts";
import { confinedImage } from "../confined-image.ts";
import { pullPolicy } from "../pull-flags.ts";
import type { BuildFlags } from "./build-flags.ts";

/**
 * `--all-platforms`: those for which all base images are there, in the first one's order.
 *
 * @param folder of the context
 * @throws {UsageError} where there is none
 */
export async function basePlatforms(
  engine: Engine,
  request: BuildRequest,
  flags: BuildFlags,
  folder: string,
): Promise<Platform[]> {
  const names = baseImages(request);
  if (names.length === 0)
    throw new UsageError("--all-platforms: no base image says for which platforms; name them by --platform");
  const lists: string[][] = [];
  for (const name of names)
    lists.push(await platformsOf(engine, name === flags.from ? name : confinedImage(name, folder), flags));
  const [first = [], ...others] = lists;
  const common = [...new Set(first)].filter((platform) => others.every((list) => list.includes(platform)));
  if (common.length === 0)
    throw new UsageError(
      `--all-platforms: there is no platform for which all base images are: ${names.map((name, index) => `${name} is for ${(lists[index] ?? []).join(", ")}`).join("; ")}`,
    );
  return common.map(parsePlatform);
}

/** As `os/architecture[/variant]`. An image that was made here, or may not be asked for elsewhere, is for its own alone. */
async function platformsOf(engine: Engine, name: string, flags: BuildFlags): Promise<string[]> {
  const registry = registryOptions(flags);
  const listed = async (place: string): Promise<string[]> =>
    (await imagePlatforms(engine, place, { registry })).flatMap(({ Platform: text }) =>
      text === "" ? [] : [text],
    );
  if (placeNamed(name) !== undefined) return await listed(name);
  const list = engine.store.lists.find(name);
  if (list !== undefined)
    return list.index.manifests.flatMap(({ platform }) =>
      platform === undefined ? [] : [formatPlatform(platform)],
    );
  const policy = flags["pull-never"] ? "never" : pullPolicy(flags.pull);
  const stored = await findStored(engine, name);
  if (stored === undefined && policy !== "never" && !isShortName(name))
    return await listed(`docker://${name}`);
  const { image, fullName } = await ensureResolved(engine, name, policy, { registry });
  const isOnlyHere = policy === "never" || fullName === undefined || fullName.startsWith("localhost/");
  return isOnlyHere ? [formatPlatform(image.platform)] : await listed(`docker://${fullName}`);
}

import { boolean, string } from "@oclif/core/flags";
import { UsageError } from "@wherry/core/cli";
import type { ImageChoice } from "@wherry/core/image";
import { platformAmong, platformFlag } from "./image-command.ts";

/** Which images of an index are copied. */
export const choiceFlags = {
  all: boolean({ char: "a", description: "Copy the images of all platforms if SOURCE-IMAGE is a list" }),
  "multi-arch": string({
    helpValue: "system|all|index-only|LIST",
    exclusive: ["all"],
    description:
      "What of a list to copy: the image for this system, all, the list alone, or a comma-separated list of OS/ARCH[/VARIANT]",
  }),
  "strip-removed-platforms": boolean({
    dependsOn: ["multi-arch"],
    description: "Take the platforms that are not copied out of the list, which changes its digest",
  }),
  ...platformFlag,
};

interface ChoiceInput {
  readonly all: boolean;
  readonly "multi-arch"?: string | undefined;
  readonly "strip-removed-platforms": boolean;
  readonly platform?: string | undefined;
}

/**
 * The choice that the flags make; undefined when they leave it to the default, the image for this machine.
 *
 * @throws {UsageError | InvalidPlatformError}
 */
export async function choiceAmong(flags: ChoiceInput): Promise<ImageChoice | undefined> {
  const { all, platform, "multi-arch": text, "strip-removed-platforms": strip } = flags;
  const isList = text !== undefined && !["system", "all", "index-only"].includes(text);
  if (strip && !isList)
    throw new UsageError("--strip-removed-platforms needs --multi-arch with a list of platforms");
  if (platform !== undefined && (all || (text !== undefined && text !== "system")))
    throw new UsageError(`${all ? "--all" : "--multi-arch"} and --platform cannot be set together`);
  if (all || text === "all") return { kind: "all" };
  if (text === "index-only") return { kind: "index-only" };
  if (text !== undefined && isList) {
    const { parsePlatform } = await import("@wherry/core/oci");
    return { kind: "some", platforms: text.split(",").map((one) => parsePlatform(one.trim())), strip };
  }
  const one = await platformAmong(flags as unknown as Readonly<Record<string, unknown>>);
  return one === undefined ? undefined : { kind: "one", platform: one };
}

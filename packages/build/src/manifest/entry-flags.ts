import { string } from "@oclif/core/flags";
import { UsageError } from "@wherry/core/cli";
import type { EntryChanges } from "./add-image.ts";

const several = { multiple: true as const, multipleNonGreedy: true };

/** What a list can say of an image, in the flags of `manifest add` and `manifest annotate`. */
export const entryFlags = {
  annotation: string({ ...several, helpValue: "NAME=VALUE", description: "Set an annotation of the image" }),
  arch: string({ helpValue: "ARCH", description: "Architecture of the image" }),
  features: string({
    ...several,
    helpValue: "FEATURE",
    description: "Features of the processor it needs: features of its platform, which docker's lists have",
  }),
  os: string({ helpValue: "OS", description: "Operating system of the image" }),
  "os-features": string({
    ...several,
    helpValue: "FEATURE",
    description: "Features of the operating system it needs",
  }),
  "os-version": string({ helpValue: "VERSION", description: "Version of the operating system" }),
  variant: string({ helpValue: "VARIANT", description: "Variant of the architecture" }),
};

/** @throws {UsageError} for an annotation without a name */
export function entryChanges(flags: {
  readonly annotation?: readonly string[] | undefined;
  readonly arch?: string | undefined;
  readonly features?: readonly string[] | undefined;
  readonly os?: string | undefined;
  readonly "os-features"?: readonly string[] | undefined;
  readonly "os-version"?: string | undefined;
  readonly variant?: string | undefined;
}): EntryChanges {
  return {
    annotations: annotationsOf(flags.annotation ?? []),
    ...{ arch: flags.arch, os: flags.os, variant: flags.variant },
    ...{ osVersion: flags["os-version"], osFeatures: wordsOf(flags["os-features"]) },
    features: wordsOf(flags.features),
  };
}

/** Several in one word have commas between them. */
function wordsOf(texts: readonly string[] | undefined): readonly string[] | undefined {
  return texts?.flatMap((text) => text.split(",").filter((word) => word !== ""));
}

/** NAME=VALUE as a record. @throws {UsageError} */
export function annotationsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf("=");
      if (equals < 1)
        throw new UsageError(`no value given for annotation ${JSON.stringify(text)}: expected NAME=VALUE`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

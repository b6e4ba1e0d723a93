import { string } from "@oclif/core/flags";
import type { EngineOptions } from "../engine/index.ts";
import { WherryCommand } from "./wherry-command.ts";

/** Flags before the command's name, for programs that have a store. */
export const storeFlags = {
  root: string({ helpValue: "path", description: "Folder of the store of images and containers" }),
};

/** Base of the commands of `wherry` and `wherry-build`. */
export abstract class StoreCommand extends WherryCommand {
  static override baseFlags = storeFlags;

  protected override engineOptions(flags: Readonly<Record<string, unknown>>): EngineOptions {
    const { root } = flags;
    return { ...super.engineOptions(flags), ...(typeof root === "string" ? { root } : {}) };
  }
}

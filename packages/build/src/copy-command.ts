import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand, storeFlags, type CommandClass, type CommandInput } from "@wherry/core/cli";
import { LayerFiles } from "./builder/layer-files.ts";
import { obtainImage, pullFlags, pullOptions } from "./pull-flags.ts";
import { secondsOf } from "./request/build-date.ts";
import { changeWorking } from "./working/change.ts";
import { copyInWorking, treeNamed } from "./working/copy.ts";

/** Flags of `copy` and `add`. */
export const copyFlags = {
  ...pullFlags,
  "add-history": boolean({ description: "Add an entry to the image's history ($BUILDAH_HISTORY)" }),
  checksum: string({ helpValue: "sha256:HEX", description: "Digest that the content of a URL must have" }),
  chmod: string({ helpValue: "MODE", description: "Permissions of what is copied, as 0644 or u=rwX,go=rX" }),
  chown: string({ helpValue: "USER[:GROUP]", description: "Owner of what is copied" }),
  contextdir: string({ helpValue: "path", description: "Folder that sources are in" }),
  exclude: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "PATTERN",
    description: "What to leave out, as in an ignore file",
  }),
  from: string({ helpValue: "NAME", description: "Copy from this container or image" }),
  ignorefile: string({
    helpValue: "path",
    description: "File with patterns of what to leave out of --contextdir",
  }),
  link: boolean({ description: "Put it into a layer of its own, whatever is there" }),
  parents: boolean({ description: "Keep the directories of the sources" }),
  timestamp: string({ helpValue: "seconds", description: "Time of what is copied" }),
  quiet: boolean({ char: "q", description: "Don't output a digest of the newly-added/copied content" }),
};

/** Only for the types of the flags. */
type CopyDeclaration = CommandClass & {
  readonly flags: typeof copyFlags;
  readonly baseFlags: typeof storeFlags;
};
type CopyInput = Pick<CommandInput<CopyDeclaration>, "flags" | "positionals">;

/** What `copy` and `add` do. */
export abstract class CopyCommand extends StoreCommand {
  static override args = {
    container: stringArg({ required: true, description: "working container" }),
    words: stringArg({ multiple: true, description: "sources, and the destination last" }),
  };
  static override arity = "container ID must be specified";
  static override flags: typeof copyFlags = copyFlags;

  protected async copy({ flags, positionals }: CopyInput, isAdd: boolean): Promise<void> {
    const [name = "", ...words] = positionals;
    const { engine, invocation } = this;
    const history = flags["add-history"] || engine.host.env["BUILDAH_HISTORY"] === "true";
    using files = new LayerFiles(engine.store, engine.locations.cacheDir);
    using options = pullOptions(invocation, flags);
    const { from } = flags;
    const tree =
      from === undefined
        ? undefined
        : await treeNamed(engine, files, from, (image) => obtainImage(engine, image, "missing", options));
    let digest = "";
    await changeWorking(engine, name, async ({ state }) => {
      const copied = await copyInWorking(engine, state, {
        ...{ words, isAdd, chown: flags.chown, chmod: flags.chmod, checksum: flags.checksum },
        ...{ exclude: flags.exclude ?? [], parents: flags.parents, link: flags.link, from: tree },
        timestamp: flags.timestamp === undefined ? undefined : secondsOf(flags.timestamp, "--timestamp"),
        ...{ contextDir: flags.contextdir, ignoreFile: flags.ignorefile, folder: process.cwd() },
      });
      ({ digest } = copied);
      if (!history) return copied.state;
      const text = `/bin/sh -c #(nop) ${isAdd ? "ADD" : "COPY"} file:${digest} in ${words.at(-1) ?? ""} `;
      return { ...copied.state, added: [...copied.state.added, text] };
    });
    if (!flags.quiet) this.log(digest);
  }
}

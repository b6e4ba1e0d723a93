import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { writeOutput } from "@wherry/core/io";
import { annotationsAfter } from "../builder/base-annotations.ts";
import { limitFlags } from "../limit-flags.ts";
import { obtainImage, pullFlags, pullOptions, pullPolicy } from "../pull-flags.ts";
import { runDefaults, runFlags } from "../run-flags.ts";
import { nameAfter, stateFrom } from "../working/from-image.ts";
import { checkRunDefaults } from "../working/run-defaults.ts";
import { insertWorking } from "../working/working-container.ts";

export default class From extends StoreCommand {
  static override summary = "Create a working container based on an image";
  static override description = `IMAGE is a name, a place as transport:location, or scratch for an empty container.
Prints the container's name.`;
  static override examples = [
    "container=$(<%= config.bin %> <%= command.id %> debian:12)",
    "<%= config.bin %> <%= command.id %> --name build --pull=always registry.example.com/team/base:1",
    "<%= config.bin %> <%= command.id %> scratch",
  ];
  static override args = {
    image: stringArg({ required: true, description: "image to begin with, or scratch" }),
  };
  static override arity = 'an image name (or "scratch") must be specified';
  static override flags = {
    ...pullFlags,
    ...runFlags,
    ...limitFlags,
    cidfile: string({ helpValue: "path", description: "Write the container ID to the file" }),
    format: string({ char: "f", helpValue: "FORMAT", description: "Accepted; commit says the format" }),
    name: string({ helpValue: "name", description: "Name of the working container" }),
    "pull-always": boolean({ description: "Pull the image even if it is here" }),
    "pull-never": boolean({ description: "Do not pull the image" }),
    quiet: boolean({ char: "q", description: "Don't output progress information when pulling images" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(From);
    const { store, host } = this.engine;
    const run = runDefaults(flags, host.env);
    checkRunDefaults(run, process.cwd());
    const isScratch = args.image === "scratch";
    using options = pullOptions(this.invocation, flags);
    const policy = flags["pull-always"] ? "always" : flags["pull-never"] ? "never" : pullPolicy(flags.pull);
    const found = isScratch ? undefined : await obtainImage(this.engine, args.image, policy, options);
    const name = found === undefined ? "" : (found.fullName ?? found.image.names[0] ?? args.image);
    const state = stateFrom(store, found?.image, name, run);
    const annotations = found === undefined ? {} : annotationsAfter(state.annotations, found);
    const working = { ...state, annotations };
    const container = insertWorking(store, working, {
      name: flags.name,
      base: isScratch ? "" : nameAfter(args.image),
      created: host.now().toISOString(),
    });
    if (flags.cidfile !== undefined) writeOutput(flags.cidfile, container.id);
    this.log(container.name);
  }
}

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StoreCommand } from "@wherry/core/cli";
import { makeTemporaryFolder, readStandardInput } from "@wherry/core/io";
import { digestOf, encodedOf, type Platform } from "@wherry/core/oci";
import { run } from "@wherry/core/process";
import { openProgress } from "../progress/open-progress.ts";
import { localContext } from "../remote-context.ts";
import { basePlatforms } from "../request/base-platforms.ts";
import { buildFlags } from "../request/build-flags.ts";
import { buildRequest, hasCommands, platformsOf } from "../request/build-request.ts";
import { buildTools } from "../request/build-tools.ts";
import { runDefaults } from "../run-flags.ts";
import { variablesElsewhere } from "../verify/conditions.ts";
import { NotReproducibleError } from "../verify/errors.ts";
import { verifyBuild, type Elsewhere, type Verified } from "../verify/verify-build.ts";
import { checkRunDefaults } from "../working/run-defaults.ts";
import Build from "./build.ts";

/** How many files of a step are named. */
const NAMED = 20;

export default class Verify extends StoreCommand {
  static override summary = "Build twice, and tell which steps and files differ";
  static override description = `Builds CONTEXT twice without the cache, the second time later, in another folder whose names come in another
order, with another umask, locale, time zone, home, user's and host name, number of jobs and of processors, and names the steps and
files that are not the same. It ends with 1 when there are any. Takes the flags of build, so that a command line can be given as it
is; no image is made, whatever they say.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> .",
    "<%= config.bin %> <%= command.id %> -f deploy/Containerfile --build-arg VERSION=1.2 .",
  ];
  static override args = Build.args;
  static override flags = buildFlags;

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Verify);
    const { engine, invocation } = this;
    const { env } = engine.host;
    const temporary = env["TMPDIR"] ?? "/var/tmp";
    checkRunDefaults(runDefaults(flags, env), process.cwd());
    using opened = await localContext(args.context, { temporary, env, signal: invocation.signal });
    const place = flags.file === "-" ? { ...opened, containerfile: readStandardInput().toString() } : opened;
    using view = openProgress(
      { ...invocation, out: (text) => invocation.err(Buffer.from(text).toString()) },
      flags,
      (text) => invocation.err(`${text}\n`),
    );
    const request = await buildRequest(engine, flags, place);
    const setting = {
      ...{ engine, invocation, progress: view.progress, folder: place.folder },
      hasRun: hasCommands(request.containerfile),
    };
    const tools = buildTools(setting, flags);
    const elsewhere = async (platform: Platform): Promise<Elsewhere> => {
      const own = makeTemporaryFolder(temporary, "wherry-verify-");
      const remove = () => rmSync(own, { recursive: true, force: true });
      try {
        const [copy, home] = [join(own, "context"), join(own, "home")];
        for (const folder of [copy, home]) mkdirSync(folder);
        const otherEnv = variablesElsewhere(env, home);
        await run("cp", ["-a", "--reflink=auto", `${place.folder}/.`, copy], {
          purpose: "copy the build context",
        });
        const host = { ...engine.host, env: { ...env, ...otherEnv } };
        const other = await buildRequest({ host, locations: engine.locations }, flags, {
          ...place,
          folder: copy,
          listsBackwards: true,
        });
        return { request: { ...other, platform }, env: otherEnv, [Symbol.dispose]: remove };
      } catch (error) {
        remove();
        throw error;
      }
    };
    const platforms = flags["all-platforms"]
      ? await basePlatforms(engine, request, flags, place.folder)
      : platformsOf(flags);
    for (const platform of platforms)
      this.#tell(await verifyBuild({ ...request, platform }, tools, () => elsewhere(platform)));
  }

  /** @throws {NotReproducibleError} */
  #tell({ config, differences, configDiffers }: Verified): void {
    for (const { step, files } of differences) {
      this.log(step);
      for (const { path, what } of files.slice(0, NAMED)) this.log(`  ${path}: ${what.join(", ")}`);
      if (files.length > NAMED) this.log(`  and ${files.length - NAMED} more`);
    }
    const { length } = differences;
    if (length > 0)
      throw new NotReproducibleError(`${length} ${length === 1 ? "step differs" : "steps differ"}`);
    if (configDiffers) throw new NotReproducibleError("only their configs differ");
    this.log(encodedOf(digestOf(JSON.stringify(config))));
  }
}

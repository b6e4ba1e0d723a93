import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import {
  showCopy,
  signIdentityFlag,
  signingAmong,
  signingFlags,
  UsageError,
  type CommandInput,
} from "@wherry/core/cli";
import { copyImage, ImageSync, type CompanionWishes, type CopyAnywhereOptions } from "@wherry/core/engine";
import { writeOutput } from "@wherry/core/io";
import { formatPlatform, type Platform } from "@wherry/core/oci";
import { allTagsOf } from "../all-tags.ts";
import { companionItems, registriesAmong, wantsCompanions } from "../companions.ts";
import { companionsAmong, copyFlags, copyOptionsAmong } from "../copy-flags.ts";
import { CopyResult } from "../copy-result.ts";
import { ImageCommand } from "../image-command.ts";
import { exitCodeFlag, workStatus } from "../plan/plan-flags.ts";
import { planCopy } from "../plan/plan-copy.ts";
import { planTable } from "../plan/plan-table.ts";
import { progressFlag, progressStyleAmong } from "../progress-flag.ts";
import { NothingToSyncError } from "../sync/errors.ts";
import { exitStatusOf, reportOf } from "../sync/report.ts";
import { showSync, type SyncDisplay } from "../sync/show-sync.ts";
import { digestLines } from "../sync/tell.ts";

export default class Copy extends ImageCommand {
  static override readonly arity = "Exactly two arguments expected";
  static override summary = "Copy an IMAGE-NAME from one location to another";
  static override description = `IMAGE-NAME is transport:details, with one of the transports
docker, oci, oci-archive, docker-archive, dir, containers-storage`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> docker://quay.io/podman/hello oci:hello:latest",
    "<%= config.bin %> <%= command.id %> --all docker://docker.io/library/alpine docker://registry.example.com/alpine",
    "<%= config.bin %> <%= command.id %> --multi-arch linux/amd64,linux/arm64 docker://docker.io/library/alpine:3 oci:alpine:3",
    "<%= config.bin %> <%= command.id %> --all-tags --no-clobber docker://quay.io/podman/hello docker://registry.example.com/hello",
    "<%= config.bin %> <%= command.id %> --sign-by me@example.com docker://quay.io/podman/hello docker://registry.example.com/hello",
    "<%= config.bin %> <%= command.id %> --dest-creds me:secret oci-archive:app.tar docker://registry.example.com/app:1",
  ];
  static override args = {
    "source-image": stringArg({ required: true, description: "image to read" }),
    "destination-image": stringArg({ required: true, description: "where to write it" }),
  };
  static override flags = {
    ...copyFlags,
    digestfile: string({
      helpValue: "path",
      description: "Write the digest of the pushed image to the specified file",
    }),
    "dry-run": boolean({ description: "Tell what would be copied; write nothing anywhere" }),
    ...exitCodeFlag,
    json: boolean({
      exclusive: ["all-tags", "dry-run"],
      description: "Print what was copied as JSON: digest, blobs, bytes that were moved",
    }),
    ...progressFlag,
    ...signingFlags,
    ...signIdentityFlag,
    quiet: boolean({ char: "q", description: "Suppress output information when copying images" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Copy);
    const [from, to] = [args["source-image"], args["destination-image"]];
    const options = { ...(await copyOptionsAmong(flags)), ...signingAmong(flags) };
    const companions = companionsAmong(flags);
    if (wantsCompanions(companions)) registriesAmong(from, to);
    if (flags["exit-code"] && !flags["dry-run"]) throw new UsageError("--exit-code needs --dry-run");
    if (flags["dry-run"]) {
      const allTags = flags["all-tags"];
      const plan = await planCopy(this.engine, from, to, { ...options, allTags, companions });
      this.print(planTable(plan));
      for (const { error } of plan.images) if (error !== undefined) this.fail(error);
      this.exitStatus ||= workStatus(plan, flags);
      return;
    }
    if (flags["all-tags"]) return this.#copyAllTags(from, to, options, flags);
    const { quiet, digestfile } = flags;
    using progress = showCopy(this.invocation, quiet, progressStyleAmong(flags));
    const result = new CopyResult();
    const root = await copyImage(this.engine, from, to, {
      ...options,
      onEvent: (event) => {
        progress.onEvent(event);
        result.onEvent(event);
      },
      onLeftOut: (platforms) => {
        this.#sayLeftOut(platforms, flags);
      },
    });
    if (digestfile !== undefined) writeOutput(digestfile, root.digest);
    if (flags.json) this.log(result.line(from, to, root));
    if (wantsCompanions(companions)) await this.#copyCompanions(from, to, options, companions, flags);
  }

  async #copyCompanions(
    from: string,
    to: string,
    options: CopyAnywhereOptions,
    wishes: CompanionWishes,
    flags: Flags,
  ): Promise<void> {
    await using sync = await ImageSync.open(this.engine, options.destination?.registry);
    const items = await companionItems(sync, from, to, options.source?.registry ?? {}, wishes);
    const { attempts, pauseMs, bandwidth, jobs, withoutSignatures = false } = options;
    using display = this.#display(flags);
    const results = await sync.run(items, {
      withoutSignatures,
      ...(attempts === undefined ? {} : { attempts }),
      ...(pauseMs === undefined ? {} : { pauseMs }),
      ...(bandwidth === undefined ? {} : { bandwidth }),
      ...(jobs === undefined ? {} : { jobs }),
      ...display.heard,
    });
    if (results.some(({ outcome }) => outcome === "failed")) this.exitStatus = 5; // the image itself is there
  }

  async #copyAllTags(from: string, to: string, options: CopyAnywhereOptions, flags: Flags): Promise<void> {
    await using sync = await ImageSync.open(this.engine, options.destination?.registry);
    const items = await allTagsOf(sync, from, to, options.source?.registry ?? {});
    if (items.length === 0) throw new NothingToSyncError(from);
    using display = this.#display(flags);
    const results = await sync.run(items, {
      ...options,
      ...(flags["no-clobber"] ? { keepsThere: true, isImmutable: () => true } : {}),
      ...display.heard,
    });
    if (flags.digestfile !== undefined) writeOutput(flags.digestfile, digestLines(results));
    this.exitStatus = exitStatusOf(reportOf(results, [], [], false));
  }

  #display(flags: Flags): SyncDisplay {
    return showSync(this.invocation, this.others, {
      style: progressStyleAmong(flags),
      quiet: flags.quiet,
    });
  }

  #sayLeftOut(platforms: readonly Platform[], flags: Flags): void {
    const real = platforms.filter(({ architecture }) => architecture !== "unknown");
    if (real.length < 2) return;
    const list = real.map(formatPlatform).join(", ");
    using display = this.#display(flags);
    display.say(`Copying one of ${real.length} platforms (${list}); --all copies them all`);
  }
}

type Flags = CommandInput<typeof Copy>["flags"];

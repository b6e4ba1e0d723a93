import { string } from "@oclif/core/flags";
import { formatSize, parseDuration, StoreCommand } from "@wherry/core/cli";
import type { LayerWorker } from "@wherry/core/store";
import { parseByteCount } from "../../cache/parse-byte-count.ts";
import { cacheRecords, selectStale } from "../../cache/cache-records.ts";

export default class CachePrune extends StoreCommand {
  static override summary = "Remove results of steps and cache mounts from the build cache";
  static override description = `Removes everything from the build cache, or what the limits do not keep. Images, containers and running builds
keep what they use.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --keep-storage 10GB",
    "<%= config.bin %> <%= command.id %> --older-than 168h --type mount",
  ];
  static override flags = {
    "keep-storage": string({
      helpValue: "size",
      description: "Keep what was used last, as far as it takes no more room than that",
    }),
    "older-than": string({
      helpValue: "duration",
      description: "Keep what was used within that time, as 168h",
    }),
    type: string({ options: ["step", "mount"], description: "Only results of steps, or only cache mounts" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(CachePrune);
    const { engine, invocation } = this;
    const { store } = engine;
    const age = flags["older-than"];
    const size = flags["keep-storage"];
    const limits = {
      ...(age === undefined ? {} : { usedBefore: new Date(invocation.now().getTime() - parseDuration(age)) }),
      ...(size === undefined ? {} : { keepBytes: parseByteCount(size, "--keep-storage") }),
    };
    const records = (await cacheRecords(store, () => engine.worker())).filter(
      ({ kind }) => flags.type === undefined || flags.type === kind,
    );
    const stale = selectStale(records, limits);
    const steps = stale.filter(({ kind }) => kind === "step").map(({ key }) => key);
    const isAll = flags.type !== "mount" && age === undefined && size === undefined;
    // a namespace is only opened for files that an ordinary user cannot remove
    const worker: LayerWorker = {
      call: async (task, input) => (await engine.worker()).call(task, input),
    };
    const swept = isAll ? await store.buildCache.prune(worker) : await store.buildCache.forget(steps, worker);
    let { freed } = swept;
    let removed = steps.length;
    for (const { key, size: bytes } of stale.filter(({ kind }) => kind === "mount")) {
      if (await store.cacheMounts.remove(key, worker)) {
        removed++;
        freed += bytes;
      } else this.warn(`cache mount ${key.slice(0, 12)} is in use by a build, and stays`);
    }
    this.log(`Removed ${removed} ${removed === 1 ? "entry" : "entries"}, freed ${formatSize(freed)}`);
  }
}

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerConfig } from "@wherry/core/oci";
import { busyboxTree, writeLayout } from "./layout.ts";
import { patience } from "./patience.ts";
import { testUser, type Result, type TestUser, type UserRunOptions } from "./user.ts";

/** An ordinary user with the image localhost/bb, a busybox, in its store. */
export interface Box extends AsyncDisposable {
  readonly user: TestUser;
  /** Runs `wherry` to its end. */
  wherry(args: readonly string[], options?: UserRunOptions): Promise<Result>;
  /** Runs `wherry`, which must succeed, and gives what it prints, without the last line's end. */
  ok(...args: readonly string[]): Promise<string>;
  /** Waits until `wherry ps -a` has the container in a state: `running`, `exited`. */
  until(name: string, state: string): Promise<void>;
}

/**
 * @param config how a container of the image is run.
 * @param onUser what is done to the user's empty home before anything else
 */
export async function openBox(config?: ContainerConfig, onUser?: (user: TestUser) => void): Promise<Box> {
  const user = testUser();
  onUser?.(user);
  const folder = join(user.home, "made");
  mkdirSync(folder);
  writeLayout(join(folder, "layout"), "bb", [busyboxTree(folder)], config);
  spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
  const wherry = (args: readonly string[], options?: UserRunOptions) => user.run("wherry", args, options);
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await wherry(args);
    if (status !== 0)
      throw new Error(`wherry ${args.join(" ")} gave ${status ?? "a signal"}: ${stderr}${stdout}`);
    return stdout.trimEnd();
  };
  const box: Box = {
    user,
    wherry,
    ok,
    async until(name, state) {
      const deadline = performance.now() + patience(10_000);
      for (;;) {
        const now = await ok("ps", "-a", "--filter", `name=^${name}$`, "--format", "{{.State}}");
        if (now === state) return;
        if (performance.now() > deadline) throw new Error(`${name} is ${now}, not ${state}`);
        await sleep(50);
      }
    },
    [Symbol.asyncDispose]: () => user[Symbol.asyncDispose](),
  };
  try {
    await ok("pull", "-q", `oci:${folder}/layout:bb`);
    const [id = ""] = (await ok("images", "-q")).split("\n");
    await ok("tag", id, "localhost/bb");
    return box;
  } catch (error) {
    await user[Symbol.asyncDispose]();
    throw error;
  }
}

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { UserNamespace } from "../userns/index.ts";
import { enterMonitor, startMonitor } from "./monitor.ts";
import { Runtime } from "./runtime.ts";

describe("a monitor that ends before it is told what to do", () => {
  const options = {
    hasNetwork: false,
    keepGroups: false,
    streams: undefined,
    preserved: [],
    lifeline: undefined,
  };

  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "wherry-monitor-"))));
  after(() => rmSync(folder, { recursive: true }));

  async function failureOf(argv: readonly string[], cover: string | undefined): Promise<Error> {
    const probed = {
      name: "crun",
      program: "/bin/true",
      cgroup: "disabled",
      ...(cover === undefined ? {} : { cover }),
    };
    const runtime = new Runtime(probed as ConstructorParameters<typeof Runtime>[0], folder, "/proc");
    const entered = enterMonitor(runtime, { enter: () => argv } as unknown as UserNamespace, options);
    await sleep(200); // it has ended when somebody listens
    const { created } = startMonitor(runtime, entered, {
      ...{
        id: "x",
        name: "x",
        command: "x",
        bundle: folder,
        exitDir: folder,
        log: { target: "none" },
      },
      ...{ terminal: false, openStdin: false, exitScript: "", procRoot: "/proc", conmon: "true" },
      overlay: { links: folder, options: "", target: folder },
    });
    return created.then(
      () => assert.fail("it was created"),
      (error: unknown) => error as Error,
    );
  }

  it("says why its first mount failed", async () => {
    assert.match((await failureOf([], "/no/such/cover")).message, /mount/);
  });

  it("says which program there is not", async () => {
    assert.match((await failureOf(["/no/such/nsenter"], undefined)).message, /ENOENT/);
  });
});

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeAsUser } from "../../../../test/support/as-user.ts";
import type { ContainerConfig } from "../oci/index.ts";
import { WherryError } from "../error/index.ts";
import { findProgram } from "../process/index.ts";
import { createContainer, listContainers, runInForeground } from "./index.ts";
import { Collector } from "./testdata/collector.ts";
import { openTestHost, type TestHost } from "./testdata/test-host.ts";

/** What an image's config may say although nobody can do it, and what becomes of a container of it. */
const CASES: readonly { readonly config: ContainerConfig; readonly ends: number | RegExp }[] = [
  { config: { User: "nosuch" }, ends: /unable to find user nosuch/ },
  { config: { User: "1:nosuch" }, ends: /unable to find group nosuch/ },
  { config: { User: "-1" }, ends: /-1/ },
  { config: { User: "99999999999" }, ends: /99999999999/ },
  { config: { User: "a\nb:c:d" }, ends: /user/ },
  { config: { WorkingDir: "relative/place" }, ends: 0 },
  { config: { WorkingDir: "/../../etc/.." }, ends: 0 },
  { config: { WorkingDir: "/etc/passwd" }, ends: /passwd/ },
  { config: { Env: ["", "=x", "NOEQUALS", "A=1", "A=2", "PATH"] }, ends: 0 },
  { config: { Entrypoint: [""], Cmd: [] }, ends: /./ },
  { config: { Entrypoint: [], Cmd: [] }, ends: /no command or entrypoint/ },
  { config: { Entrypoint: ["/nosuch"] }, ends: /nosuch/ },
  { config: { ExposedPorts: { "x/y": {}, "99999/tcp": {}, "80-70/udp": {}, "": {} } }, ends: 0 },
  { config: { Volumes: { relative: {}, "/": {}, "/../../up": {}, "/a\nb": {}, "": {} } }, ends: 0 },
  { config: { StopSignal: "SIGNOPE" }, ends: /invalid signal: SIGNOPE/ },
  { config: { StopSignal: "-5" }, ends: /invalid signal: -5/ },
  { config: { Labels: { "": "x", __proto__: "y", "a\nb": "\u0000" } }, ends: 0 },
  { config: { Healthcheck: { Test: ["NONSENSE", "x"] } }, ends: 0 },
];

const isComplete =
  ["conmon", "nsenter", "newuidmap"].every((name) => findProgram(name)) && existsSync("/bin/busybox");

describeAsUser(
  `images whose config is wrong${isComplete ? "" : " (skipped: conmon, newuidmap or busybox missing)"}`,
  import.meta.filename,
  function () {
    this.timeout(60_000);
    let host: TestHost;
    before(async function () {
      if (!isComplete) this.skip();
      host = await openTestHost();
    });
    after(async () => {
      if (isComplete) await host[Symbol.asyncDispose]();
    });

    for (const [index, { config, ends }] of CASES.entries()) {
      it(`${JSON.stringify(config)}: ${typeof ends === "number" ? "runs" : "is refused in one sentence"}`, async () => {
        const { Cmd = ["true"] } = config;
        const image = await host.addImage(`odd${index}`, [join(host.folder, "busybox-root")], {
          ...config,
          Cmd,
        });
        const [stdout, stderr] = [new Collector(), new Collector()];
        const run = async () => {
          const container = await createContainer(host, image, {
            network: { kind: "none" },
            autoRemove: true,
          });
          return runInForeground(host, container, { stdout, stderr, isNew: true });
        };
        if (typeof ends === "number") assert.equal((await run()).exitCode, ends, stderr.text);
        else
          await assert.rejects(run(), (error) => {
            assert.ok(error instanceof WherryError, String(error));
            assert.match(error.message, ends);
            return true;
          });
        assert.deepEqual(listContainers(host), []);
      });
    }
  },
);

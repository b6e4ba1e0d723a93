import assert from "node:assert/strict";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeAsUser } from "../../../../test/support/as-user.ts";
import { findProgram } from "../process/index.ts";
import { runStep, type Step } from "./index.ts";
import { openTestHost, type TestHost } from "./testdata/test-host.ts";

const missing = ["nsenter", "unshare", "newuidmap"].filter((name) => findProgram(name) === undefined);
if ((findProgram("crun") ?? findProgram("runc")) === undefined) missing.push("crun");
if (!existsSync("/bin/busybox")) missing.push("busybox");

describeAsUser(
  `runStep${missing.length === 0 ? "" : ` (skipped: ${missing.join(", ")} missing)`}`,
  import.meta.filename,
  function () {
    this.timeout(30_000);
    let host: TestHost;
    let layers: string[];
    let count = 0;
    before(async function () {
      if (missing.length > 0) this.skip();
      host = await openTestHost();
      const { layers: store, images } = host.store;
      const worker = await host.worker();
      await store.ensure(images.readManifest(host.image), images.readConfig(host.image), worker);
      layers = host.image.diffIds.map((diffId) => store.path(diffId));
    });
    after(async () => {
      if (missing.length === 0) await host[Symbol.asyncDispose]();
    });

    interface StepResult {
      readonly status: number;
      readonly output: string;
      readonly changed: string[];
    }

    async function step(args: readonly string[], options: Partial<Step> = {}): Promise<StepResult> {
      const folder = join(host.folder, `step-${++count}`);
      const [upper, work] = [join(folder, "upper"), join(folder, "work")];
      for (const path of [folder, upper, work]) mkdirSync(path);
      const stdout = openSync(join(folder, "output"), "w");
      try {
        const base = { layers, upper, work, args, env: ["PATH=/bin"], network: { kind: "none" } } as const;
        const status = await runStep(host, { ...base, stdio: { stdout, stderr: stdout }, ...options });
        const output = readFileSync(join(folder, "output"), "utf8");
        return { status, output, changed: readdirSync(upper, { recursive: true }).map(String).sort() };
      } finally {
        closeSync(stdout);
      }
    }

    const cases: { script: string; options?: Partial<Step>; expected: Partial<StepResult> }[] = [
      { script: "true", expected: { status: 0, output: "", changed: [] } },
      { script: "exit 4", expected: { status: 4, changed: [] } },
      {
        script: "mkdir /d; echo x >/d/f; rm /etc/group",
        expected: { status: 0, changed: ["d", "d/f", "etc", "etc/group"] },
      },
      { script: "id -un", options: { user: "alice" }, expected: { output: "alice\n", changed: [] } },
      { script: "pwd", options: { workingDir: "/tmp" }, expected: { output: "/tmp\n" } },
      { script: "echo $A", options: { env: ["PATH=/bin", "A=b"] }, expected: { output: "b\n" } },
      { script: "cat", expected: { status: 0, output: "" } },
    ];
    for (const { script, options, expected } of cases) {
      it(`runs ${JSON.stringify(script)} ${JSON.stringify(options ?? {})}`, async () => {
        assert.partialDeepStrictEqual(await step(["sh", "-c", script], options), expected);
      });
    }

    it("shows trees of other layers, and loses what is written there", async () => {
      const trees = [
        { layers, path: "etc", isFile: false, destination: "/see/etc", readOnly: true },
        { layers, path: "etc/passwd", isFile: true, destination: "/see/passwd", readOnly: false },
      ];
      const { output, changed, status } = await step(
        ["sh", "-c", "cmp /see/etc/passwd /see/passwd && echo x >>/see/passwd && ! echo y >/see/etc/new"],
        { trees },
      );
      assert.deepEqual({ status, changed }, { status: 0, changed: [] }, output);
      assert.doesNotMatch(readFileSync(join(layers.at(-1) ?? "", "etc/passwd"), "utf8"), /^x$/m);
    });

    it("keeps secrets in memory, with owner and mode", async () => {
      const secrets = ["one\n", "", "\0\xff".repeat(30_000)].map((text, index) => ({
        content: Buffer.from(text, "latin1"),
        destination: `/run/secrets/${index}`,
        mode: 0o440,
        uid: 7,
        gid: 8,
      }));
      const { output, changed } = await step(
        ["sh", "-c", "stat -c '%a %u:%g %s' /run/secrets/*; cat /run/secrets/0; echo x >/run/secrets/1"],
        { secrets },
      );
      const lines = ["440 7:8 4", "440 7:8 0", "440 7:8 60000", "one", ""];
      assert.ok(output.startsWith(lines.join("\n")), output);
      assert.match(output, /Read-only file system/);
      assert.deepEqual(changed, []);
      const folder = join(host.folder, `step-${count}`, "work", "secrets");
      assert.deepEqual(readdirSync(folder), []);
    });

    it("works over nothing but a layer of its own", async () => {
      await assert.rejects(step(["/x"], { layers: [] }), {
        code: "ERR_WHERRY_COMMAND_NOT_FOUND",
        exitStatus: 127,
      });
    });

    it("is connected by pasta", async function () {
      if (findProgram("pasta") === undefined || !isOpen("/dev/net/tun")) this.skip(); // no pasta, or /dev/net/tun is closed
      const { output, changed } = await step(
        ["sh", "-c", "ip -o link; cat /proc/sys/net/ipv4/ping_group_range"],
        {
          network: { kind: "pasta", options: [] },
        },
      );
      assert.match(output, /^2: /m);
      assert.match(output, /^0\s+0$/m);
      assert.deepEqual(changed, []);
    });

    it("ends all it started when it is aborted", async () => {
      const controller = new AbortController();
      const running = step(["sh", "-c", "sleep 4712 & sleep 4712"], { signal: controller.signal });
      setTimeout(() => controller.abort(), 300);
      await assert.rejects(running, { name: "AbortError" });
      for (let tries = 0; tries < 200 && isSleeping("4712"); tries++) await sleep(10);
      assert.equal(isSleeping("4712"), false);
    });
  },
);

function isOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isSleeping(seconds: string): boolean {
  return readdirSync("/proc").some((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, "latin1") === `sleep\0${seconds}\0`;
    } catch {
      return false; // no process, or gone
    }
  });
}

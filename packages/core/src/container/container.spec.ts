import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describeAsUser } from "../../../../test/support/as-user.ts";
import { killProcess } from "../../../../test/support/processes.ts";
import { findProgram, isRunning, start } from "../process/index.ts";
import {
  containerState,
  createContainer,
  execDetached,
  execInContainer,
  getContainer,
  killContainer,
  listContainers,
  readLogs,
  removeContainer,
  runInForeground,
  startDetached,
  stopContainer,
  volumePath,
  waitForExit,
  type Container,
  type CreateOptions,
  type RunResult,
} from "./index.ts";
import { Collector } from "./testdata/collector.ts";
import { openTestHost, type TestHost } from "./testdata/test-host.ts";

const NEEDED = ["conmon", "nsenter", "unshare", "newuidmap", "mount"];
const missing = [
  ...NEEDED.filter((name) => findProgram(name) === undefined),
  ...((findProgram("crun") ?? findProgram("runc")) ? [] : ["crun"]),
  ...(existsSync("/bin/busybox") ? [] : ["busybox"]),
];

describeAsUser(
  `containers${missing.length === 0 ? "" : ` (skipped: ${missing.join(", ")} missing)`}`,
  import.meta.filename,
  function () {
    this.timeout(60_000);
    let host: TestHost;
    before(async function () {
      if (missing.length > 0) this.skip();
      host = await openTestHost();
    });
    after(async () => {
      if (missing.length === 0) await host[Symbol.asyncDispose]();
    });

    const create = (command: readonly string[], options: CreateOptions = {}): Promise<Container> =>
      createContainer(host, host.image, { command, network: { kind: "none" }, ...options });

    async function runToEnd(
      command: readonly string[],
      options: CreateOptions = {},
      input?: string,
    ): Promise<RunResult & { stdout: string; stderr: string }> {
      const [stdout, stderr] = [new Collector(), new Collector()];
      const container = await create(command, {
        autoRemove: true,
        openStdin: input !== undefined,
        ...options,
      });
      const stdin = input === undefined ? undefined : fakeStdin(input);
      const result = await runInForeground(host, container, { stdin, stdout, stderr, isNew: true });
      return { ...result, stdout: stdout.text, stderr: stderr.text };
    }

    async function running(
      command: readonly string[] = ["sleep", "1000"],
      options: CreateOptions = {},
    ): Promise<Container> {
      const container = await create(command, options);
      await startDetached(host, container, { isNew: true });
      return container;
    }

    function liveParts(container: Container) {
      const state = containerState(host, container);
      return state.status === "running"
        ? [state.record.monitor, state.init]
        : assert.fail(`it is ${state.status}`);
    }

    function assertNothingLeft(container: Container): void {
      assert.equal(host.store.containers.find(container.id), undefined);
      assert.equal(existsSync(host.store.containers.directory(container.id)), false);
      for (const folder of ["c", "crun", "runc"]) {
        const path = join(host.runtimeDir, folder);
        const names = existsSync(path) ? readdirSync(path) : [];
        assert.deepEqual(
          names.filter((name) => container.id.startsWith(name)),
          [],
        );
      }
    }

    describe("runInForeground", () => {
      const cases = [
        {
          script: "echo out; echo err >&2; exit 7",
          expected: { exitCode: 7, stdout: "out\n", stderr: "err\n" },
        },
        { script: "id -u; id -g", expected: { stdout: "0\n0\n" } },
        { script: "sh -c 'kill -9 $$'; exit $?", expected: { exitCode: 137 } },
        { script: "hostname", options: { hostname: "here" }, expected: { stdout: "here\n" } },
        {
          script: "id -un; pwd",
          options: { user: "alice", workingDir: "/tmp" },
          expected: { stdout: "alice\n/tmp\n" },
        },
        {
          script: "id",
          options: { user: "4711:100" },
          expected: { stdout: "uid=4711(4711) gid=100(users) groups=100(users)\n" },
        },
        { script: "echo $A-$PATH", options: { env: ["A=b c"] }, expected: { stdout: "b c-/bin\n" } },
        { script: "pwd", options: { workingDir: "/not/there" }, expected: { stdout: "/not/there\n" } },
        { script: "echo x >/etc/x", options: { readOnly: true }, expected: { exitCode: 1 } },
        { script: "echo x >/tmp/x && cat /tmp/x", options: { readOnly: true }, expected: { stdout: "x\n" } },
        { script: "cat", input: "a\nb\n", expected: { stdout: "a\nb\n" } },
        { script: "wc -c", input: "x".repeat(200_000), expected: { stdout: "200000\n" } },
        { script: "cat; echo no input", expected: { stdout: "no input\n" } },
      ] as const;
      for (const { script, expected, ...rest } of cases) {
        const { options, input } = { options: {}, input: undefined, ...rest };
        it(`runs ${JSON.stringify(script)} ${JSON.stringify(options)}`, async () => {
          assert.partialDeepStrictEqual(await runToEnd(["sh", "-c", script], options, input), expected);
        });
      }

      it("gives every byte of a long output", async () => {
        const { stdout } = await runToEnd([
          "sh",
          "-c",
          "dd if=/dev/zero bs=1M count=8 | tr '\\0' x; echo END",
        ]);
        assert.equal(stdout.length, 8 * 1024 * 1024 + 4);
        assert.ok(stdout.endsWith("xEND\n"));
      });

      const failures = [
        { command: ["nosuch"], exitStatus: 127, message: /nosuch.*not found/ },
        { command: ["/nosuch"], exitStatus: 127, message: /not found/ },
        { command: ["/etc/passwd"], exitStatus: 126, message: /[Pp]ermission denied/ },
        { command: ["true"], options: { user: "bob" }, exitStatus: 125, message: /unable to find user bob/ },
      ];
      for (const { command, options, exitStatus, message } of failures) {
        it(`fails with ${exitStatus} for ${command.join(" ")} and leaves nothing`, async () => {
          const container = await create(command, { autoRemove: true, ...options });
          const streams = { stdout: new Collector(), stderr: new Collector() };
          await assert.rejects(runInForeground(host, container, { ...streams, isNew: true }), {
            exitStatus,
            message,
          });
          assertNothingLeft(container);
        });
      }
    });

    describe("createContainer", () => {
      it("refuses a name that is taken, and leaves nothing of the second", async () => {
        const first = await create(["true"], { name: "taken" });
        const count = listContainers(host).length;
        await assert.rejects(create(["true"], { name: "taken" }), { code: "ERR_WHERRY_NAME_IN_USE" });
        assert.equal(listContainers(host).length, count);
        await removeContainer(host, first);
      });

      it("refuses names with odd characters, missing sources and empty commands", async () => {
        await assert.rejects(create(["true"], { name: "a/b" }), {
          code: "ERR_WHERRY_INVALID_CONTAINER_NAME",
        });
        const volumes = [{ type: "bind", source: "/no/such", destination: "/x" }] as const;
        await assert.rejects(create(["true"], { volumes }), {
          message: "statfs /no/such: no such file or directory",
        });
        await assert.rejects(create([], { entrypoint: [""] }), { code: "ERR_WHERRY_NO_COMMAND" });
      });
    });

    describe("mounts", () => {
      it("binds a folder with commas and colons in its name", async () => {
        const source = join(host.folder, "a b,c:d");
        mkdirSync(source);
        writeFileSync(join(source, "in"), "content\n");
        const volumes = [{ type: "bind", source, destination: "/data" }] as const;
        const { stdout } = await runToEnd(["sh", "-c", "cat /data/in; echo back >/data/out"], { volumes });
        assert.equal(stdout, "content\n");
        assert.equal(readFileSync(join(source, "out"), "utf8"), "back\n");
      });

      it("keeps named volumes, filled from the image at first", async () => {
        const volumes = [{ type: "volume", name: "keep", destination: "/etc" }] as const;
        await runToEnd(["sh", "-c", "echo new >/etc/new"], { volumes });
        const { stdout } = await runToEnd(["sh", "-c", "cat /etc/new; head -c 4 /etc/passwd"], { volumes });
        assert.equal(stdout, "new\nroot");
        assert.ok(existsSync(join(volumePath(host.store, "keep"), "group")));
      });

      it("mounts 120 layers", async () => {
        const trees = Array.from({ length: 119 }, (_, index) => {
          const tree = join(host.folder, `tree-${index}`);
          mkdirSync(tree);
          writeFileSync(join(tree, `file-${index}`), "");
          return tree;
        });
        const image = await host.addImage("tall", [join(host.folder, "busybox-root"), ...trees], {
          Env: ["PATH=/bin"],
        });
        const container = await createContainer(host, image, {
          command: ["sh", "-c", "ls / | grep -c file-"],
          network: { kind: "none" },
          autoRemove: true,
        });
        const stdout = new Collector();
        await runInForeground(host, container, { stdout, stderr: new Collector(), isNew: true });
        assert.equal(stdout.text, "119\n");
      });
    });

    describe("a running container", () => {
      it("ends by its stop signal", async () => {
        const container = await running([
          "sh",
          "-c",
          "trap 'exit 3' TERM; echo up; while true; do sleep 0.05; done",
        ]);
        while ((await logText(container)) === "") await sleep(10);
        assert.deepEqual(await stopContainer(host, container), { wasRunning: true, wasKilled: false });
        assert.partialDeepStrictEqual(containerState(host, container), { status: "exited", exitCode: 3 });
        await removeContainer(host, container);
        assertNothingLeft(container);
      });

      it("is killed when the stop signal does not help", async () => {
        const container = await running();
        assert.deepEqual(await stopContainer(host, container, { timeout: 0.1 }), {
          wasRunning: true,
          wasKilled: true,
        });
        assert.equal(await waitForExit(host, container), 137);
      });

      it("is found by the beginning of its id, and not removed without force", async () => {
        const container = await running();
        const parts = liveParts(container);
        assert.equal(getContainer(host, container.id.slice(0, 12)).name, container.name);
        await assert.rejects(removeContainer(host, container), { code: "ERR_WHERRY_CONTAINER_STATE" });
        await removeContainer(host, container, { force: true });
        assert.deepEqual(
          parts.filter((part) => isRunning(part)),
          [],
        );
        assertNothingLeft(container);
      });

      it("can be started again", async () => {
        const container = await running();
        await assert.rejects(startDetached(host, container), { code: "ERR_WHERRY_CONTAINER_STATE" });
        killContainer(host, container, "KILL");
        assert.equal(await waitForExit(host, container), 137);
        assert.throws(() => killContainer(host, container), { code: "ERR_WHERRY_CONTAINER_STATE" });
        await startDetached(host, container);
        assert.equal(containerState(host, container).status, "running");
        await removeContainer(host, container, { force: true });
      });

      const programs = [
        { args: ["sh", "-c", "exit 9"], expected: 9 },
        {
          args: ["sh", "-c", 'test "$(id -un)" = alice && test "$(pwd)" = /tmp && test "$A" = b'],
          expected: 0,
        },
      ];
      for (const { args, expected } of programs) {
        it(`runs ${args.join(" ")} beside its own program`, async () => {
          const container = await running();
          const how = {
            user: "alice",
            workingDir: "/tmp",
            env: ["A=b"],
            stdio: { stdout: "ignore" },
          } as const;
          assert.equal(await execInContainer(host, container, { args, ...how }), expected);
          await removeContainer(host, container, { force: true });
        });
      }

      it("leaves files that are its streams to us, whoever the program runs as", async () => {
        const container = await running();
        const folder = mkdtempSync(join(tmpdir(), "wherry-exec-"));
        const path = (name: string) => join(folder, name);
        writeFileSync(path("in"), "from a file\n");
        const [stdin, stdout, stderr] = [
          openSync(path("in"), "r"),
          openSync(path("out"), "w"),
          openSync(path("err"), "w"),
        ];
        try {
          const stdio = { stdin, stdout, stderr };
          const args = ["sh", "-c", "cat; echo complaint >&2; exit 3"];
          assert.equal(await execInContainer(host, container, { args, user: "alice", stdio }), 3);
          assert.equal(readFileSync(path("out"), "utf8"), "from a file\n");
          assert.equal(readFileSync(path("err"), "utf8"), "complaint\n");
          for (const name of ["in", "out", "err"]) assert.equal(statSync(path(name)).uid, process.getuid?.());
        } finally {
          for (const fd of [stdin, stdout, stderr]) closeSync(fd);
          rmSync(folder, { recursive: true });
          await removeContainer(host, container, { force: true });
        }
      });

      it("says which program to run is not there, and that a stopped one runs none", async () => {
        const container = await running();
        const stdio = { stderr: "ignore" } as const;
        assert.equal(await execInContainer(host, container, { args: ["nosuch"], stdio }), 127);
        assert.equal(await execInContainer(host, container, { args: ["/etc"], stdio }), 126);
        await assert.rejects(execDetached(host, container, { args: ["nosuch"] }), { exitStatus: 127 });
        await assert.rejects(execDetached(host, container, { args: ["/etc"] }), { exitStatus: 126 });
        await stopContainer(host, container, { timeout: 0 });
        await assert.rejects(execInContainer(host, container, { args: ["true"] }), {
          code: "ERR_WHERRY_CONTAINER_STATE",
        });
      });
    });

    describe("readLogs", () => {
      it("gives the last lines, and follows to the end", async () => {
        const container = await running([
          "sh",
          "-c",
          "for i in 1 2 3 4; do echo $i; sleep 0.1; done; printf last",
        ]);
        const followed: string[] = [];
        for await (const { text } of readLogs(host, container, { follow: true }))
          followed.push(text.toString());
        assert.deepEqual(followed, ["1", "2", "3", "4", "last"]);
        assert.equal(await logText(container, { tail: 2 }), "4|last");
        assert.equal(await logText(container, { tail: 0 }), "");
        assert.equal(await logText(container, { since: new Date(Date.now() + 60_000) }), "");
      });
    });

    async function logText(
      container: Container,
      options: Parameters<typeof readLogs>[2] = {},
    ): Promise<string> {
      const texts: string[] = [];
      for await (const { text } of readLogs(host, container, options)) texts.push(text.toString());
      return texts.join("|");
    }

    describe("bad luck", () => {
      it("knows that a monitor was killed, and removes what it left", async () => {
        const container = await running();
        const parts = liveParts(container);
        await killProcess(parts[0]?.pid ?? Number.NaN);
        assert.partialDeepStrictEqual(containerState(host, container), {
          status: "exited",
          exitCode: 255,
          error: "conmon process killed",
        });
        await removeContainer(host, container);
        assert.deepEqual(
          parts.filter((part) => isRunning(part)),
          [],
        );
        assertNothingLeft(container);
      });

      it("survives the death of the namespace's holder", async () => {
        const container = await running();
        const { holder } = await host.namespace();
        await killProcess(holder?.pid ?? Number.NaN);
        assert.equal(await execInContainer(host, container, { args: ["true"] }), 0);
        assert.equal(containerState(host, container).status, "running");
        await stopContainer(host, container, { timeout: 0 });
      });

      it("has a container remove itself when nobody waits for it", async () => {
        const told = join(host.folder, "told");
        await using other = await openTestHost({ selfProgram: ["sh", "-c", `echo "$@" >'${told}'`, "self"] });
        const container = await createContainer(other, other.image, {
          command: ["sleep", "0.2"],
          network: { kind: "none" },
          autoRemove: true,
        });
        await startDetached(other, container, { isNew: true });
        for (let tries = 0; tries < 500 && !existsSync(told); tries++) await sleep(10);
        await sleep(20);
        assert.match(readFileSync(told, "utf8"), new RegExp(`^rm --force .*${container.id}\n$`));
      });

      it("leaves no process when its starter is killed at any moment", async () => {
        for (const delay of [60, 120, 160, 200, 240, 300]) {
          const container = await create(["sleep", "1000"]);
          const child = start(
            process.execPath,
            [
              "--conditions=wherry-source",
              join(import.meta.dirname, "testdata/start-and-wait.ts"),
              ...[host.folder, container.id],
            ],
            { stdio: "ignore" },
          );
          await sleep(delay);
          child.kill("SIGKILL");
          await new Promise((resolve) => child.once("exit", resolve));
          await sleep(100);
          const { status } = containerState(host, container);
          assert.ok(status === "created" || status === "running", `it is ${status} after ${delay} ms`);
          await removeContainer(host, container, { force: true });
          assertNothingLeft(container);
          assert.deepEqual(processesNaming(container.id), []);
        }
      });
    });
  },
);

/** Standard input that gives a text and ends. */
function fakeStdin(text: string): NodeJS.ReadStream {
  const stream = Object.assign(new PassThrough(), {
    isTTY: false,
    ref: () => undefined,
    unref: () => undefined,
  });
  stream.end(text);
  return stream as unknown as NodeJS.ReadStream;
}

/** Processes, other than zombies, with that text on their command line. */
function processesNaming(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const commandLine = readFileSync(`/proc/${name}/cmdline`, "latin1");
        return commandLine.includes(text) ? [commandLine] : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
}

import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describeAsUser } from "../../../../test/support/as-user.ts";
import { killProcess } from "../../../../test/support/processes.ts";
import { isRunning, run } from "../process/index.ts";
import { checkPreconditions, endHolder, NamespaceWorker, UserNamespace } from "./index.ts";

const root = {
  uid: 0,
  gid: 0,
  userName: "root",
  runtimeDir: "/nowhere",
  etc: "/etc",
  procRoot: "/proc",
  searchPath: "/usr/bin:/bin",
};

describe("UserNamespace of root", () => {
  it("is the host's own: nothing is entered and nothing written", async () => {
    const namespace = await UserNamespace.open(root);
    assert.deepEqual(namespace.enter(), []);
    assert.equal(namespace.isRootless, false);
    assert.deepEqual(namespace.enter({ mounts: true }).slice(1), ["--mount", "--propagation", "slave", "--"]);
  });
});

describe("the stream of a NamespaceWorker", () => {
  it("is read to its end, also when the task has been answered before", async () => {
    const program = join(import.meta.dirname, "testdata/read-late.ts");
    const { stdout } = await run(process.execPath, [...process.execArgv, program]);
    assert.equal(stdout.toString(), "all of it");
  });
});

describe("the end of a NamespaceWorker", () => {
  it("is waited for, also when the last answer comes meanwhile", async () => {
    const program = join(import.meta.dirname, "testdata/close-early.ts");
    const { stdout } = await run(process.execPath, [...process.execArgv, program], { okStatus: [0, 13] });
    assert.equal(stdout.toString(), "closed");
  });
});

describe("checkPreconditions", () => {
  const cases = [
    { what: "user/max_user_namespaces", value: "0", code: "ERR_WHERRY_USER_NAMESPACES_LIMITED" },
    { what: "kernel/unprivileged_userns_clone", value: "0", code: "ERR_WHERRY_USER_NAMESPACES_DISABLED" },
    {
      what: "kernel/apparmor_restrict_unprivileged_userns",
      value: "1",
      code: "ERR_WHERRY_USER_NAMESPACES_CONFINED",
    },
    { what: "user/max_user_namespaces", value: "4711", code: undefined },
  ];
  for (const { what, value, code } of cases) {
    it(`reads ${what} = ${value} as ${code ?? "no obstacle"}`, () => {
      const procRoot = mkdtempSync(join(tmpdir(), "wherry-proc-"));
      try {
        for (const folder of ["user", "kernel"])
          mkdirSync(join(procRoot, "sys", folder), { recursive: true });
        writeFileSync(join(procRoot, "sys", what), `${value}\n`);
        const [first] = checkPreconditions({ procRoot });
        assert.equal(first?.code, code);
      } finally {
        rmSync(procRoot, { recursive: true });
      }
    });
  }
});

describeAsUser("UserNamespace", import.meta.filename, () => {
  let folder: string;
  const options = (): typeof root => {
    const { uid, gid, username } = userInfo();
    return { ...root, uid, gid, userName: username, runtimeDir: join(folder, "run"), procRoot: "/proc" };
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-userns-"));
  });
  afterEach(() => {
    endHolder(options());
    rmSync(folder, { recursive: true });
  });

  async function output([program = "", ...args]: readonly string[]): Promise<string> {
    return (await run(program, args)).stdout.toString().trim();
  }

  it("makes its users root inside, with their subordinate ids", async () => {
    const namespace = await UserNamespace.open(options());
    assert.equal(await output([...namespace.enter(), "id", "-u"]), "0");
    const [own, subordinate] = namespace.idMaps.uids;
    assert.equal(own?.hostId, process.getuid?.());
    const map = await output([...namespace.enter({ mounts: true }), "cat", "/proc/self/uid_map"]);
    assert.match(map, new RegExp(`\\b1\\s+${subordinate?.hostId}\\s+${subordinate?.size}`));
  });

  it("is made once by many at the same time", async () => {
    const all = await Promise.all([1, 2, 3].map(() => UserNamespace.open(options())));
    assert.equal(new Set(all.map(({ holder }) => holder?.pid)).size, 1);
  });

  it("is made anew when its holder was killed", async () => {
    const first = await UserNamespace.open(options());
    await killProcess(first.holder?.pid ?? Number.NaN);
    const second = await UserNamespace.open(options());
    assert.notEqual(second.holder?.pid, first.holder?.pid);
    assert.equal(await output([...second.enter(), "id", "-u"]), "0");
  });

  it("is made anew when the user's ranges changed, and leaves the old one alone", async () => {
    const etc = join(folder, "etc");
    mkdirSync(etc);
    for (const name of ["subuid", "subgid"]) copyFileSync(`/etc/${name}`, join(etc, name));
    const first = await UserNamespace.open({ ...options(), etc });
    const { hostId = 0 } = first.idMaps.uids[1] ?? {};
    for (const name of ["subuid", "subgid"])
      writeFileSync(join(etc, name), `${userInfo().username}:${hostId}:1000\n`);
    const second = await UserNamespace.open({ ...options(), etc });
    assert.equal(second.idMaps.uids[1]?.size, 1000);
    assert.equal(await output([...second.enter(), "awk", "$1==1{print $3}", "/proc/self/uid_map"]), "1000");
    assert.ok(first.holder !== undefined && isRunning(first.holder));
    process.kill(first.holder.pid, "SIGKILL");
  });

  it("says that newuidmap is not setuid root, and how to mend it", async () => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const name of ["newuidmap", "newgidmap"]) {
      writeFileSync(
        join(bin, name),
        "#!/bin/sh\necho 'write to uid_map failed: Operation not permitted' >&2; exit 1\n",
      );
      chmodSync(join(bin, name), 0o755);
    }
    await assert.rejects(UserNamespace.open({ ...options(), searchPath: bin }), {
      code: "ERR_WHERRY_ID_MAP_NOT_PERMITTED",
      hint: new RegExp(`chmod u\\+s ${join(bin, "newuidmap")}.*newuidmap-setuid`),
    });
  });

  it("names the file without a range", async () => {
    const etc = join(folder, "etc");
    mkdirSync(etc);
    await assert.rejects(UserNamespace.open({ ...options(), etc }), { code: "ERR_WHERRY_NO_SUB_IDS" });
  });

  describe("NamespaceWorker", () => {
    const program = [process.execPath, join(import.meta.dirname, "testdata/echo-worker.ts")];
    const open = (): NamespaceWorker => new NamespaceWorker(() => UserNamespace.open(options()), program);

    it("does many tasks in one process, as root of the namespace", async () => {
      await using worker = open();
      const [one, two] = await Promise.all(
        [1, 2].map(() => worker.call<{ uid: number; pid: number }>("whoAmI", {})),
      );
      assert.equal(one?.uid, 0);
      assert.equal(one.pid, two?.pid);
      assert.deepEqual(await worker.call("echo", { deep: ["ü"] }), { deep: ["ü"] });
    });

    const failures = [
      { task: "fail", expected: { code: "ERR_WHERRY_USER_NAMESPACES_LIMITED", hint: /sysctl/ } },
      { task: "stumble", expected: { code: "ENOENT", message: "no such thing" } },
      { task: "die", expected: { code: "ERR_WHERRY_WORKER_ENDED", message: /status 3 during die/ } },
      { task: "nothing", expected: { message: /no task "nothing"/ } },
    ];
    for (const { task, expected } of failures) {
      it(`passes on how ${task} fails`, async () => {
        await using worker = open();
        await assert.rejects(worker.call(task, {}), expected);
      });
    }

    it("ends on dispose", async () => {
      const worker = open();
      const { pid } = await worker.call<{ pid: number }>("whoAmI", {});
      await worker[Symbol.asyncDispose]();
      assert.throws(() => readFileSync(`/proc/${pid}/stat`), { code: "ENOENT" });
    });
  });
});

import assert from "node:assert/strict";
import type { Evidence } from "./evidence.ts";
import { findCauses } from "./rules.ts";

const nothing: Evidence = {
  name: "c",
  status: "exited",
  isStopped: false,
  isOutOfMemory: false,
  args: ["app"],
  machine: "x86_64",
  output: [],
  hasTerminal: false,
  hasInput: false,
  isReadOnly: false,
  capabilities: [],
  user: { inside: 0, host: 1000 },
  mounts: [],
  takenPorts: [],
};
const failed = (message: string, exitStatus: number): Partial<Evidence> => ({
  status: "created",
  startFailure: { message, exitStatus },
});
const data = {
  source: "/home/me/data",
  destination: "/data",
  isVolume: false,
  isReadOnly: false,
  owner: { host: 1000, inside: 0, isMe: true, mode: 0o755 },
};

describe("why", () => {
  const cases: readonly (readonly [
    what: string,
    evidence: Partial<Evidence>,
    cause: string,
    says: RegExp,
  ])[] = [
    ["no memory", { isOutOfMemory: true, exitCode: 137, memoryLimit: 64e6 }, "out-of-memory", /64\s?MB/],
    ["a restart of the host", { unknownExit: "the host was restarted" }, "host-restarted", /restarted/],
    ["a killed monitor", { unknownExit: "conmon process killed" }, "monitor-killed", /conmon/],
    ["its time-out", { timeout: 5, ranFor: 5.01, exitCode: 137 }, "timeout", /5 seconds/],
    ["stop", { isStopped: true, exitCode: 143 }, "stopped", /stop/],
    ["SIGSYS", { exitCode: 159 }, "denied-syscall", /SIGSYS/],
    ["SIGKILL", { exitCode: 137 }, "signal", /SIGKILL/],
    ["SIGSEGV", { exitCode: 139 }, "signal", /SIGSEGV/],
    ["SIGILL", { exitCode: 132 }, "signal", /processor/],
    [
      "another architecture",
      {
        ...failed("crun: exec /app: Exec format error: OCI permission denied", 126),
        program: { kind: "elf", path: "/app", machine: "aarch64" },
      },
      "wrong-architecture",
      /\/app is made for aarch64, and this host is x86_64/,
    ],
    [
      "a loader that is not there",
      {
        ...failed("crun: executable file `/app` not found", 127),
        program: {
          ...{ kind: "elf", path: "/app", machine: "x86_64" },
          interpreter: { path: "/lib64/ld-linux-x86-64.so.2", isThere: false },
        },
      },
      "missing-interpreter",
      /ld-linux-x86-64/,
    ],
    [
      "an interpreter that is not there",
      {
        exitCode: 127,
        program: { kind: "script", path: "/run.sh", interpreter: { path: "/bin/bash", isThere: false } },
      },
      "missing-interpreter",
      /\/run\.sh is there, but "\/bin\/bash"/,
    ],
    [
      "what a runtime writes to the log",
      {
        exitCode: 1,
        output: ["exec container process (missing dynamic library?) `/run`: No such file or directory"],
        program: { kind: "script", path: "/run", interpreter: { path: "/bin/bash", isThere: false } },
      },
      "missing-interpreter",
      /"\/bin\/bash"/,
    ],
    [
      "a file that is no program",
      { ...failed("crun: exec /x: Exec format error", 126), program: { kind: "other", path: "/x" } },
      "exec-format",
      /\/x is neither/,
    ],
    [
      "a program that is not there",
      {
        ...failed("crun: executable file `app` not found in $PATH", 127),
        program: { kind: "missing", path: "app" },
      },
      "command-not-found",
      /"app"/,
    ],
    ["a file without x", failed("crun: open executable: Permission denied", 126), "not-executable", /app/],
    [
      "glibc's word for a library",
      {
        exitCode: 127,
        output: [
          "app: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or directory",
        ],
      },
      "missing-library",
      /libssl\.so\.3/,
    ],
    [
      "musl's word for a library",
      {
        exitCode: 127,
        output: ["Error loading shared library libz.so.1: No such file or directory (needed by /app)"],
      },
      "missing-library",
      /libz\.so\.1/,
    ],
    [
      "a program a script calls",
      { exitCode: 127, output: ["sh: jq: not found"] },
      "command-not-found",
      /script/,
    ],
    [
      "a port in use",
      {
        ...failed("cannot listen on port 8080: bind: address already in use (tcp port 8080)", 125),
        takenPorts: [{ port: 8080, by: "web" }],
      },
      "port-in-use",
      /8080.*by container web/,
    ],
    [
      "a port that another container has meanwhile",
      { status: "created", takenPorts: [{ port: 80, by: "web" }] },
      "port-in-use",
      /port 80/,
    ],
    ["a shell without input", { exitCode: 0, args: ["/bin/sh"] }, "shell-without-input", /shell/],
    ["success", { exitCode: 0 }, "ended-by-itself", /success/],
    [
      "an owner that its user is not",
      {
        exitCode: 1,
        user: { inside: 1000, host: 100999 },
        mounts: [data],
        output: ["touch: /data/x: Permission denied"],
      },
      "mount-permission",
      /container uid 1000 \(host uid 100999\), and \/home\/me\/data belongs to host uid 1000 \(container uid 0\)/,
    ],
    [
      "a mount that may only be read",
      {
        exitCode: 1,
        mounts: [{ ...data, isReadOnly: true }],
        output: ["touch: /data/x: Read-only file system"],
      },
      "read-only",
      /\/data, which is mounted read-only/,
    ],
    [
      "a root file system that may only be read",
      { exitCode: 1, isReadOnly: true, output: ["mkdir: can't create '/var/run/x': Read-only file system"] },
      "read-only",
      /--read-only/,
    ],
    [
      "a capability it lacks",
      { exitCode: 2, output: ["ping: permission denied (are you root?)"] },
      "denied-capability",
      /CAP_NET_RAW/,
    ],
    [
      "a port that only root may use",
      { exitCode: 1, output: ["bind() to 0.0.0.0:80 failed (13: Permission denied)"] },
      "denied-capability",
      /CAP_NET_BIND_SERVICE/,
    ],
    [
      "a refusal in spite of the capability",
      {
        exitCode: 1,
        capabilities: ["CAP_SYS_ADMIN"],
        output: ["mount: mounting none on /mnt failed: Operation not permitted"],
      },
      "denied-syscall",
      /has CAP_SYS_ADMIN/,
    ],
  ];
  for (const [what, evidence, cause, says] of cases) {
    it(`sees ${what}`, () => {
      const [first] = findCauses({ ...nothing, ...evidence });
      assert.equal(first?.cause, cause);
      assert.match(first.says, says);
      assert.ok(first.seen.length > 0, "it says what it saw");
    });
  }

  const unknown: readonly (readonly [what: string, evidence: Partial<Evidence>])[] = [
    ["a status that is the program's own", { exitCode: 3, output: ["fatal: no configuration"] }],
    [
      "a program of this architecture",
      { exitCode: 1, program: { kind: "elf", path: "/app", machine: "x86_64" } },
    ],
    [
      "a complaint about a path outside of the mounts",
      { exitCode: 1, mounts: [data], output: ["/etc/x: Permission denied"] },
    ],
    ["a complaint of a program that ended well", { exitCode: 4, output: ["warning: 3 files skipped"] }],
    ["nothing", { status: "created" }],
  ];
  for (const [what, evidence] of unknown) {
    it(`does not know the cause of ${what}`, () => {
      assert.deepEqual(findCauses({ ...nothing, ...evidence }), []);
    });
  }

  const fixes: readonly (readonly [what: string, evidence: Partial<Evidence>, fix: RegExp])[] = [
    [
      "my folder and a user",
      { mounts: [data], user: { inside: 1000, host: 100999 } },
      /--userns keep-id:uid=1000/,
    ],
    [
      "a folder of another user",
      {
        mounts: [{ ...data, owner: { host: 0, isMe: false, mode: 0o700 } }],
        user: { inside: 5, host: 100004 },
      },
      /chown \/home\/me\/data on the host to host uid 100004/,
    ],
    ["a volume", { mounts: [{ ...data, source: "v", isVolume: true }] }, /-v v:\/data:U/],
  ];
  for (const [what, evidence, fix] of fixes) {
    it(`names the flag that opens ${what}`, () => {
      const [first] = findCauses({
        ...nothing,
        exitCode: 1,
        output: ["/data: Permission denied"],
        ...evidence,
      });
      assert.match(first?.fixes.join("\n") ?? "", fix);
    });
  }
});

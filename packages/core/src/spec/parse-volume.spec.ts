import assert from "node:assert/strict";
import fc from "fast-check";
import {
  parseLimit,
  parseMount,
  parseSeccompProfile,
  parseTmpfs,
  parseVolume,
  translateSeccomp,
} from "./index.ts";

describe("parseVolume", () => {
  const cases = [
    { text: "/a:/b", expected: { type: "bind", source: "/a", destination: "/b" } },
    { text: "/a:/b/:ro", expected: { type: "bind", source: "/a", destination: "/b", readOnly: true } },
    { text: "./a:/b", expected: { type: "bind", source: "/here/a", destination: "/b" } },
    { text: ".:/b:z", expected: { type: "bind", source: "/here", destination: "/b" } },
    { text: "..:/b", expected: { type: "bind", source: "/", destination: "/b" } },
    {
      text: "/a:/b:ro,bind,rslave,noexec",
      expected: {
        type: "bind",
        source: "/a",
        destination: "/b",
        readOnly: true,
        recursive: false,
        propagation: "rslave",
        options: ["noexec"],
      },
    },
    { text: "data:/b", expected: { type: "volume", name: "data", destination: "/b" } },
    { text: "data:/b:ro", expected: { type: "volume", name: "data", destination: "/b", readOnly: true } },
    { text: "/b", expected: { type: "volume", destination: "/b" } },
    { text: "/a:/b:U", expected: { type: "bind", source: "/a", destination: "/b", chown: true } },
    {
      text: "/a:/b:O,upperdir=u,workdir=/w",
      expected: {
        type: "bind",
        source: "/a",
        destination: "/b",
        overlay: { upper: "/here/u", work: "/w" },
      },
    },
    {
      text: "data:/b:nocopy,O",
      expected: { type: "volume", name: "data", destination: "/b", overlay: {}, noCopy: true },
    },
  ] as const;
  for (const { text, expected } of cases) {
    it(`reads ${text}`, () => {
      assert.deepEqual(parseVolume(text, "/here"), expected);
    });
  }

  for (const text of ["", ":/b", "/a:b", "/a:", "/a:/", "/a:/b:wx", "/a:/b:ro:x", "a b:/c", "relative"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseVolume(text, "/here"), { code: "ERR_WHERRY_INVALID_MOUNT" });
    });
  }

  it("either gives an absolute destination or says why not", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          return parseVolume(text, "/here").destination.startsWith("/");
        } catch (error) {
          return (error as { code?: string }).code === "ERR_WHERRY_INVALID_MOUNT";
        }
      }),
    );
  });
});

describe("parseTmpfs", () => {
  it("reads a place with and without options", () => {
    assert.deepEqual(parseTmpfs("/run"), { type: "tmpfs", destination: "/run", options: [] });
    const options = ["rw", "size=64m", "mode=1777"];
    assert.deepEqual(parseTmpfs("/run:rw,size=64m,mode=1777"), {
      type: "tmpfs",
      destination: "/run",
      options,
    });
    assert.throws(() => parseTmpfs("run"), { code: "ERR_WHERRY_INVALID_MOUNT" });
  });
});

describe("parseMount", () => {
  const cases = [
    {
      text: "type=bind,source=/a,target=/b,ro",
      expected: { type: "bind", source: "/a", destination: "/b", readOnly: true },
    },
    {
      text: "type=bind,src=a,dst=/b,bind-propagation=shared",
      expected: { type: "bind", source: "/here/a", destination: "/b", propagation: "shared" },
    },
    {
      text: "type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=700",
      expected: { type: "tmpfs", destination: "/t", options: ["size=1m", "mode=700"] },
    },
    { text: "source=data,dst=/b", expected: { type: "volume", name: "data", destination: "/b" } },
    {
      text: 'type=bind,"src=/a,b",dst=/c,rw=false,U=true,bind-nonrecursive',
      expected: {
        type: "bind",
        source: "/a,b",
        destination: "/c",
        readOnly: true,
        recursive: false,
        chown: true,
      },
    },
    {
      text: "type=volume,src=data,dst=/b,subpath=x/y,nocopy,volume-opt=type=tmpfs",
      expected: {
        type: "volume",
        destination: "/b",
        name: "data",
        subpath: "x/y",
        volumeOptions: { type: "tmpfs" },
        noCopy: true,
      },
    },
    {
      text: "type=image,src=app:1,dst=/b,rw,subpath=etc",
      expected: { type: "image", source: "app:1", destination: "/b", readWrite: true, subpath: "etc" },
    },
    { text: "type=glob,src=*.c,dst=/b", expected: { type: "glob", pattern: "/here/*.c", destination: "/b" } },
    {
      text: "type=devpts,dst=/p,uid=3,max=4",
      expected: {
        type: "special",
        fsType: "devpts",
        source: "devpts",
        destination: "/p",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "uid=3", "max=4"],
      },
    },
  ] as const;
  for (const { text, expected } of cases) {
    it(`reads ${text}`, () => {
      assert.deepEqual(parseMount(text, "/here"), expected);
    });
  }
  for (const text of [
    "type=bind,dst=/b",
    "type=nfs,dst=/b",
    "type=bind,src=/a,dst=/b,ro=maybe",
    "type=devpts,dst=/p,uid=me",
    "type=image,dst=/b",
    "type=tmpfs",
    "type=tmpfs,dst=/t,tmpfs-size=much",
    "type=tmpfs,dst=/t,tmpfs-mode=rwx",
    "type=bind,src=/a,dst=/b,frob=1",
  ]) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseMount(text, "/here"), { code: "ERR_WHERRY_INVALID_MOUNT" });
    });
  }
});

describe("parseLimit", () => {
  const cases = [
    { text: "nofile=10", expected: { type: "RLIMIT_NOFILE", soft: 10, hard: 10 } },
    { text: "nofile=10:20", expected: { type: "RLIMIT_NOFILE", soft: 10, hard: 20 } },
    { text: "core=0:-1", expected: { type: "RLIMIT_CORE", soft: 0, hard: Number.MAX_SAFE_INTEGER } },
  ] as const;
  for (const { text, expected } of cases) {
    it(`reads ${text}`, () => {
      assert.deepEqual(parseLimit(text), expected);
    });
  }
  for (const text of ["nofile", "nofile=", "nofile=a", "files=1", "nofile=2:1", "nofile=1:2:3"]) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseLimit(text), { code: "ERR_WHERRY_INVALID_LIMIT" });
    });
  }
});

describe("seccomp profiles", () => {
  const profile = {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 38,
    archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] }],
    syscalls: [
      { names: ["read"], action: "SCMP_ACT_ALLOW", args: [], includes: {}, excludes: {} },
      { names: ["bpf"], action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_BPF", "CAP_SYS_ADMIN"] } },
      { names: ["nobpf"], action: "SCMP_ACT_ERRNO", errnoRet: 1, excludes: { caps: ["CAP_BPF"] } },
      { names: ["arm"], action: "SCMP_ACT_ALLOW", includes: { arches: ["arm64"] } },
      {
        names: ["personality"],
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value: 8, valueTwo: 0, op: "SCMP_CMP_EQ" }],
      },
    ],
  };
  const namesFor = (capabilities: string[], arch: string) =>
    translateSeccomp(parseSeccompProfile(JSON.stringify(profile), "p"), {
      capabilities,
      arch,
    }).syscalls.flatMap(({ names }) => names);

  it("become the runtime's by capabilities and architecture", () => {
    assert.deepEqual(namesFor([], "x64"), ["read", "nobpf", "personality"]);
    assert.deepEqual(namesFor(["CAP_BPF"], "x64"), ["read", "personality"]);
    assert.deepEqual(namesFor(["CAP_BPF", "CAP_SYS_ADMIN"], "arm64"), ["read", "bpf", "arm", "personality"]);
  });

  it("keep errno, arguments and the architectures of the host", () => {
    const seccomp = translateSeccomp(parseSeccompProfile(JSON.stringify(profile), "p"), {
      capabilities: [],
      arch: "x64",
    });
    assert.deepEqual(seccomp.architectures, ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]);
    assert.equal(seccomp.defaultErrnoRet, 38);
    assert.equal(seccomp.syscalls[1]?.errnoRet, 1);
    assert.deepEqual(seccomp.syscalls[2]?.args, [{ index: 0, value: 8, op: "SCMP_CMP_EQ" }]);
  });

  for (const text of ["", "[]", "{}", '{"defaultAction":"x","syscalls":[{"names":"read","action":"y"}]}']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseSeccompProfile(text, "/p.json"), {
        code: "ERR_WHERRY_INVALID_SECCOMP_PROFILE",
        message: /^invalid seccomp profile \/p\.json: /,
      });
    });
  }
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseMoment } from "@wherry/core/cli";
import { createOptions, type CreationFlags } from "./create-options.ts";
import { readEnv, readLabels } from "./read-pairs.ts";

const BARE = {
  cgroups: "enabled",
  "env-host": false,
  "http-proxy": true,
  "no-hosts": false,
  passwd: true,
  "read-only-tmpfs": true,
  systemd: "true",
  init: false,
  interactive: false,
  privileged: false,
  "publish-all": false,
  pull: "missing",
  quiet: false,
  "read-only": false,
  replace: false,
  rm: false,
  rmi: false,
  tty: false,
} as CreationFlags;

const optionsOf = (flags: Partial<CreationFlags>, command: readonly string[] = []) =>
  createOptions({ ...BARE, ...flags }, command, {
    env: { MINE: "here" },
    folder: "/here",
    commandLine: ["wherry"],
  });

describe("createOptions", () => {
  it("leaves to the image what nobody asked for", () => {
    const options = optionsOf({});
    for (const key of [
      "name",
      "workingDir",
      "user",
      "hostname",
      "entrypoint",
      "network",
      "stopSignal",
      "stopTimeout",
    ])
      assert.equal(key in options, false, key);
    assert.deepEqual(options.command, []);
  });

  const cases = [
    { flags: { entrypoint: "sh" }, key: "entrypoint", expected: ["sh"] },
    { flags: { entrypoint: '["sh","-c"]' }, key: "entrypoint", expected: ["sh", "-c"] },
    { flags: { entrypoint: "" }, key: "entrypoint", expected: [""] },
    {
      flags: { "cap-add": ["net_admin,kill", "CAP_CHOWN"] },
      key: "addCapabilities",
      expected: ["net_admin", "kill", "CAP_CHOWN"],
    },
    { flags: { env: ["A=1", "MINE", "OTHER"] }, key: "env", expected: ["A=1", "MINE=here"] },
    { flags: { "env-merge": ["A=${B}c"] }, key: "mergedEnv", expected: [["A", "${B}c"]] },
    { flags: { "unsetenv-all": true }, key: "unsetEnv", expected: "all" },
    { flags: { "image-volume": "tmpfs" }, key: "imageVolumes", expected: "tmpfs" },
    { flags: { "init-path": "/i" }, key: "initPath", expected: "/i" },
    { flags: { network: "none" }, key: "network", expected: { kind: "none" } },
    {
      flags: { "add-host": ["a:1.2.3.4"] },
      key: "addedHosts",
      expected: [{ names: ["a"], address: "1.2.3.4" }],
    },
    { flags: { label: ["a=b=c", "d"] }, key: "labels", expected: { a: "b=c", d: "" } },
    {
      flags: { volume: ["./x:/x"], mount: ["type=tmpfs,dst=/y"], tmpfs: ["/z"] },
      key: "volumes",
      expected: [
        { type: "bind", source: "/here/x", destination: "/x" },
        { type: "tmpfs", destination: "/y", options: [] },
        { type: "tmpfs", destination: "/z", options: [] },
      ],
    },
  ] as const;
  for (const { flags, key, expected } of cases) {
    it(`reads ${JSON.stringify(flags)}`, () => {
      assert.deepEqual(optionsOf(flags as unknown as Partial<CreationFlags>)[key], expected);
    });
  }
});

describe("createOptions", () => {
  const wrong: readonly { flags: Partial<CreationFlags>; says: RegExp }[] = [
    { flags: { annotation: ["a=b", "c"] }, says: /annotations must be formatted KEY=VALUE$/ },
    { flags: { dns: ["1.1.1.1", "name"] }, says: /name is not an ip address$/ },
    { flags: { dns: ["none", "1.1.1.1"] }, says: /when also specifying 'none'$/ },
    { flags: { workdir: "here" }, says: /invalid --workdir "here": it must be an absolute path/ },
  ];
  for (const { flags, says } of wrong)
    it(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(() => optionsOf(flags), says);
    });
});

describe("rare options", () => {
  it("are absent, or read", () => {
    for (const key of ["rlimits", "shmSize", "sysctl", "devices", "noNewPrivileges", "extraGroups"])
      assert.equal(key in optionsOf({}), false, key);
    const options = optionsOf({
      ulimit: ["nofile=5:6"],
      "shm-size": "2m",
      sysctl: ["net.a=1"],
      device: ["/dev/null", "/dev/zero:/dev/b:r", "/dev/full:rw"],
      "security-opt": ["no-new-privileges"],
      "group-add": ["wheel"],
    });
    assert.deepEqual(options.rlimits, [{ type: "RLIMIT_NOFILE", soft: 5, hard: 6 }]);
    assert.equal(options.shmSize, 2 * 1024 * 1024);
    assert.deepEqual(options.sysctl, { "net.a": "1" });
    assert.deepEqual(
      options.devices?.map(({ source, destination, access, node }) => ({
        ...{ source, destination, access },
        number: [node?.type, node?.major, node?.minor],
      })),
      [
        { source: "/dev/null", destination: "/dev/null", access: undefined, number: ["c", 1, 3] },
        { source: "/dev/zero", destination: "/dev/b", access: "r", number: ["c", 1, 5] },
        { source: "/dev/full", destination: "/dev/full", access: "rw", number: ["c", 1, 7] },
      ],
    );
    assert.equal(options.noNewPrivileges, true);
    assert.deepEqual(options.extraGroups, ["wheel"]);
  });

  const wrong = [
    { device: ["fuse"] },
    { device: ["vendor/class=all"] },
    { device: ["/dev/a:b"] },
    { device: ["/dev/a:/dev/b:x"] },
    { "shm-size": "big" },
  ];
  for (const flags of wrong) {
    it(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(() => optionsOf(flags), { code: "ERR_WHERRY_INVALID_SETTING" });
    });
  }

  it("know no stream but the three", () => {
    assert.throws(() => optionsOf({ attach: ["frob"] }), /invalid stream "frob" for --attach/);
  });
});

describe("readEnv", () => {
  const hostEnv = { LC_ALL: "C", LC_TIME: "D", HOME: "/h" };
  it("takes values, our own variables, and those that begin alike", () => {
    assert.deepEqual(readEnv(["A=", "HOME", "NONE", "LC_*"], [], hostEnv), [
      "A=",
      "HOME=/h",
      "LC_ALL=C",
      "LC_TIME=D",
    ]);
  });

  it("refuses a value without name, and names a file that is missing", () => {
    assert.throws(() => readEnv(["=x"], [], {}), { code: "ERR_WHERRY_USAGE" });
    assert.throws(() => readEnv([], ["/no/such"], {}), {
      message: /open \/no\/such: no such file or directory/,
    });
  });

  it("reads files before flags, without comments and blank lines", () => {
    const folder = mkdtempSync(join(tmpdir(), "wherry-env-"));
    try {
      const file = join(folder, "env");
      writeFileSync(file, "# no\n\n  A=1\r\nB= two words \nHOME\n");
      assert.deepEqual(readEnv(["A=2"], [file], hostEnv), ["A=1", "B= two words ", "HOME=/h", "A=2"]);
      assert.deepEqual(readLabels(["x=1"], [file]), { A: "1", B: " two words ", HOME: "", x: "1" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("parseMoment", () => {
  const now = new Date("2026-01-02T03:04:05Z");
  const cases = [
    { text: "10m", expected: "2026-01-02T02:54:05.000Z" },
    { text: "1h30m", expected: "2026-01-02T01:34:05.000Z" },
    { text: "1700000000", expected: "2023-11-14T22:13:20.000Z" },
    { text: "1700000000.5", expected: "2023-11-14T22:13:20.500Z" },
    { text: "2026-01-01T00:00:00Z", expected: "2026-01-01T00:00:00.000Z" },
    { text: "2026-01-01T00:00:00+01:00", expected: "2025-12-31T23:00:00.000Z" },
  ];
  for (const { text, expected } of cases) {
    it(`reads ${text}`, () => {
      assert.equal(parseMoment(text, now).toISOString(), expected);
    });
  }
  for (const text of ["", "yesterday", "2026-99-99", "10"]) {
    const fails = text !== "10";
    it(`${fails ? "refuses" : "takes"} ${JSON.stringify(text)}`, () => {
      if (fails) assert.throws(() => parseMoment(text, now), { code: "ERR_WHERRY_USAGE" });
      else assert.equal(parseMoment(text, now).getTime(), 10_000);
    });
  }
});

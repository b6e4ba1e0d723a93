import assert from "node:assert/strict";
import { logLevelOf, storeOptions, storeWarnings } from "./global-flags.ts";

describe("storeOptions", () => {
  const cases = [
    { flags: {}, expected: {} },
    {
      flags: { root: "/r", runroot: "/rr", volumepath: "/v" },
      expected: { root: "/r", runRoot: "/rr", volumePath: "/v" },
    },
    { flags: { runroot: "/rr", tmpdir: "/t" }, expected: { runRoot: "/t" } },
    {
      flags: { "storage-driver": "vfs", "storage-opt": ["a=b"] },
      expected: { storageDriver: "vfs", storageOptions: ["a=b"] },
    },
    {
      flags: { "registries-conf": "/f", "registries-conf-dir": "/d", "short-name-alias-conf": "/s" },
      expected: { registriesConf: "/f", registriesConfDir: "/d", shortNameAliases: "/s" },
    },
    {
      flags: { runtime: "runc", conmon: "/c", "runtime-flag": ["log-format=json"] },
      expected: { runtime: "runc", conmon: "/c", runtimeFlags: ["log-format=json"] },
    },
    {
      flags: { "cgroup-manager": "systemd", "events-backend": "none", "hooks-dir": ["/h"] },
      expected: { cgroupManager: "systemd", eventsBackend: "none", hooksDirs: ["/h"] },
    },
    { flags: { "userns-uid-map": ["0:100000:65536"], syslog: true }, expected: {} },
    {
      flags: { imagestore: "/i", "transient-store": true, module: ["a", "/b"] },
      expected: { imageStore: "/i", transientStore: true, modules: ["a", "/b"] },
    },
    { flags: { "transient-store": false, "network-config-dir": "/n" }, expected: {} },
  ] as const;
  for (const { flags, expected } of cases) {
    it(`reads ${JSON.stringify(flags)}`, () => {
      assert.deepEqual(storeOptions(flags), expected);
    });
  }

  const refused = [
    {
      flags: { "cgroup-manager": "x" },
      message: 'unsupported cgroup manager "x": choose from cgroupfs, systemd',
    },
    {
      flags: { "events-backend": "x" },
      message: 'unsupported events backend "x": choose from file, none, journald',
    },
    {
      flags: { "userns-gid-map": ["0:1"] },
      message: 'initializing ID mappings: invalid gidmap "0:1": expected ctrID:hostID:length',
    },
  ] as const;
  for (const { flags, message } of refused) {
    it(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(() => storeOptions(flags), { code: "ERR_WHERRY_USAGE", message });
    });
  }
});

describe("storeWarnings", () => {
  it("tell that ids are mapped otherwise than asked", () => {
    assert.deepEqual(storeWarnings({ root: "/r", syslog: true }), []);
    const [uids, gids] = storeWarnings({ "userns-uid-map": ["0:1:2"], "userns-gid-map": ["0:1:2"] });
    assert.match(`${uids}\n${gids}`, /^--userns-uid-map: .*\n--userns-gid-map: .* wherry run has --uidmap/);
  });
});

describe("storeWarnings, of flags without effect", () => {
  for (const [name, flags] of [
    ["network-config-dir", { "network-config-dir": "/n" }],
    ["pull-option", { "pull-option": ["enable_partial_images=true", "x=y"] }],
  ] as const) {
    it(`say once that --${name} has none`, () => {
      const warnings = storeWarnings(flags);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", new RegExp(`^--${name}: `));
    });
  }
});

describe("logLevelOf", () => {
  it("takes podman's levels, in any case, and warn when there is none", () => {
    assert.deepEqual([logLevelOf({}), logLevelOf({ "log-level": "DEBUG" })], ["warn", "debug"]);
  });

  it("refuses others in podman's words", () => {
    assert.throws(() => logLevelOf({ "log-level": "loud" }), {
      message:
        'Log Level "loud" is not supported, choose from: trace, debug, info, warn, warning, error, fatal, panic',
    });
  });
});

import assert from "node:assert/strict";
import { keyedDefaults, runDefaults } from "./run-flags.ts";

describe("runDefaults", () => {
  it("keeps what was typed, and of that what a command's result depends on for its key", () => {
    const flags = {
      ...{
        memory: "64m",
        "cpu-shares": "2",
        "cgroup-parent": "mine",
        "no-hosts": true,
        "no-hostname": false,
      },
      ...{ device: ["/dev/fuse"], "cap-add": ["chown,fowner"], isolation: undefined, ipc: "host" },
    };
    const all = runDefaults(flags, { BUILDAH_ISOLATION: "chroot" });
    assert.deepEqual(all, {
      ...{ resources: { memory: "64m", "cpu-shares": "2" }, cgroupParent: "mine", noHosts: true },
      ...{ devices: ["/dev/fuse"], addCapabilities: ["chown", "fowner"], isolation: "chroot" },
      namespaces: { ipc: "host" },
    });
    assert.deepEqual(keyedDefaults(all), {
      ...{ noHosts: true, devices: ["/dev/fuse"], addCapabilities: ["chown", "fowner"], isolation: "chroot" },
      namespaces: { ipc: "host" },
    });
  });
});

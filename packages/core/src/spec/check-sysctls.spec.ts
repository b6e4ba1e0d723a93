import assert from "node:assert/strict";
import { checkSysctls } from "./check-sysctls.ts";

describe("checkSysctls", () => {
  const own = { network: true, ipc: true, uts: true };
  for (const name of ["net.ipv4.ip_forward", "kernel.sem", "fs.mqueue.msg_max", "kernel.domainname"]) {
    it(`allows ${name} in namespaces of the container's own`, () => checkSysctls([name], own));
  }

  const wrong = [
    { name: "kernel.pid_max", own, says: /belongs to no namespace/ },
    { name: "vm.swappiness", own, says: /belongs to no namespace/ },
    { name: "net.core.somaxconn", own: { ...own, network: false }, says: /network namespace is not its own/ },
    { name: "kernel.msgmax", own: { ...own, ipc: false }, says: /ipc namespace is not its own/ },
    { name: "kernel.domainname", own: { ...own, uts: false }, says: /uts namespace is not its own/ },
  ];
  for (const { name, own: namespaces, says } of wrong) {
    it(`refuses ${name} where it ${says.source}`, () => {
      assert.throws(() => checkSysctls([name], namespaces), {
        code: "ERR_WHERRY_INVALID_SYSCTL",
        message: says,
      });
    });
  }
});

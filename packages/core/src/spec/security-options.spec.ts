import assert from "node:assert/strict";
import { parseSecurityOptions } from "./security-options.ts";

describe("parseSecurityOptions", () => {
  const cases = [
    { texts: ["no-new-privileges"], expected: { noNewPrivileges: true } },
    { texts: ["no-new-privileges:true"], expected: { noNewPrivileges: true } },
    { texts: ["no-new-privileges=false"], expected: { noNewPrivileges: false } },
    { texts: ["seccomp=unconfined"], expected: { seccomp: "unconfined" } },
    { texts: ["seccomp:my profile.json"], expected: { seccomp: "/here/my profile.json" } },
    { texts: ["seccomp=a.json", "seccomp=/b.json"], expected: { seccomp: "/b.json" } },
    { texts: ["apparmor=unconfined"], expected: { apparmor: "unconfined" } },
    { texts: ["mask=/a:/b", "mask=/c"], expected: { mask: ["/a", "/b", "/c"] } },
    { texts: ["unmask=ALL"], expected: { unmask: ["ALL"] } },
    { texts: ["unmask=/proc/acpi:/sys/*"], expected: { unmask: ["/proc/acpi", "/sys/*"] } },
    { texts: ["systempaths=unconfined"], expected: { unmask: ["ALL"] } },
    { texts: ["proc-opts=hidepid=2,gid=5"], expected: { procOptions: ["hidepid=2", "gid=5"] } },
    { texts: ["label=disable"], expected: { labels: ["disable"] } },
    { texts: ["label=type:spc_t", "label:level:s0"], expected: { labels: ["type:spc_t", "level:s0"] } },
  ];
  for (const { texts, expected } of cases) {
    it(`reads ${texts.join(" and ")}`, () => {
      assert.deepEqual(parseSecurityOptions(texts, "/here"), expected);
    });
  }

  const wrong = [
    "frob",
    "frob=1",
    "seccomp=",
    "seccomp",
    "apparmor=",
    "mask=relative",
    "mask=",
    "unmask=/a:b",
    "no-new-privileges=maybe",
    "systempaths=all",
    "label=frob",
    "label=type",
    "",
  ];
  for (const text of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseSecurityOptions([text], "/here"), {
        code: "ERR_WHERRY_INVALID_SECURITY_OPTION",
      });
    });
  }
});

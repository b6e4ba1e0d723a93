import assert from "node:assert/strict";
import { hostsFile, parseAddHost, resolvConf } from "./index.ts";

describe("resolvConf", () => {
  const host =
    "# comment\nsearch example.test lan\nnameserver 127.0.0.53\nnameserver 10.0.0.1 ; x\noptions edns0\n";
  const cases = [
    {
      title: "leaves out servers only the host reaches",
      choices: { host },
      expected: "search example.test lan\nnameserver 10.0.0.1\noptions edns0\n",
    },
    {
      title: "puts the forwarder first",
      choices: { host, forwarders: ["169.254.1.1"] },
      expected: "search example.test lan\nnameserver 169.254.1.1\nnameserver 10.0.0.1\noptions edns0\n",
    },
    {
      title: "keeps all with the host's network",
      choices: { host, hostNetwork: true },
      expected: "search example.test lan\nnameserver 127.0.0.53\nnameserver 10.0.0.1\noptions edns0\n",
    },
    {
      title: "takes the user's instead",
      choices: {
        host,
        forwarders: ["169.254.1.1"],
        dns: ["1.1.1.1"],
        search: ["."],
        options: ["ndots:2", "edns0"],
      },
      expected: "nameserver 1.1.1.1\noptions edns0 ndots:2\n",
    },
    { title: "is empty for an empty host", choices: { host: "" }, expected: "" },
    {
      title: "drops link-local servers of an interface",
      choices: { host: "nameserver fe80::1%eth0\nnameserver fd00::1\n" },
      expected: "nameserver fd00::1\n",
    },
  ];
  for (const { title, choices, expected } of cases) {
    it(title, () => {
      assert.equal(resolvConf(choices), expected);
    });
  }
});

describe("hostsFile", () => {
  it("keeps the host's entries and adds the container's own", () => {
    const text = hostsFile({
      host: "127.0.0.1 localhost\n10.1.1.1 db db.lan # x\nbad line\n",
      names: ["abc", "web"],
    });
    assert.equal(text, "127.0.0.1\tlocalhost\n10.1.1.1\tdb db.lan\n::1\tlocalhost\n127.0.0.1\tabc web\n");
  });

  it("names the host, and lets added entries win", () => {
    const text = hostsFile({
      host: "10.1.1.1 db",
      names: ["abc"],
      hostAddress: "169.254.1.2",
      added: [parseAddHost("db:10.2.2.2"), parseAddHost("gw:host-gateway")],
    });
    assert.match(text, /^10\.2\.2\.2\tdb\n169\.254\.1\.2\tgw\n/);
    assert.doesNotMatch(text, /10\.1\.1\.1/);
    assert.match(text, /^169\.254\.1\.2\thost\.containers\.internal host\.docker\.internal$/m);
  });
});

describe("host-gateway", () => {
  it("needs an address of the host", () => {
    const choices = { host: "", names: ["abc"], added: [parseAddHost("gw:host-gateway")] };
    assert.throws(() => hostsFile(choices), { code: "ERR_WHERRY_INVALID_HOST_ENTRY" });
  });
});

describe("parseAddHost", () => {
  const cases = [
    { text: "a:1.2.3.4", expected: { names: ["a"], address: "1.2.3.4" } },
    { text: "a;b:::1", expected: { names: ["a", "b"], address: "::1" } },
    { text: "a:[::1]", expected: { names: ["a"], address: "::1" } },
    { text: "a:host-gateway", expected: { names: ["a"], address: "host-gateway" } },
  ];
  for (const { text, expected } of cases) {
    it(`reads ${text}`, () => {
      assert.deepEqual(parseAddHost(text), expected);
    });
  }
  for (const text of ["a", "a:", ":1.2.3.4", "a:b", "a;:1.2.3.4"]) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseAddHost(text), { code: "ERR_WHERRY_INVALID_HOST_ENTRY" });
    });
  }
});

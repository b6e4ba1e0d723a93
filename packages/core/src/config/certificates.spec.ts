import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { certificatesFor, type Environment } from "./index.ts";

describe("certificatesFor", () => {
  let root: string;
  let environment: Environment;
  const write = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-certs-"));
    environment = { env: {}, home: join(root, "home"), uid: 1000, etc: join(root, "etc") };
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it("is content with nothing", () => {
    assert.deepEqual(certificatesFor(environment, "q.io"), { ca: [] });
  });

  it("takes the first folder of the search only", () => {
    write("etc/docker/certs.d/q.io/a.crt");
    assert.deepEqual(certificatesFor(environment, "q.io").ca, ["etc/docker/certs.d/q.io/a.crt"]);
    write("etc/containers/certs.d/q.io/b.crt");
    assert.deepEqual(certificatesFor(environment, "q.io").ca, ["etc/containers/certs.d/q.io/b.crt"]);
    write("home/.config/containers/certs.d/q.io/c.crt");
    assert.deepEqual(certificatesFor(environment, "q.io").ca, ["home/.config/containers/certs.d/q.io/c.crt"]);
    write("mine/d.crt");
    assert.deepEqual(certificatesFor(environment, "q.io", join(root, "mine")).ca, ["mine/d.crt"]);
  });

  it("takes the port as part of the name", () => {
    write("etc/containers/certs.d/q.io:5000/a.crt");
    assert.deepEqual(certificatesFor(environment, "q.io").ca, []);
    assert.equal(certificatesFor(environment, "q.io:5000").ca.length, 1);
  });

  it("reads all authorities and a client's pair", () => {
    for (const name of ["a.crt", "b.crt", "me.cert", "me.key", "notes.txt"])
      write(`etc/containers/certs.d/q.io/${name}`);
    const at = "etc/containers/certs.d/q.io";
    assert.deepEqual(certificatesFor(environment, "q.io"), {
      ca: [`${at}/a.crt`, `${at}/b.crt`],
      cert: `${at}/me.cert`,
      key: `${at}/me.key`,
    });
  });

  for (const [present, missing] of [
    ["me.cert", "me.key"],
    ["me.key", "me.cert"],
  ] as const) {
    it(`misses ${missing} beside ${present}`, () => {
      write(`etc/containers/certs.d/q.io/${present}`);
      assert.throws(() => certificatesFor(environment, "q.io"), {
        code: "ERR_WHERRY_INCOMPLETE_CERTIFICATE",
        message: new RegExp(`missing .*/${missing}`),
      });
    });
  }
});

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "./environment.ts";
import { lookasideFor, readLookasides } from "./lookasides.ts";

const SCOPES = ["r.io/team/app:1", "r.io/team/app", "r.io/team", "r.io", "*.io"];

describe("registries.d", () => {
  let folder: string;
  let environment: Environment;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-lookasides-"));
    environment = { env: {}, home: join(folder, "my home"), uid: 1000, etc: join(folder, "etc") };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text: string, base = "etc/containers"): void => {
    const path = join(folder, base, "registries.d", name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  };
  const found = async (use: "read" | "write", scopes: readonly string[] = SCOPES): Promise<string> =>
    lookasideFor(await readLookasides(environment), scopes, use);

  it("means a folder of the user, or of the system for root, where it says nothing", async () => {
    const users = `file://${folder}/my%20home/.local/share/containers/sigstore`;
    assert.equal(await found("read"), users);
    environment = { ...environment, uid: 0 };
    assert.equal(await found("write"), "file:///var/lib/containers/sigstore");
    write("a.conf", "docker: {r.io: {lookaside: 'https://no/'}}");
    write("b.yaml", "# nothing\n");
    assert.equal(await found("read"), "file:///var/lib/containers/sigstore");
  });

  it("lets the most specific scope that says something count, with staging for what is written", async () => {
    write(
      "a.yaml",
      `default-docker:
  lookaside: https://usual/
  lookaside-staging: file:///usual
docker:
  r.io/team:
    sigstore: https://old/
  r.io/team/app:
    sigstore-staging: file:///old
    use-sigstore-attachments: false
  "*.io": { lookaside: 'https://wild/' }
  x.io:
`,
    );
    assert.equal(await found("read"), "https://old/");
    assert.equal(await found("write"), "file:///old");
    assert.equal(await found("write", ["r.io/team"]), "https://old/");
    assert.equal(await found("read", ["x.io/a:1", "x.io/a", "x.io", "*.io"]), "https://wild/");
    assert.equal(await found("read", ["x.io"]), "https://usual/");
    assert.equal(await found("write", ["y.org"]), "file:///usual");
  });

  it("is the user's where there is one, and the one that is named before all", async () => {
    const only = (place: string): string => `default-docker: {lookaside: 'file:///${place}'}`;
    write("a.yaml", only("etc"));
    assert.equal(await found("read"), "file:///etc");
    write("a.yaml", only("user"), "my home/.config/containers");
    assert.equal(await found("read"), "file:///user");
    write("a.yaml", only("named"), "named");
    environment = { ...environment, registriesD: join(folder, "named/registries.d") };
    assert.equal(await found("read"), "file:///named");
  });

  const WRONG = [
    { what: "a word", text: "word", why: /a\.yaml/ },
    { what: "a list of scopes", text: "docker: [r.io]", why: /docker/ },
    { what: "a URL that is none", text: "docker: {r.io: {lookaside: [1]}}", why: /r\.io.*lookaside/ },
    { what: "broken YAML", text: "docker: {", why: /a\.yaml/ },
    {
      what: "too many aliases",
      text: `a: &a [1]\n${"b: [*a]\n".replace("*a", Array(200).fill("*a").join())}`,
      why: /a\.yaml/,
    },
  ];
  for (const { what, text, why } of WRONG)
    it(`refuses ${what}`, async () => {
      write("a.yaml", text);
      await assert.rejects(found("read"), { code: "ERR_WHERRY_INVALID_CONFIGURATION", message: why });
    });

  it("refuses two files about one scope", async () => {
    write("a.yaml", "docker: {r.io: {lookaside: 'file:///a'}}");
    write("b.yaml", "docker: {r.io: {lookaside: 'file:///b'}}");
    await assert.rejects(found("read"), /b\.yaml: docker: r\.io is in .*a\.yaml too/);
  });
});

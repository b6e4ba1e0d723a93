import assert from "node:assert/strict";
import { formatSources, parseDeb822Sources, parseOneLineSources, sourcesOf } from "./apt-sources.ts";

const plain = (sources: ReturnType<typeof parseDeb822Sources>) =>
  sources.map(({ options, ...source }) => ({ ...source, options: Object.fromEntries(options) }));

describe("apt sources", () => {
  const oneLine = [
    {
      text: "deb http://a.example/debian s main contrib # mine",
      expected: [
        { uris: ["http://a.example/debian"], suites: ["s"], components: ["main", "contrib"], options: {} },
      ],
    },
    {
      text: "deb [arch=amd64,arm64 signed-by=/k.gpg trusted=yes] file:/r ./",
      expected: [
        {
          uris: ["file:/r"],
          suites: ["./"],
          components: [],
          options: { Architectures: "amd64 arm64", "Signed-By": "/k.gpg", Trusted: "yes" },
        },
      ],
    },
    {
      text: "# deb http://a.example s main\ndeb-src http://a.example s main\n\ndeb http://a.example\n",
      expected: [],
    },
  ];
  for (const { text, expected } of oneLine)
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(plain(parseOneLineSources(text)), expected));

  const KEY = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQ==\n -----END PGP PUBLIC KEY BLOCK-----";
  const stanzas = [
    {
      what: "several URIs, suites and a comment",
      text: "# first\nTypes: deb deb-src\nURIs: http://a.example http://b.example\n# within\nSuites: s s-updates\nComponents: main\nSigned-By: /k.gpg\n",
      expected: [
        {
          uris: ["http://a.example", "http://b.example"],
          suites: ["s", "s-updates"],
          components: ["main"],
          options: { "Signed-By": "/k.gpg" },
        },
      ],
    },
    {
      what: "a key in the file",
      text: `Types: deb\nURIs: http://a.example\nSuites: s\nComponents: main\nSigned-By:${KEY}\n`,
      expected: [
        { uris: ["http://a.example"], suites: ["s"], components: ["main"], options: { "Signed-By": KEY } },
      ],
    },
    {
      what: "what is off, and sources alone",
      text: "Types: deb\nURIs: http://a.example\nSuites: s\nEnabled: no\n\n\nTypes: deb-src\nURIs: http://a.example\nSuites: s\n",
      expected: [],
    },
  ];
  for (const { what, text, expected } of stanzas)
    it(`reads stanzas with ${what}`, () => assert.deepEqual(plain(parseDeb822Sources(text)), expected));

  it("writes what it reads", () => {
    for (const { text } of stanzas) {
      const sources = parseDeb822Sources(text);
      assert.deepEqual(parseDeb822Sources(formatSources(sources)), sources);
    }
  });

  it("takes a suite with its updates and fixes, and no other", () => {
    const sources = parseOneLineSources(
      ["s", "s-updates", "s-backports", "s/updates", "s-security", "t", "sid"]
        .map((name) => `deb http://a.example ${name} main`)
        .join("\n"),
    );
    assert.deepEqual(
      sourcesOf(sources, "s").flatMap(({ suites }) => suites),
      ["s", "s-updates", "s/updates", "s-security"],
    );
  });

  it("puts no password into an image", () => {
    assert.throws(() => formatSources(parseOneLineSources("deb http://me:secret@a.example s main")), {
      code: "ERR_WHERRY_DEBIAN_BASE",
    });
  });
});

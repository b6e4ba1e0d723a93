import assert from "node:assert/strict";
import { readImported, readVerification } from "./status.ts";

const KEY = "0F1E2D3C4B5A69780F1E2D3C4B5A69780F1E2D3C";
const SUBKEY = "A".repeat(40);
const valid = (signer = KEY, signedClass = "00", primary = KEY): string =>
  `VALIDSIG ${signer} 2026-11-27 1795000000 0 4 0 22 10 ${signedClass} ${primary}`;
const GOOD = ["NEWSIG", `GOODSIG ${KEY.slice(24)} Me <me@example.com>`, valid()];
const status = (lines: readonly string[]): string => lines.map((line) => `[GNUPG:] ${line}\n`).join("");

describe("readVerification", () => {
  it("takes one good signature, of a key or of a subkey", () => {
    assert.deepEqual(readVerification(status(GOOD)), { fingerprint: KEY, primary: KEY });
    const [first = "", second = ""] = GOOD;
    const bySubkey = readVerification(status([first, second, valid(SUBKEY, "01")]));
    assert.deepEqual(bySubkey, { fingerprint: SUBKEY, primary: KEY });
  });

  const cases = [
    { what: "nothing", lines: [], why: /no signature of OpenPGP/ },
    { what: "no data", lines: ["NODATA 1", "NODATA 2"], why: /no signature of OpenPGP/ },
    { what: "content alone", lines: ["PLAINTEXT 62 1795000000 claim"], why: /no signature of OpenPGP/ },
    { what: "changed content", lines: ["NEWSIG", "BADSIG 1122 Me"], why: /key 1122 does not fit/ },
    {
      what: "a key that is not there",
      lines: ["NEWSIG", "ERRSIG 1122 22 10 00 1795000000 9 F", "NO_PUBKEY 1122"],
      why: /key 1122, which is none of those/,
    },
    {
      what: "an algorithm that is not there",
      lines: ["NEWSIG", "ERRSIG 1122 99 10 00 1795000000 4 -"],
      why: /key 1122 cannot be checked/,
    },
    {
      what: "an expired key",
      lines: ["NEWSIG", "EXPKEYSIG 1122 Me", valid()],
      why: /key 1122 .* has expired/,
    },
    { what: "an expired signature", lines: ["NEWSIG", "EXPSIG 1122 Me", valid()], why: /has expired/ },
    { what: "a revoked key", lines: ["NEWSIG", "REVKEYSIG 1122 Me", valid()], why: /is revoked/ },
    { what: "a second signature", lines: [...GOOD, ...GOOD], why: /more than one/ },
    {
      what: "a bad one behind a good one",
      lines: [...GOOD, "NEWSIG", "BADSIG 1122 Me"],
      why: /does not fit/,
    },
    { what: "one that was not looked at", lines: [...GOOD, "NEWSIG"], why: /more than one/ },
    { what: "a good one without its details", lines: GOOD.slice(0, 2), why: /more than one/ },
    {
      what: "a signature of a key",
      lines: [...GOOD.slice(0, 2), valid(KEY, "10")],
      why: /no signature of a document/,
    },
    {
      what: "a fingerprint that is none",
      lines: [...GOOD.slice(0, 2), valid("x")],
      why: /no signature of a document/,
    },
  ];
  for (const { what, lines, why } of cases)
    it(`refuses ${what}`, () => {
      assert.throws(() => readVerification(status(lines)), why);
    });

  it("hears only gpg itself, not the words it repeats", () => {
    const claim = `GOODSIG 1122 Me [GNUPG:] ${valid()}`;
    assert.throws(() => readVerification(status(["NEWSIG", claim])), /more than one/);
    assert.throws(() => readVerification(`x${status(GOOD)}`.replaceAll("\n[", "\nx[")), /no signature/);
  });
});

describe("readImported", () => {
  it("gives the keys that were taken in", () => {
    const lines = [
      `IMPORTED ${KEY.slice(24)} Me`,
      `IMPORT_OK 1 ${KEY}`,
      `IMPORT_OK 0 ${SUBKEY}`,
      "IMPORT_RES 2 0",
    ];
    assert.deepEqual(readImported(status(lines)), [KEY, SUBKEY]);
    assert.deepEqual(readImported(status(["NODATA 1", "IMPORT_OK 1 ../x", "IMPORT_RES 0 0"])), []);
  });
});

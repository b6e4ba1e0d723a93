import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compressionOptions } from "./compression-flags.ts";
import { registryOptions } from "./registry-flags.ts";
import { triesAmong } from "./retry-flags.ts";
import { signingAmong } from "./signing-flags.ts";

describe("what flags ask of a transfer", () => {
  const COMPRESSION: readonly (readonly [Parameters<typeof compressionOptions>[0], object])[] = [
    [{}, {}],
    [{ "compression-level": 9 }, { layers: { level: 9 } }],
    [{ "compression-format": "zstd" }, { layers: { compression: "zstd", plainOnly: false } }],
    [
      { "compression-format": "zstd", "force-compression": true },
      { layers: { compression: "zstd", plainOnly: false } },
    ],
    [
      { "compression-format": "gzip", "force-compression": false, "compression-level": 1 },
      { layers: { compression: "gzip", plainOnly: true, level: 1 } },
    ],
    [
      { "compression-format": "zstd", "compression-level": 22 },
      { layers: { compression: "zstd", plainOnly: false, level: 22 } },
    ],
  ];
  for (const [flags, options] of COMPRESSION)
    it(`compresses as ${JSON.stringify(flags)} says`, () => {
      assert.deepEqual(compressionOptions(flags), options);
    });

  it("refuses a level that gzip does not have", () => {
    assert.throws(() => compressionOptions({ "compression-level": 12 }), /levels from 1 to 9, not 12/);
  });

  const TRIES: readonly (readonly [Parameters<typeof triesAmong>[0], object])[] = [
    [{}, {}],
    [{ retry: 0 }, { attempts: 1 }],
    [
      { retry: 3, "retry-delay": "1m30s" },
      { attempts: 4, pauseMs: 90_000 },
    ],
    [
      { "retry-times": 2, "retry-delay": "10ms" },
      { attempts: 3, pauseMs: 10 },
    ],
  ];
  for (const [flags, tries] of TRIES)
    it(`tries again as ${JSON.stringify(flags)} says, transfers and requests alike`, () => {
      assert.deepEqual(triesAmong(flags), tries);
      assert.deepEqual(registryOptions({ ...flags }), tries);
    });

  it("signs as --sign-by says, with a passphrase out of a file", () => {
    const folder = mkdtempSync(join(tmpdir(), "wherry-signing-"));
    try {
      const file = join(folder, "passphrase");
      assert.deepEqual(signingAmong({}), {});
      assert.deepEqual(signingAmong({ "sign-by": "me" }), { signing: { key: "me" } });
      assert.throws(() => signingAmong({ "sign-by": "" }), /--sign-by names no key/);
      const flags = { "sign-by": "me", "sign-passphrase-file": file, "sign-identity": "r.io/app:1" };
      assert.throws(() => signingAmong(flags), { code: "ERR_WHERRY_FILE_SYSTEM" });
      for (const end of ["", "\n", "\r\n"]) {
        writeFileSync(file, ` open sesame ${end}`);
        const signing = { key: "me", passphrase: " open sesame ", identity: "r.io/app:1" };
        assert.deepEqual(signingAmong(flags), { signing });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses a delay that is no duration", () => {
    assert.throws(() => triesAmong({ "retry-delay": "soon" }), /invalid duration "soon"/);
  });
});

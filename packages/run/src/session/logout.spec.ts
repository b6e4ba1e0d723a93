import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "@wherry/core/engine";
import { afterLogout, tellOfLogout } from "./logout.ts";

const SYSTEMD = "/run/systemd/system";
const LINGER = "/var/lib/systemd/linger/anna";

describe("afterLogout", () => {
  const cases = [
    { uid: 0, there: [SYSTEMD], expected: "root" },
    { uid: 1000, there: [], expected: "no systemd" },
    { uid: 1000, there: [SYSTEMD, LINGER], expected: "lingers" },
    { uid: 1000, there: [SYSTEMD, `${LINGER}e`], expected: "ends" },
  ];
  for (const { uid, there, expected } of cases)
    it(`of ${uid} where there is ${there.join(" and ") || "nothing"}: ${expected}`, () => {
      const exists = (path: string) => there.includes(path);
      assert.equal(afterLogout({ uid, userName: "anna", exists }), expected);
    });
});

describe("tellOfLogout", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "wherry-logout-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const toldBy = (runtimeDir: string, ...there: readonly string[]): string[] => {
    const told: string[] = [];
    const engine = {
      host: { uid: 1000, userName: "anna" },
      locations: { runtimeDir, cacheDir: join(folder, "cache/wherry") },
    } as unknown as Engine;
    const exists = (path: string) => there.includes(path) || (path.startsWith(folder) && existsSync(path));
    tellOfLogout(engine, (message) => told.push(message), exists);
    return told;
  };

  it("says it once, with the command that keeps containers", () => {
    const [first = "", ...more] = toldBy("/run/user/1000/wherry", SYSTEMD);
    assert.match(first, /anna does not linger.*loginctl enable-linger anna/);
    assert.deepEqual([...more, ...toldBy("/run/user/1000/wherry", SYSTEMD)], []);
  });

  it("says nothing to who lingers, nor outside of a session", () => {
    assert.deepEqual(toldBy("/run/user/1000/wherry", SYSTEMD, LINGER), []);
    assert.deepEqual(toldBy("/tmp/wherry-1000", SYSTEMD), []);
    assert.deepEqual(toldBy("/run/user/1000/wherry"), []);
  });
});

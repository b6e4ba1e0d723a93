import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePlatform } from "@wherry/core/oci";
import { checkRunnable } from "./runnable.ts";

describe("checkRunnable", () => {
  let procRoot: string;
  beforeEach(() => {
    procRoot = mkdtempSync(join(tmpdir(), "wherry-proc-"));
  });
  afterEach(() => rmSync(procRoot, { recursive: true }));

  const entry = (interpreter: string, flags: string, state = "enabled") =>
    `${state}\ninterpreter ${interpreter}\nflags: ${flags}\noffset 0\nmagic 7f45\n`;
  const cases: { what: string; platform: string; entries?: Record<string, string>; problem?: RegExp }[] = [
    { what: "its own architecture", platform: "linux/amd64" },
    { what: "what its processor runs too", platform: "linux/386" },
    { what: "nothing foreign without binfmt", platform: "linux/arm64", problem: /no emulator is registered/ },
    {
      what: "what qemu emulates",
      platform: "linux/arm64",
      entries: { "qemu-aarch64": entry("/usr/libexec/qemu-binfmt/qemu-aarch64", "POCF") },
    },
    {
      what: "what a static qemu of any name emulates",
      platform: "linux/arm/v7",
      entries: { status: "enabled\n", mine: entry("/usr/bin/qemu-arm-static", "F") },
    },
    {
      what: "nothing by a handler that is off",
      platform: "linux/arm64",
      entries: { "qemu-aarch64": entry("/usr/bin/qemu-aarch64-static", "F", "disabled") },
      problem: /no emulator/,
    },
    {
      what: "nothing by a handler that containers do not see",
      platform: "linux/s390x",
      entries: { s: entry("/usr/bin/qemu-s390x", "OC") },
      problem: /without flag F/,
    },
    {
      what: "no other system",
      platform: "windows/amd64",
      problem: /windows\/amd64 on this linux\/amd64 machine/,
    },
  ];
  for (const { what, platform, entries, problem } of cases)
    it(`runs ${what}`, () => {
      if (entries !== undefined) {
        const folder = join(procRoot, "sys/fs/binfmt_misc");
        mkdirSync(folder, { recursive: true });
        for (const [name, text] of Object.entries(entries)) writeFileSync(join(folder, name), text);
      }
      const checking = () => checkRunnable(parsePlatform(platform), parsePlatform("linux/amd64"), procRoot);
      if (problem === undefined) checking();
      else assert.throws(checking, problem);
    });
});

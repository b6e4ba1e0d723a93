import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatPlatform, type Platform } from "@wherry/core/oci";
import { StepProblem } from "./errors.ts";

/** Go's name of an architecture → what qemu calls it. */
const QEMU_NAMES: Readonly<Record<string, string>> = {
  amd64: "x86_64",
  arm64: "aarch64",
  arm: "arm",
  "386": "i386",
  ppc64le: "ppc64le",
  s390x: "s390x",
  riscv64: "riscv64",
  mips64le: "mips64el",
  loong64: "loongarch64",
};

/** What each architecture's processors run besides their own. */
const NATIVE_TOO: Readonly<Record<string, readonly string[]>> = { amd64: ["386"] };

/**
 * Sees to it that this machine can run a platform's programs: its own, or those that the kernel hands to qemu (binfmt_misc).
 *
 * @throws {StepProblem}
 */
export function checkRunnable(platform: Platform, host: Platform, procRoot = "/proc"): void {
  const { architecture, os } = platform;
  if (os === host.os && [host.architecture, ...(NATIVE_TOO[host.architecture] ?? [])].includes(architecture))
    return;
  const qemu = `qemu-${QEMU_NAMES[architecture] ?? architecture}`;
  const handler = os === host.os ? findHandler(join(procRoot, "sys/fs/binfmt_misc"), qemu) : undefined;
  const problem = `cannot run a command for ${formatPlatform(platform)} on this ${formatPlatform(host)} machine`;
  if (handler === undefined)
    throw new StepProblem(
      `${problem}: no emulator is registered for it`,
      `install qemu-user-static (Debian: apt install qemu-user-static binfmt-support), or use only COPY and ADD`,
    );
  if (!handler.isFixed)
    throw new StepProblem(
      `${problem}: ${handler.interpreter} is registered without flag F, so containers cannot see it`,
      `register it with \`update-binfmts --fix-binary yes\`, or install qemu-user-static`,
    );
}

/** An enabled entry of binfmt_misc whose interpreter is that qemu. */
function findHandler(folder: string, qemu: string): { interpreter: string; isFixed: boolean } | undefined {
  for (const name of namesIn(folder)) {
    if (name === "register" || name === "status") continue;
    const text = readFileSync(join(folder, name), "utf8");
    const [, interpreter = ""] = /^interpreter (.*)$/m.exec(text) ?? [];
    const program = interpreter.slice(interpreter.lastIndexOf("/") + 1);
    if (!text.startsWith("enabled") || (program !== qemu && program !== `${qemu}-static`)) continue;
    return { interpreter, isFixed: /^flags: .*F/m.test(text) };
  }
  return undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not mounted: nothing is registered that containers could use
  }
}

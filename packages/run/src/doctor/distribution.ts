import type { Fix, PackageName } from "./finding.ts";

export type Manager = keyof PackageName;

const INSTALL: Readonly<Record<Manager, string>> = {
  apt: "apt-get install -y",
  dnf: "dnf install -y",
  apk: "apk add",
  pacman: "pacman -S --needed",
};

/** os-release's ID or ID_LIKE → package manager. */
const FAMILIES: readonly (readonly [Manager, RegExp])[] = [
  ["apt", /\b(?:debian|ubuntu|raspbian|linuxmint)\b/],
  ["dnf", /\b(?:fedora|rhel|centos|rocky|almalinux|amzn|ol)\b/],
  ["apk", /\balpine\b/],
  ["pacman", /\b(?:arch|archlinux|manjaro)\b/],
];

/** The package manager of a distribution, from os-release(5); undefined for families we do not know. */
export function managerOf(osRelease: string): Manager | undefined {
  const ids = osRelease
    .split("\n")
    .flatMap((line) => /^(?:ID|ID_LIKE)=(.*)$/.exec(line)?.[1] ?? [])
    .join(" ");
  return FAMILIES.find(([, pattern]) => pattern.test(ids))?.[0];
}

/** The line a user types, with `sudo` where root is needed; advice as it is. */
export function fixText(fix: Fix, manager: Manager | undefined, uid: number): string {
  const sudo = uid === 0 ? "" : "sudo ";
  if ("advice" in fix) return fix.advice;
  if ("command" in fix) return fix.command;
  if ("asRoot" in fix) return `${sudo}${fix.asRoot}`;
  if (manager !== undefined) return `${sudo}${INSTALL[manager]} ${fix.install[manager]}`;
  const names = [...new Set(Object.values(fix.install))];
  return `install the package ${names.join(" or ")}`;
}

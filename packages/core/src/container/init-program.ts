import { findProgram } from "../process/index.ts";
import type { BundleInput } from "./bundle-input.ts";
import { InitMissingError } from "./errors.ts";

/** Where distributions keep a program that only container engines call. */
const INIT_PROGRAMS = [
  "catatonit",
  "/usr/libexec/podman/catatonit",
  "/usr/libexec/catatonit/catatonit",
  "/usr/lib/podman/catatonit",
];

/** The program that becomes the container's first process, where one is wanted. @throws {InitMissingError} */
export function withInit(
  { init, initPath }: Pick<BundleInput, "init" | "initPath">,
  searchPath: string | undefined,
): { initProgram?: string } {
  if (!init) return {};
  for (const name of initPath === undefined ? INIT_PROGRAMS : [initPath]) {
    const initProgram = findProgram(name, searchPath);
    if (initProgram !== undefined) return { initProgram };
  }
  throw new InitMissingError(initPath);
}

import { readFileSync } from "node:fs";
import { string } from "@oclif/core/flags";
import type { Signing } from "../engine/index.ts";
import { FileSystemError } from "../error/index.ts";
import { UsageError } from "./errors.ts";

/** podman's, buildah's and skopeo's flags for a signature of OpenPGP. */
export const signingFlags = {
  "sign-by": string({
    helpValue: "key",
    description: "Sign the image with a key of GnuPG: its fingerprint, its ID or a mail address",
  }),
  "sign-passphrase-file": string({
    helpValue: "path",
    dependsOn: ["sign-by"],
    description: "File with the passphrase of the key, which is asked for otherwise",
  }),
};

/** skopeo's flag for the name that is signed. */
export const signIdentityFlag = {
  "sign-identity": string({
    helpValue: "NAME",
    dependsOn: ["sign-by"],
    description: "Sign for this name, instead of the destination's",
  }),
};

interface SigningInput {
  readonly "sign-by"?: string | undefined;
  readonly "sign-passphrase-file"?: string | undefined;
  readonly "sign-identity"?: string | undefined;
}

/** Whose signature the flags ask for. @throws {UsageError | FileSystemError} */
export function signingAmong(flags: SigningInput): { readonly signing?: Signing } {
  const { "sign-by": key, "sign-passphrase-file": file, "sign-identity": identity } = flags;
  if (key === undefined) return {};
  if (key === "") throw new UsageError("--sign-by names no key");
  return {
    signing: {
      key,
      ...(file === undefined ? {} : { passphrase: readPassphrase(file) }),
      ...(identity === undefined ? {} : { identity }),
    },
  };
}

/** What a file has, without the end of its line. @throws {FileSystemError} */
export function readPassphrase(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new FileSystemError("read the passphrase in", path, error);
  }
}

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTemporaryFolder } from "../io/index.ts";
import { ProgramFailedError } from "../process/index.ts";
import { SigningFailedError } from "./errors.ts";
import { lastWords, runGnupg, type GnupgHost } from "./gnupg.ts";
import { writePayload, type Claim, type Signer } from "./payload.ts";

/** Whose key signs. */
export interface SigningKey {
  /** Fingerprint, key ID or mail address, as gpg takes them. */
  readonly key: string;
  /** Undefined where gpg asks the user, or needs none. */
  readonly passphrase?: string;
}

/**
 * Makes a signature that containers/image reads: the claim, signed by gpg with a key of the user.
 *
 * @throws {SigningFailedError | GnupgMissingError}
 */
export async function signClaim(
  claim: Claim,
  { key, passphrase }: SigningKey,
  signer: Signer,
  host: GnupgHost,
): Promise<Buffer> {
  if (passphrase?.includes("\n") === true)
    throw new SigningFailedError(key, "the passphrase has more than one line");
  const folder = makeTemporaryFolder(host.temporaryDirectory, "wherry-sign-");
  try {
    const path = join(folder, "claim");
    writeFileSync(path, writePayload(claim, signer), { mode: 0o600 });
    // the claim is no secret and lies in a file, so that the passphrase can come through the standard input
    const asking = passphrase === undefined ? [] : ["--pinentry-mode", "loopback", "--passphrase-fd", "0"];
    const { stdout } = await runGnupg(
      host,
      [...asking, "--local-user", key, "--output", "-", "--sign", path],
      {
        purpose: "sign images",
        ...(passphrase === undefined ? {} : { input: Buffer.from(`${passphrase}\n`) }),
      },
    );
    return stdout;
  } catch (error) {
    if (error instanceof ProgramFailedError) throw new SigningFailedError(key, lastWords(error), error);
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

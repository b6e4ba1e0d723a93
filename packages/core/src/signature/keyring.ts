import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { makeTemporaryFolder, randomHex } from "../io/index.ts";
import { isOpenpgp, SIGNATURE_SIZE_LIMIT } from "../oci/index.ts";
import { ProgramFailedError } from "../process/index.ts";
import { InvalidSignatureError, NoPublicKeysError } from "./errors.ts";
import { runGnupg, type GnupgHost } from "./gnupg.ts";
import { parsePayload, type Claim } from "./payload.ts";
import { readImported, readVerification, type GoodSignature } from "./status.ts";

/** What a good signature says, and who says it. */
export interface VerifiedClaim extends Claim, GoodSignature {}

/** Public keys, and where they are from, for messages. */
export interface KeySource {
  readonly bytes: Uint8Array;
  readonly where: string;
}

const PURPOSE = "check signatures";
const TIMEOUT_MS = 60_000;
/** Bytes of a claim: what a small signature may unpack to. */
const CLAIM_SIZE_LIMIT = 64 * 1024;

/** Of a key that was made for it: no options of the machine, no agent, no other keys, no web of trust. */
const APART = ["--no-options", "--no-autostart", "--no-auto-check-trustdb"];

/** Keys that signatures are checked with. Its folder is the caller's alone, and goes when it is closed. */
export class Keyring implements Disposable {
  readonly #host: GnupgHost;
  readonly #folder: string;
  /** Where gpg looks for keys: undefined for the user's own. */
  readonly #home: string | undefined;
  readonly #fingerprints = new Set<string>();

  private constructor(host: GnupgHost, isOwn: boolean) {
    this.#host = host;
    this.#folder = makeTemporaryFolder(host.temporaryDirectory, "wherry-keys-");
    this.#home = isOwn ? undefined : this.#folder;
  }

  /**
   * A keyring that holds just these keys.
   *
   * @throws {NoPublicKeysError | GnupgMissingError}
   */
  static async of(sources: readonly KeySource[], host: GnupgHost): Promise<Keyring> {
    const keyring = new Keyring(host, false);
    try {
      for (const source of sources) await keyring.#import(source);
      return keyring;
    } catch (error) {
      keyring[Symbol.dispose]();
      throw error;
    }
  }

  /** The user's own keyring. */
  static ofUser(host: GnupgHost): Keyring {
    return new Keyring(host, true);
  }

  /** Fingerprints of the keys, in capital letters; of the user's own keyring none. */
  get fingerprints(): ReadonlySet<string> {
    return this.#fingerprints;
  }

  /**
   * Reads a signature of a stranger: what it says, if it is good and by one of the keys.
   *
   * @throws {InvalidSignatureError | GnupgMissingError}
   */
  async verify(signature: Uint8Array): Promise<VerifiedClaim> {
    if (signature.length > SIGNATURE_SIZE_LIMIT)
      throw new InvalidSignatureError(`it has more than ${SIGNATURE_SIZE_LIMIT} bytes`);
    if (!isOpenpgp(signature)) throw new InvalidSignatureError("it is no signature of OpenPGP");
    // to a file: the status alone is to be on the channel that it is read from
    const path = join(this.#folder, `claim-${randomHex(8)}`);
    const limit = ["--max-output", String(CLAIM_SIZE_LIMIT)];
    const args = ["--trust-model", "always", "--status-fd", "1", ...limit, "--output", path, "--decrypt"];
    try {
      const good = readVerification(await this.#run(args, signature, [0, 1, 2]));
      if (this.#home !== undefined && !this.#fingerprints.has(good.primary))
        throw new InvalidSignatureError(
          `it is signed with key ${good.primary}, which is none of those that are trusted`,
        );
      return { ...parsePayload(readClaim(path)), ...good };
    } finally {
      rmSync(path, { force: true });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #import({ bytes, where }: KeySource): Promise<void> {
    // of a secret key, which needs an agent, the public part is taken all the same
    const status = await this.#run(["--status-fd", "1", "--import"], bytes, [0, 2]);
    const imported = readImported(status);
    if (imported.length === 0) throw new NoPublicKeysError(where);
    for (const fingerprint of imported) this.#fingerprints.add(fingerprint);
  }

  async #run(args: readonly string[], input: Uint8Array, okStatus: readonly number[]): Promise<string> {
    const home = this.#home === undefined ? [] : ["--homedir", this.#home, ...APART];
    try {
      const options = { purpose: PURPOSE, input, okStatus, timeoutMs: TIMEOUT_MS };
      return (await runGnupg(this.#host, [...home, ...args], options)).stdout.toString("latin1");
    } catch (error) {
      if (error instanceof ProgramFailedError)
        throw new InvalidSignatureError(`it cannot be checked: ${error.message}`, error);
      throw error;
    }
  }
}

function readClaim(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw new InvalidSignatureError("it signs nothing that comes with it");
    throw error;
  }
}

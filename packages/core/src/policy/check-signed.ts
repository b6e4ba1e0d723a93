import { FileSystemError } from "../error/index.ts";
import { readLimited, TooLargeError } from "../io/index.ts";
import { algorithmOf, digestOf, type Manifest } from "../oci/index.ts";
import type { Reference } from "../reference/index.ts";
import { InvalidSignatureError, Keyring, type GnupgHost, type KeySource } from "../signature/index.ts";
import type { SignatureDemands } from "./admit-image.ts";
import { UnsignedImageError } from "./errors.ts";
import type { SignedBy } from "./policy-file.ts";
import { matchesIdentity } from "./signed-identity.ts";

/** An image that must be signed. */
export interface ToBeSigned {
  /** As the user would write it, for messages. */
  readonly image: string;
  /** The name it was asked for by; undefined for one in a folder, which has none. */
  readonly reference: Reference | undefined;
}

/** More than any list of public keys has. */
const KEYS_SIZE_LIMIT = 16 * 1024 * 1024;

/** Checks the manifests of one image against what the policy asks for. gpg is started for the first signature that is there. */
export class SignatureCheck implements Disposable {
  readonly #image: ToBeSigned;
  readonly #demands: SignatureDemands;
  readonly #host: GnupgHost;
  readonly #keyrings = new Map<SignedBy, Promise<Keyring>>();
  readonly #opened: Keyring[] = [];

  constructor(image: ToBeSigned, demands: SignatureDemands, host: GnupgHost) {
    this.#image = image;
    this.#demands = demands;
    this.#host = host;
  }

  /**
   * Lets a manifest pass of which each demand is met by one of its signatures.
   *
   * @throws {UnsignedImageError}
   */
  async check(manifest: Manifest, signatures: readonly Uint8Array[]): Promise<void> {
    for (const demand of this.#demands.signedBy) {
      const reasons: string[] = [];
      let isMet = false;
      for (const signature of signatures) {
        const reason = await this.#refusal(demand, manifest, signature);
        isMet = reason === undefined;
        if (isMet) break;
        reasons.push(reason ?? "");
      }
      if (!isMet) throw new UnsignedImageError(this.#image.image, this.#demands.where, reasons);
    }
  }

  [Symbol.dispose](): void {
    for (const keyring of this.#opened) keyring[Symbol.dispose]();
  }

  /** Why a signature does not meet a demand; undefined when it does. */
  async #refusal(demand: SignedBy, manifest: Manifest, signature: Uint8Array): Promise<string | undefined> {
    const keyring = await this.#keyringFor(demand);
    try {
      const { digest, identity } = await keyring.verify(signature);
      if (!matchesIdentity(demand.signedIdentity, this.#image.reference, identity))
        return `Signature for identity ${JSON.stringify(identity.slice(0, 300))} is not accepted`;
      if (digestOf(manifest.bytes, algorithmOf(digest)) !== digest)
        return `Signature for docker digest ${digest} does not match`;
      return undefined;
    } catch (error) {
      if (error instanceof InvalidSignatureError) return `Invalid signature: ${error.message}`;
      throw error;
    }
  }

  #keyringFor(demand: SignedBy): Promise<Keyring> {
    const opened = this.#keyrings.get(demand) ?? this.#openKeyring(demand);
    this.#keyrings.set(demand, opened);
    return opened;
  }

  async #openKeyring({ keyPaths, keyData }: SignedBy): Promise<Keyring> {
    const sources: KeySource[] = keyPaths.map((path) => ({ bytes: readKeys(path), where: path }));
    const { where } = this.#demands;
    if (keyData !== undefined) sources.push({ bytes: keyData, where: `keyData of ${where}` });
    const keyring = await Keyring.of(sources, this.#host);
    this.#opened.push(keyring);
    return keyring;
  }
}

function readKeys(path: string): Buffer {
  try {
    return readLimited(path, KEYS_SIZE_LIMIT);
  } catch (error) {
    if (error instanceof TooLargeError) throw error;
    throw new FileSystemError("read the public keys in", path, error);
  }
}

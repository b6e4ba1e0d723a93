import {
  childrenThere,
  chooseImages,
  type CopySignatures,
  type ImageChanges,
  type ImageChoice,
} from "../image/index.ts";
import { hostPlatform, type Digest } from "../oci/index.ts";
import { formatReference, parseReference } from "../reference/index.ts";
import type { Claim, GnupgHost, SigningKey } from "../signature/index.ts";
import {
  formatTransportName,
  keepsSignatures,
  mayBeSigned,
  signaturesIn,
  type ImageDestination,
  type ImageSource,
  type SignatureKeeper,
  type TransportName,
} from "../transport/index.ts";
import { temporaryDirectoryOf, type ImageHost } from "./connection.ts";
import { SignaturesInvalidatedError, SignaturesUnsupportedError, SignIdentityError } from "./errors.ts";

/** Whose signature a copy gets. */
export interface Signing extends SigningKey {
  /** The name that is signed for; default the destination's. */
  readonly identity?: string;
}

/** What becomes of signatures in a copy. By default those of the source go along. */
export interface SignatureWishes {
  readonly withoutSignatures?: boolean;
  readonly signing?: Signing;
}

/** Both ends of a copy, and what they are called. */
export interface Ends {
  readonly source: ImageSource;
  readonly from: TransportName;
  readonly destination: ImageDestination;
  readonly to: TransportName;
}

type Host = Pick<ImageHost, "host" | "environment" | "signal">;
type Found = ReadonlyMap<Digest, readonly Buffer[]>;

/**
 * The signatures that a copy brings to its destination; undefined where there are none. Whether they can be kept there is
 * found out before anything is copied. Our own store keeps none, and takes an image without them.
 *
 * @throws {SignaturesUnsupportedError | SignIdentityError | LookasideReadOnlyError}
 */
export async function carrySignatures(
  host: Host,
  { source, from, destination, to }: Ends,
  { signing, withoutSignatures = false, choice }: SignatureWishes & ImageChanges,
): Promise<CarriedSignatures | undefined> {
  const identity = signing === undefined ? undefined : identityFor(signing, to);
  const signer = signing === undefined ? undefined : await keeperAt(destination, to, true);
  const isLeftOut = withoutSignatures || to.transport === "containers-storage";
  const found: Found = isLeftOut ? new Map() : await signaturesAt(source, choice);
  if (found.size === 0 && signing === undefined) return undefined;
  const keeper = signer ?? (await keeperAt(destination, to, false));
  if (signing !== undefined) await checkSigner(host);
  const sign = identity === undefined || signing === undefined ? undefined : { ...signing, identity };
  const read = isLeftOut ? undefined : (digest: Digest) => signaturesIn(source, digest);
  return new CarriedSignatures(host, keeper, { found, sign, read, from });
}

/** @throws {SignaturesUnsupportedError | LookasideReadOnlyError} */
async function keeperAt(
  destination: ImageDestination,
  to: TransportName,
  isAsked: boolean,
): Promise<SignatureKeeper> {
  if (!keepsSignatures(destination)) throw new SignaturesUnsupportedError(formatTransportName(to), isAsked);
  await destination.checkSignatures();
  return destination;
}

/** What is known of the signatures of one copy before it begins. */
interface Known {
  readonly found: Found;
  readonly sign: (Signing & { readonly identity: string }) | undefined;
  /** The source's for a manifest; undefined when they are left out. */
  readonly read: ((digest: Digest) => Promise<readonly Buffer[]>) | undefined;
  readonly from: TransportName;
}

/** The signatures of one copy: those of the source, and ours. */
export class CarriedSignatures implements CopySignatures {
  readonly #host: Host;
  readonly #destination: SignatureKeeper;
  readonly #known: Known;
  readonly #ready = new Map<
    Digest,
    { readonly carried: readonly Buffer[]; readonly made: Buffer | undefined }
  >();

  constructor(host: Host, destination: SignatureKeeper, known: Known) {
    this.#host = host;
    this.#destination = destination;
    this.#known = known;
  }

  /** How the image may be changed on its way: what is signed stays as it is, unless a change was asked for. */
  changes({ format, layers, preserveDigests = false }: ImageChanges): Pick<ImageChanges, "preserveDigests"> {
    const isAsked = format !== undefined || layers?.compression !== undefined;
    return { preserveDigests: preserveDigests || (this.#known.found.size > 0 && !isAsked) };
  }

  /** Whether what is signed is among the manifests that the destination will have. @throws {SignaturesInvalidatedError} */
  check(digests: readonly Digest[]): void {
    const { found, from } = this.#known;
    if ([...found.keys()].some((digest) => !digests.includes(digest)))
      throw new SignaturesInvalidatedError(formatTransportName(from));
  }

  /** @throws {SignaturesInvalidatedError | SigningFailedError} */
  async prepare(digests: readonly Digest[]): Promise<void> {
    this.check(digests);
    const { found, sign, read } = this.#known;
    for (const digest of digests) {
      const carried = found.get(digest) ?? (await read?.(digest)) ?? [];
      const made = sign === undefined ? undefined : await signAs(this.#host, { ...sign, digest });
      if (carried.length > 0 || made !== undefined) this.#ready.set(digest, { carried, made });
    }
  }

  async write(): Promise<void> {
    for (const [digest, { carried, made }] of this.#ready) {
      const kept = await this.#destination.keptSignatures(digest);
      const others = [...carried, ...kept].filter(
        (signature, index, all) => all.findIndex((one) => one.equals(signature)) === index,
      );
      const signatures = made === undefined ? others : [made, ...(await this.#besides(made, others))];
      await this.#destination.writeSignatures(digest, signatures);
    }
  }

  async #besides(made: Buffer, others: readonly Buffer[]): Promise<readonly Buffer[]> {
    if (others.length === 0) return [];
    const { withoutSuperseded } = await import("./superseded-signatures.ts");
    return await withoutSuperseded(others, made, gnupgHost(this.#host));
  }
}

/** Before anything is copied. @throws {GnupgMissingError} */
async function checkSigner(host: Host): Promise<void> {
  const { findGnupg } = await import("../signature/index.ts");
  findGnupg(gnupgHost(host), "sign images");
}

/** A signature of ours: a claim about an image, signed with a key of the user. @throws {SigningFailedError | GnupgMissingError} */
export async function signAs(host: Host, { digest, identity, ...key }: Claim & SigningKey): Promise<Buffer> {
  const { signClaim } = await import("../signature/index.ts");
  const signer = { creator: "wherry", at: host.host.now() };
  return await signClaim({ digest, identity }, key, signer, gnupgHost(host));
}

/** What gpg is given. */
export function gnupgHost(engine: Pick<ImageHost, "host" | "environment" | "signal">): GnupgHost {
  const { environment, signal } = engine;
  return { env: environment.env, temporaryDirectory: temporaryDirectoryOf(engine), signal };
}

/** The signatures of what is chosen: of one image, or of an index and the images in it. */
async function signaturesAt(
  source: ImageSource,
  choice: ImageChoice = { kind: "one", platform: hostPlatform() },
): Promise<Found> {
  const found = new Map<Digest, readonly Buffer[]>();
  if (!(await mayBeSigned(source))) return found;
  const chosen = chooseImages(source, choice);
  const root = await chosen.readManifest();
  const whole = choice.kind === "one" ? root : await source.readManifest();
  const children = childrenThere(root, chosen);
  for (const { digest } of [whole.descriptor, root.descriptor, ...children]) {
    if (found.has(digest)) continue;
    const signatures = await signaturesIn(source, digest);
    if (signatures.length > 0) found.set(digest, signatures);
  }
  return found;
}

/** A name as signatures have it: with a tag or a digest. @throws {SignIdentityError | InvalidReferenceError} */
export function fullName(text: string): string {
  const reference = parseReference(text);
  if (reference.tag === undefined && reference.digest === undefined)
    throw new SignIdentityError(`Sign identity must be a fully specified reference ${text}`);
  return formatReference(reference);
}

function identityFor({ identity }: Signing, to: TransportName): string {
  if (identity !== undefined) return fullName(identity);
  if (to.transport === "docker") return formatReference(to.reference);
  throw new SignIdentityError(
    `Cannot determine canonical Docker reference for destination ${formatTransportName(to)}`,
  );
}

export {
  admitImage,
  dockerScopes,
  pathScopes,
  storageScopes,
  type ImageIdentity,
  type SignatureDemands,
} from "./admit-image.ts";
export { SignatureCheck, type ToBeSigned } from "./check-signed.ts";
export {
  ImageRejectedError,
  SignatureUndemandedError,
  UnsignedImageError,
  UnverifiableImageError,
} from "./errors.ts";
export { matchesIdentity } from "./signed-identity.ts";
export { ACCEPT_ANYTHING, readPolicy, type Policy } from "./policy-file.ts";

export { admitImage, dockerScopes, pathScopes, storageScopes, type ImageIdentity } from "./admit-image.ts";
export { ImageRejectedError, UnverifiableImageError } from "./errors.ts";
export { ACCEPT_ANYTHING, readPolicy, type Policy } from "./policy-file.ts";

/** What a registry, or its token server, accepts as proof of who asks. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  /** An OAuth2 refresh token: docker's `identitytoken`. */
  | { readonly identityToken: string }
  /** A bearer token given to the registry as it is: docker's `registrytoken`. */
  | { readonly registryToken: string };

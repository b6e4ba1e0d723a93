import type { Credentials } from "../config/index.ts";
import { parseChallenges, type Challenge } from "./challenge.ts";
import type { Answer, WireRequest } from "./connections.ts";
import { covers, mergeScopes } from "./scope.ts";
import { basicAuthorization, fetchToken, type Token } from "./token.ts";

/** What a request needs permission for. */
export interface Permission {
  /** Whose login to use. */
  readonly repository: string | undefined;
  readonly scopes: readonly string[];
}

export interface AuthenticatorOptions {
  /** The registry as we talk to it. */
  readonly registry: URL;
  /** Its name, for messages. */
  readonly host: string;
  readonly credentials: ((repository?: string) => Promise<Credentials | undefined>) | undefined;
  readonly send: (request: WireRequest) => Promise<Answer>;
  readonly now: () => number;
}

/** A token with less life than this is not used any more, in ms. */
const EXPIRY_MARGIN = 15_000;

/**
 * Answers the challenges of one host (RFC 7235): with basic credentials, or with tokens got once for each set of scopes
 * and kept while they live.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #credentials = new Map<string, Promise<Credentials | undefined>>();
  readonly #tokens = new Map<string, Token[]>();
  readonly #pending = new Map<string, Promise<Token>>();
  #challenge: Challenge | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Remembers how the host wants to be asked. Some tell it in the answer to the ping only. */
  learn(answer: Answer): void {
    this.#challenge = chooseChallenge(answer) ?? this.#challenge;
  }

  /** The Authorization header for a request, as far as the host has said that it wants one. */
  async authorize({ repository, scopes }: Permission): Promise<string | undefined> {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    const credentials = await this.credentials(repository);
    if (challenge.scheme === "basic")
      return credentials === undefined ? undefined : basicAuthorization(credentials);
    if (credentials !== undefined && "registryToken" in credentials)
      return `Bearer ${credentials.registryToken}`;
    const wanted = mergeScopes(scopes);
    const known = this.#usableToken(repository, wanted);
    return `Bearer ${(known ?? (await this.#newToken(challenge, repository, wanted, credentials))).value}`;
  }

  /**
   * The header for a second try after a 401; undefined when there is nothing else to try.
   *
   * @param used the header of the first try.
   */
  async reauthorize(
    answer: Answer,
    permission: Permission,
    used: string | undefined,
  ): Promise<string | undefined> {
    this.learn(answer);
    const challenge = this.#challenge;
    if (challenge?.scheme !== "bearer") {
      const header = await this.authorize(permission);
      return header === used ? undefined : header;
    }
    const { repository, scopes } = permission;
    const credentials = await this.credentials(repository);
    if (credentials !== undefined && "registryToken" in credentials) return undefined;
    // what the registry asks for comes first: some token servers look at one scope only
    const asked = splitScopes(chooseChallenge(answer)?.parameters["scope"]);
    const wanted = mergeScopes([...asked, ...scopes]);
    const fresh = this.#usableToken(repository, wanted);
    if (fresh !== undefined && `Bearer ${fresh.value}` !== used) return `Bearer ${fresh.value}`;
    this.#forget(repository, used);
    return `Bearer ${(await this.#newToken(challenge, repository, wanted, credentials)).value}`;
  }

  /** The login for a repository, asked for once. */
  credentials(repository: string | undefined): Promise<Credentials | undefined> {
    const key = repository ?? "";
    let found = this.#credentials.get(key);
    if (found === undefined) {
      found = this.#options.credentials?.(repository) ?? Promise.resolve(undefined);
      this.#credentials.set(key, found);
    }
    return found;
  }

  #usableToken(repository: string | undefined, wanted: readonly string[]): Token | undefined {
    const soon = this.#options.now() + EXPIRY_MARGIN;
    return this.#tokens
      .get(repository ?? "")
      ?.find((token) => token.expires > soon && covers(token.scopes, wanted));
  }

  /** A new token; requests for the same scopes at the same time share one. */
  #newToken(
    challenge: Challenge,
    repository: string | undefined,
    scopes: readonly string[],
    credentials: Credentials | undefined,
  ): Promise<Token> {
    const key = JSON.stringify([repository, [...scopes].sort()]);
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = this.#getToken(challenge, repository, scopes, credentials).finally(() =>
        this.#pending.delete(key),
      );
      this.#pending.set(key, pending);
    }
    return pending;
  }

  async #getToken(
    { parameters }: Challenge,
    repository: string | undefined,
    scopes: readonly string[],
    credentials: Credentials | undefined,
  ): Promise<Token> {
    const { registry, host, send, now } = this.#options;
    const { realm = "", service } = parameters;
    const token = await fetchToken({ registry, host, realm, service, scopes, credentials, send, now });
    if (token.refreshToken !== undefined && credentials !== undefined && "identityToken" in credentials) {
      this.#credentials.set(repository ?? "", Promise.resolve({ identityToken: token.refreshToken }));
    }
    const key = repository ?? "";
    const others = (this.#tokens.get(key) ?? []).filter((other) => !covers(token.scopes, other.scopes));
    this.#tokens.set(key, [token, ...others]);
    return token;
  }

  #forget(repository: string | undefined, header: string | undefined): void {
    const key = repository ?? "";
    const tokens = this.#tokens.get(key) ?? [];
    this.#tokens.set(
      key,
      tokens.filter((token) => `Bearer ${token.value}` !== header),
    );
  }
}

/** The first challenge we can answer, bearer before basic. */
function chooseChallenge({ headers }: Answer): Challenge | undefined {
  const challenges = parseChallenges(headers["www-authenticate"]);
  return (
    challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters["realm"] !== undefined) ??
    challenges.find(({ scheme }) => scheme === "basic")
  );
}

function splitScopes(scope: string | undefined): string[] {
  return (scope ?? "").split(" ").filter((part) => part !== "");
}

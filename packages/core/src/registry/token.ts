import * as v from "valibot";
import type { Credentials } from "../config/index.ts";
import { giveUp, readBody, type Answer, type WireRequest } from "./connections.ts";
import { checkDestination, resolveUrl, withoutQuery } from "./destinations.ts";
import { RegistryProtocolError } from "./errors.ts";
import { ANSWER_LIMIT, failureOf } from "./failure.ts";

/** A bearer token and what it is good for. */
export interface Token {
  readonly value: string;
  readonly scopes: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

export interface TokenRequest {
  /** The registry the token is for. */
  readonly registry: URL;
  /** The registry's name, for messages. */
  readonly host: string;
  readonly realm: string;
  readonly service: string | undefined;
  /** Those that matter most first: some servers look at one only. */
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  readonly send: (request: WireRequest) => Promise<Answer>;
  readonly now: () => number;
}

/** Shortest life of a token, whatever its server says (distribution "Token Authentication"). */
const MINIMUM_LIFE_SECONDS = 60;

const tokenSchema = v.looseObject({
  token: v.optional(v.nullable(v.string())),
  access_token: v.optional(v.nullable(v.string())),
  refresh_token: v.optional(v.nullable(v.string())),
  expires_in: v.optional(v.nullable(v.number())),
});

/**
 * Gets a token (distribution "Token Authentication", and "OAuth2" for refresh tokens).
 *
 * @throws {RegistryProtocolError} when the realm is somewhere no credentials may go.
 * @throws {UnauthorizedError} when the token server refuses.
 */
export async function fetchToken(request: TokenRequest): Promise<Token & { refreshToken?: string }> {
  const { registry, credentials, send } = request;
  const realm = resolveUrl(request.realm, registry, "a token server");
  checkDestination(realm, registry, "the token server");
  const isRefresh = credentials !== undefined && "identityToken" in credentials;
  let answer = await send(isRefresh ? refreshRequest(realm, request) : getRequest(realm, request));
  if (isRefresh && (answer.status === 404 || answer.status === 405))
    answer = await send(getRequest(realm, request));
  if (answer.status >= 300 && answer.status < 400) {
    giveUp(answer);
    throw new RegistryProtocolError(
      registry.host,
      `has a token server ${withoutQuery(realm)} that redirects`,
    );
  }
  if (answer.status !== 200) {
    const { host } = request;
    const hadCredentials = credentials !== undefined;
    throw await failureOf(answer, { action: "get a token", host, hadCredentials, retryAfterMs: undefined });
  }
  return readToken(answer, request);
}

function getRequest(realm: URL, { service, scopes, credentials }: TokenRequest): WireRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const headers: Record<string, string> = { accept: "application/json" };
  if (credentials !== undefined) {
    if ("username" in credentials) url.searchParams.set("account", credentials.username);
    headers["authorization"] = basicAuthorization(credentials);
  }
  return { method: "GET", url, headers };
}

function refreshRequest(realm: URL, { service, scopes, credentials }: TokenRequest): WireRequest {
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id: "wherry" });
  if (service !== undefined) form.set("service", service);
  if (scopes.length > 0) form.set("scope", scopes.join(" "));
  if (credentials !== undefined && "identityToken" in credentials) {
    form.set("refresh_token", credentials.identityToken);
  }
  return {
    method: "POST",
    url: realm,
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(form.toString()),
  };
}

/** The Authorization header of RFC 7617; an identity token counts as the password of docker's user `<token>`. */
export function basicAuthorization(credentials: Credentials): string {
  const pair =
    "username" in credentials
      ? `${credentials.username}:${credentials.password}`
      : `<token>:${"identityToken" in credentials ? credentials.identityToken : credentials.registryToken}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

async function readToken(
  answer: Answer,
  { registry, scopes, now }: TokenRequest,
): Promise<Token & { refreshToken?: string }> {
  const bytes = await readBody(answer, ANSWER_LIMIT, "the token server's answer");
  const { host } = registry;
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new RegistryProtocolError(host, "has a token server that does not answer with JSON", cause);
  }
  const parsed = v.safeParse(tokenSchema, json);
  const value = parsed.success ? (parsed.output.token ?? parsed.output.access_token) : undefined;
  // the token becomes a header: no blank or line end may come with it
  if (!parsed.success || typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
    const type = answer.headers["content-type"] ?? "unknown type";
    throw new RegistryProtocolError(host, `has a token server that gave no usable token (${type})`);
  }
  const seconds = Math.max(parsed.output.expires_in ?? 0, MINIMUM_LIFE_SECONDS);
  const refreshToken = parsed.output.refresh_token ?? undefined;
  // counted from the arrival: the server's clock may differ from ours
  return {
    value,
    scopes: new Set(scopes),
    expires: now() + seconds * 1000,
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
}

import { randomUUID } from "node:crypto";
import type { RegistryAuth } from "./types.ts";
import { answer, fail, type Call } from "./answer.ts";

/** Whether the request may go on; else it has been answered with a challenge. */
export function authorizes(call: Call): boolean {
  const { auth } = call.registry.options;
  if (auth === undefined) return true;
  const authorization = call.request.headers.authorization ?? "";
  if (auth.kind === "basic") {
    if (authorization === basic(auth.username, auth.password)) return true;
    void challenge(call, 'Basic realm="test, with a comma"');
    return false;
  }
  const token = call.registry.tokens.get(authorization.replace(/^Bearer /, ""));
  const wanted = scopesOf(call);
  const isAlive = token !== undefined && token.expires > Date.now();
  if (isAlive && wanted.every((scope) => allows(token.scopes, scope))) return true;
  const realm = auth.realm ?? `${call.registry.url}/token`;
  const scope = wanted.length === 0 ? "" : `,scope="${wanted.join(" ")}"`;
  const error = isAlive ? ',error="insufficient_scope"' : token === undefined ? "" : ',error="invalid_token"';
  void challenge(call, `Bearer realm="${realm}",service="test"${scope}${error}`);
  return false;
}

function challenge(call: Call, value: string): Promise<void> {
  return fail(call, 401, "UNAUTHORIZED", "authentication required", { "www-authenticate": value });
}

/** What a request needs, in scopes. */
function scopesOf({ request, url }: Call): string[] {
  const repository = /^\/v2\/(.+)\/(?:blobs|manifests|tags)\//.exec(url.pathname)?.[1];
  if (repository === undefined) return url.pathname === "/v2/_catalog" ? ["registry:catalog:*"] : [];
  const actions =
    request.method === "GET" || request.method === "HEAD"
      ? url.pathname.includes("/uploads/")
        ? "push"
        : "pull"
      : request.method === "DELETE"
        ? "delete"
        : "push";
  const from = url.searchParams.get("from");
  return [`repository:${repository}:${actions}`, ...(from === null ? [] : [`repository:${from}:pull`])];
}

function allows(granted: readonly string[], wanted: string): boolean {
  const { resource, actions } = split(wanted);
  return actions.every((action) =>
    granted.some((scope) => {
      const have = split(scope);
      return have.resource === resource && (have.actions.includes(action) || have.actions.includes("*"));
    }),
  );
}

function split(scope: string): { resource: string; actions: string[] } {
  const colon = scope.lastIndexOf(":");
  return { resource: scope.slice(0, colon), actions: scope.slice(colon + 1).split(",") };
}

/** The token server: GET with basic credentials, POST with a refresh token. */
export async function serveToken(call: Call): Promise<void> {
  const { registry, request, url } = call;
  const { auth } = registry.options;
  if (auth?.kind !== "bearer") return fail(call, 404, "UNSUPPORTED", "no token server here");
  let scopes = url.searchParams.getAll("scope");
  if (request.method === "POST") {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    if (auth.identityToken === undefined || form.get("refresh_token") !== auth.identityToken) {
      return fail(call, 401, "UNAUTHORIZED", "bad refresh token");
    }
    scopes = (form.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
  } else if (!acceptsGuestOrUser(auth, request.headers.authorization)) {
    return fail(call, 401, "UNAUTHORIZED", "incorrect username or password");
  }
  const token = randomUUID();
  const life = auth.tokenLife ?? 300;
  registry.tokens.set(token, { scopes, expires: Date.now() + life * 1000 });
  const body = JSON.stringify({ token, expires_in: life, issued_at: "2001-01-01T00:00:00Z" });
  return answer(call, 200, { "content-type": "application/json" }, body);
}

function acceptsGuestOrUser(
  auth: Extract<RegistryAuth, { kind: "bearer" }>,
  header: string | undefined,
): boolean {
  if (auth.username === undefined) return true;
  return header === basic(auth.username, auth.password ?? "");
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** Git repositories, served on loopback by git's own http-backend. */
export interface GitServer extends AsyncDisposable {
  /** `http://HOST:PORT`; the repository in folder `x` is at `/x`. */
  readonly url: string;
  /** What was asked for: method and path. */
  readonly requests: string[];
}

/**
 * Serves the repositories of a folder.
 *
 * @param credentials `user:password` that is asked for
 */
export async function serveGit(
  root: string,
  { credentials }: { credentials?: string } = {},
): Promise<GitServer> {
  const requests: string[] = [];
  const expected =
    credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "", "http://x");
    requests.push(`${request.method ?? ""} ${pathname}`);
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": "Basic realm=test" }).end();
      return;
    }
    const backend = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        REQUEST_METHOD: request.method,
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        HTTP_GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    request.pipe(backend.stdin);
    backend.stdin.on("error", () => undefined);
    const pieces: Buffer[] = [];
    backend.stdout.on("data", (piece: Buffer) => pieces.push(piece));
    backend.once("close", () => {
      const answer = Buffer.concat(pieces);
      const end = answer.indexOf("\r\n\r\n");
      const headers = new Map(
        answer
          .toString("latin1", 0, end)
          .split("\r\n")
          .map((line) => line.split(/: */, 2) as [string, string]),
      );
      const status = Number(headers.get("Status")?.slice(0, 3) ?? 200);
      headers.delete("Status");
      response.writeHead(status, Object.fromEntries(headers)).end(answer.subarray(end + 4));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

/** Runs a script of git commands in a repository that is made for it; nobody's configuration counts. */
export function makeRepository(root: string, name: string, script: string): string {
  const folder = join(root, name);
  const { status, stdout, stderr } = spawnSync(
    "sh",
    ["-ec", `git init -q -b main "$0"; cd "$0"; ${script}`, folder],
    {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: "a",
        GIT_AUTHOR_EMAIL: "a@example.org",
        GIT_AUTHOR_DATE: "2001-09-09T01:46:40Z",
        GIT_COMMITTER_NAME: "a",
        GIT_COMMITTER_EMAIL: "a@example.org",
        GIT_COMMITTER_DATE: "2001-09-09T01:46:40Z",
      },
    },
  );
  if (status !== 0) throw new Error(`git: ${stderr}`);
  return stdout.trim();
}

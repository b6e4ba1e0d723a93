import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { TestUser } from "./user.ts";

/** A command for shell scripts, which has a program run as `TestUser.run` does it. */
export interface WarmCommand extends AsyncDisposable {
  readonly path: string;
}

/**
 * Makes a command in the user's home that runs a program where a script is. It asks this process by a socket, so that the many
 * short command lines of a script need not each start the program; they may not follow one another by pipes, nor read input.
 */
export async function openWarmCommand(user: TestUser, program: string): Promise<WarmCommand> {
  const at = (name: string) => join(user.home, name);
  const [path, socket, output] = [at("warm"), at("warm.socket"), at("warm.out")];
  const server = createServer((request, response) => {
    void buffer(request).then(async (body) => {
      const [cwd = "", ...args] = body.toString().split("\0").slice(0, -1);
      const { status, stdout, stderr } = await user.run(program, args, { cwd });
      writeFileSync(output, stdout, { mode: 0o644 });
      writeFileSync(`${output}.err`, stderr, { mode: 0o644 });
      response.end(String(status ?? 255));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  chmodSync(socket, 0o666);
  writeFileSync(
    path,
    `#!/bin/sh
status=$(printf '%s\\0' "$PWD" "$@" | curl -s --unix-socket '${socket}' --data-binary @- http://warm/) || exit 255
cat '${output}.err' >&2
cat '${output}'
exit "$status"
`,
    { mode: 0o755 },
  );
  return {
    path,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

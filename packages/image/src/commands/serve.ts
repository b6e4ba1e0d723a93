import { readFileSync } from "node:fs";
import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { UsageError } from "@wherry/core/cli";
import { FileSystemError } from "@wherry/core/error";
import { ImageCommand } from "../image-command.ts";

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|::1)$/;

export default class Serve extends ImageCommand {
  static override readonly usesEngine = false;
  static override readonly arity = "Exactly one argument expected";
  static override summary = "Serve the OCI layouts below a folder as a registry";
  static override description = `For laptops and tests: repository team/app is the OCI layout FOLDER/team/app, which other tools
may read and write as well. Listens on this machine only, unless --listen says otherwise, until it is interrupted`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> ./registry",
    "<%= config.bin %> <%= command.id %> --listen 127.0.0.1:0 --read-only ./registry",
    "<%= config.bin %> <%= command.id %> --listen 0.0.0.0:5000 --tls-cert cert.pem --tls-key key.pem --htpasswd users ./registry",
  ];
  static override args = {
    folder: stringArg({ required: true, description: "folder of the repositories; made if missing" }),
  };
  static override flags = {
    "access-log": boolean({ description: "Tell of each request on standard error" }),
    htpasswd: string({
      helpValue: "FILE",
      description: "Users who may come in, as `htpasswd -B` writes them; without it everybody may",
    }),
    listen: string({
      default: "127.0.0.1:5000",
      helpValue: "ADDRESS:PORT",
      description: "Where to listen; port 0 takes one that is free",
    }),
    "no-delete": boolean({ description: "Refuse to delete tags, manifests and blobs" }),
    "read-only": boolean({ description: "Refuse all that changes something" }),
    "tls-cert": string({
      helpValue: "FILE",
      dependsOn: ["tls-key"],
      description: "Certificate: speak HTTPS",
    }),
    "tls-key": string({ helpValue: "FILE", dependsOn: ["tls-cert"], description: "Key of the certificate" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Serve);
    const { host, port } = parseAddress(flags.listen);
    const { "tls-cert": cert, "tls-key": key, htpasswd } = flags;
    const isTls = cert !== undefined && key !== undefined;
    if (!LOOPBACK.test(host) && !isTls)
      this.warn(`other machines can reach ${flags.listen}, and what they send is not encrypted`);
    if (!LOOPBACK.test(host) && htpasswd === undefined)
      this.warn(`everybody who can reach ${flags.listen} can change and delete what is served`);
    const { startServer } = await import("../serve/start-server.ts");
    const isTold = flags["access-log"] || flags.debug;
    await using server = await startServer({
      folder: args.folder,
      host,
      port,
      mayDelete: !flags["no-delete"],
      readOnly: flags["read-only"],
      ...(isTls ? { tls: { cert: read(cert), key: read(key) } } : {}),
      ...(htpasswd === undefined ? {} : { passwordFile: htpasswd }),
      onRequest: (line) => {
        if (isTold || line.startsWith("internal")) this.invocation.err(`${line}\n`);
      },
    });
    this.log(`Serving ${args.folder} on ${server.url}`);
    await aborted(this.invocation.signal);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** @throws {UsageError} */
function parseAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain = "127.0.0.1", port] =
    /^(?:\[([0-9a-fA-F:.]+)\]:|([^:[\]]+):|:)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new UsageError(
      `invalid address ${JSON.stringify(text)}: write ADDRESS:PORT, such as 127.0.0.1:5000`,
    );
  return { host: bracketed ?? plain, port: Number(port) };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
}

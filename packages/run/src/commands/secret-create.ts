import { createReadStream } from "node:fs";
import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand, UsageError } from "@wherry/core/cli";
import { createSecret, InvalidSecretDataError, LARGEST_SECRET } from "@wherry/core/container";
import { containerHost } from "@wherry/core/engine";
import { FileSystemError } from "@wherry/core/error";
import { readAll, TooLargeError } from "@wherry/core/io";
import { readLabels } from "../container/read-pairs.ts";

export default class SecretCreate extends StoreCommand {
  static override summary = "Create a new secret";
  static override description = `SOURCE is a file, - for standard input, or with --env a variable of the environment. Prints the secret's ID.
The secret is kept in a file that only you can read; give it to containers with --secret of run and create.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> db-password ./password",
    `printf "%s" "$PASSWORD" | <%= config.bin %> <%= command.id %> --label team=web db-password -`,
    "<%= config.bin %> <%= command.id %> --env --replace db-password PASSWORD",
  ];
  static override args = {
    name: stringArg({ required: true, description: "name of the secret" }),
    source: stringArg({ required: true, description: "file, - or variable" }),
  };
  static override flags = {
    driver: string({
      char: "d",
      options: ["file"],
      default: "file",
      helpValue: "NAME",
      description: "Secret driver: file",
    }),
    env: boolean({ description: "Read the secret from a variable of the environment" }),
    ignore: boolean({ description: "Say nothing when a secret of that name exists", exclusive: ["replace"] }),
    label: string({ char: "l", multiple: true, helpValue: "KEY=VALUE", description: "Set a label" }),
    replace: boolean({ description: "Replace a secret of that name" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(SecretCreate);
    const data = flags.env ? this.#variable(args.source) : await readSource(args.source);
    const { id } = createSecret(containerHost(this.engine), args.name, data, {
      labels: readLabels(flags.label ?? []),
      replace: flags.replace,
      ignore: flags.ignore,
    });
    this.log(id);
  }

  #variable(name: string): Buffer {
    const value = this.engine.host.env[name];
    if (value === undefined)
      throw new UsageError(`cannot create store secret data: environment variable ${name} is not set`);
    return Buffer.from(value);
  }
}

async function readSource(source: string): Promise<Buffer> {
  if (source === "-" && process.stdin.isTTY)
    throw new UsageError("if `-` is used, data must be passed into stdin");
  try {
    return await readAll(source === "-" ? process.stdin : createReadStream(source), LARGEST_SECRET);
  } catch (error) {
    if (error instanceof TooLargeError) throw new InvalidSecretDataError();
    throw new FileSystemError(
      source === "-" ? "read" : "open",
      source === "-" ? "standard input" : source,
      error,
    );
  }
}

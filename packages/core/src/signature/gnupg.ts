import { findProgram, ProgramFailedError, run, type Finished } from "../process/index.ts";
import { GnupgMissingError } from "./errors.ts";

/** What gpg needs of the world. */
export interface GnupgHost {
  /** The environment: `PATH`, and `GNUPGHOME` for the user's own keys. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder for the folders that gpg is given. */
  readonly temporaryDirectory: string;
  readonly signal?: AbortSignal | undefined;
}

/** A gpg that waits for nobody, asks no server and says everything in English. */
const ALWAYS = ["--batch", "--no-tty", "--disable-dirmngr", "--no-auto-key-retrieve"];

/** What may take time is a passphrase that somebody is asked for. */
interface GnupgRun {
  readonly purpose: string;
  readonly input?: Uint8Array;
  readonly timeoutMs?: number;
  readonly okStatus?: readonly number[];
}

/** Where gpg is. @param purpose for the message, as in "needed to …" @throws {GnupgMissingError} */
export function findGnupg({ env }: Pick<GnupgHost, "env">, purpose: string): string {
  const program = findProgram("gpg", env["PATH"]);
  if (program === undefined) throw new GnupgMissingError(purpose);
  return program;
}

/** @throws {GnupgMissingError | ProgramFailedError} */
export async function runGnupg(
  { env, signal }: GnupgHost,
  args: readonly string[],
  { purpose, ...options }: GnupgRun,
): Promise<Finished> {
  return await run(findGnupg({ env }, purpose), [...ALWAYS, ...args], {
    ...options,
    env: { ...env, LC_ALL: "C", LANGUAGE: "C" },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** What gpg last said is wrong, without its name before it. */
export function lastWords(error: ProgramFailedError): string {
  const line = error.stderr.trim().split("\n").at(-1) ?? "";
  return line === "" ? error.message : line.replace(/^gpg: /, "");
}

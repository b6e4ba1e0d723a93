import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { FileSystemError, WherryError } from "@wherry/core/error";

const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;
/** Compared for users that are not there, so that they take as long as those that are. */
const NOBODY = "$2b$10$7EqJtq98hPqEX7fNZaFWoO.HaF7/9qCi0Z0kUqH8jX1Ww7x0wV3dS";

/** A line of a password file cannot be used. */
export class PasswordFileError extends WherryError {
  override readonly code = "ERR_WHERRY_PASSWORD_FILE";
  constructor(path: string, line: number, why: string) {
    super(`${path} line ${line}: ${why}`, { hint: "make the line with `htpasswd -B`" });
  }
}

/** The users of a file as Apache's `htpasswd -B` writes it. */
export class PasswordFile {
  readonly #hashes: ReadonlyMap<string, string>;
  /** Digests of what was found right, so that not each request of a client costs a tenth of a second. */
  readonly #right = new Map<string, Buffer>();

  private constructor(hashes: ReadonlyMap<string, string>) {
    this.#hashes = hashes;
  }

  /** @throws {PasswordFileError} for hashes that are not bcrypt's @throws {FileSystemError} */
  static read(path: string): PasswordFile {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      throw new FileSystemError("read", path, error);
    }
    const hashes = new Map<string, string>();
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.trim() === "" || line.startsWith("#")) continue;
      const colon = line.indexOf(":");
      if (colon <= 0) throw new PasswordFileError(path, index + 1, "no USER:HASH");
      const hash = line.slice(colon + 1).trim();
      if (!BCRYPT.test(hash)) throw new PasswordFileError(path, index + 1, "the hash is not bcrypt's");
      hashes.set(line.slice(0, colon), hash);
    }
    return new PasswordFile(hashes);
  }

  /** Whether an Authorization header names a user and the right password. */
  async accepts(header: string | undefined): Promise<boolean> {
    const [, encoded] = /^basic +(\S+) *$/i.exec(header ?? "") ?? [];
    if (encoded === undefined) return false;
    const text = Buffer.from(encoded, "base64").toString();
    const colon = text.indexOf(":");
    if (colon < 0) return false;
    const user = text.slice(0, colon);
    const digest = createHash("sha256").update(text).digest();
    const known = this.#right.get(user);
    if (known !== undefined && timingSafeEqual(known, digest)) return true;
    const { compare } = await import("bcryptjs");
    const hash = this.#hashes.get(user);
    const isRight = await compare(text.slice(colon + 1), hash ?? NOBODY);
    if (!isRight || hash === undefined) return false;
    this.#right.set(user, digest);
    return true;
  }
}

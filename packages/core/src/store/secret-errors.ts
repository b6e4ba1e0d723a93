import { WherryError } from "../error/index.ts";

/** No secret of that name or ID. */
export class SecretNotFoundError extends WherryError {
  override readonly code = "ERR_WHERRY_SECRET_NOT_FOUND";
  constructor(text: string) {
    super(`no secret with name or id ${JSON.stringify(text)}: no such secret`, {
      hint: "`wherry secret ls` lists all secrets",
    });
  }
}

/** A secret of that name exists. */
export class SecretExistsError extends WherryError {
  override readonly code = "ERR_WHERRY_SECRET_EXISTS";
  constructor(name: string) {
    super(`${name}: secret name in use`, {
      hint: "choose another name, remove the secret first, or use --replace",
    });
  }
}

/** The beginning of an ID fits several secrets. */
export class AmbiguousSecretError extends WherryError {
  override readonly code = "ERR_WHERRY_AMBIGUOUS_SECRET";
  constructor(text: string, names: readonly string[]) {
    super(`${text} fits more than one secret: ${names.join(", ")}`, { hint: "give more of the ID" });
  }
}

/** A secret whose file is gone. */
export class SecretLostError extends WherryError {
  override readonly code = "ERR_WHERRY_SECRET_LOST";
  constructor(name: string) {
    super(`the data of secret ${name} is gone`, {
      hint: "write it anew with `wherry secret create --replace`",
    });
  }
}

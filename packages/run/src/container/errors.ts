import { WherryError } from "@wherry/core/error";

/** Nothing of that name can be inspected. */
export class NoSuchObjectError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_SUCH_OBJECT";
  constructor(name: string, type: string) {
    super(
      type === "all"
        ? `no such object: ${JSON.stringify(name)}`
        : type === "container"
          ? `no such container ${name}`
          : `${name}: image not known`,
    );
  }
}

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
          : type === "volume"
            ? `no such volume ${name}`
            : `${name}: image not known`,
    );
  }
}

/** Events are asked for where none are written. */
export class EventsNotKeptError extends WherryError {
  override readonly code = "ERR_WHERRY_EVENTS_NOT_KEPT";
  constructor() {
    super("no events are kept: the events backend is none", {
      hint: "remove events_logger from containers.conf, or use --events-backend file",
    });
  }
}

import { InvalidNetworkError } from "./errors.ts";

/** How a container is connected. */
export type NetworkMode =
  | { readonly kind: "none" }
  | { readonly kind: "host" }
  /** A user-mode network of its own; `options` are further arguments of pasta(1). */
  | { readonly kind: "pasta"; readonly options: readonly string[] }
  /** The network namespace at a path. */
  | { readonly kind: "path"; readonly path: string }
  /** The network namespace of another container, as the user named it. */
  | { readonly kind: "container"; readonly container: string };

/**
 * Reads `--network`: none, host, default, private, pasta[:OPTION,…], ns:PATH, container:NAME.
 *
 * @throws {InvalidNetworkError}
 */
export function parseNetworkMode(text: string): NetworkMode {
  const colon = text.indexOf(":");
  const word = colon === -1 ? text : text.slice(0, colon);
  const rest = colon === -1 ? undefined : text.slice(colon + 1);
  switch (word) {
    case "none":
    case "host":
      if (rest !== undefined) throw new InvalidNetworkError(text, `${word} takes no options`);
      return { kind: word };
    case "":
    case "default":
    case "private":
    case "pasta":
      return { kind: "pasta", options: pastaOptions(rest) };
    case "ns":
      if (rest === undefined || !rest.startsWith("/"))
        throw new InvalidNetworkError(text, "expected ns:/PATH");
      return { kind: "path", path: rest };
    case "container":
      if (rest === undefined || rest === "") throw new InvalidNetworkError(text, "expected container:NAME");
      return { kind: "container", container: rest };
    default:
      throw new InvalidNetworkError(
        text,
        `unable to find network with name or ID ${word}: network not found`,
      );
  }
}

/** As podman writes it in `inspect` and reads it back. */
export function formatNetworkMode(mode: NetworkMode): string {
  switch (mode.kind) {
    case "pasta":
      return mode.options.length === 0 ? "pasta" : `pasta:${mode.options.join(",")}`;
    case "path":
      return `ns:${mode.path}`;
    case "container":
      return `container:${mode.container}`;
    default:
      return mode.kind;
  }
}

/** `-T,5432` and `--mtu,1500`: commas part the words. */
function pastaOptions(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(",").filter((word) => word !== "");
}

import type { ImageHost } from "./connection.ts";

/** Writes down what happened to an image, in podman's words. */
export function recordImageEvent(
  { store, host }: Pick<ImageHost, "store" | "host">,
  status: "pull" | "push" | "save" | "loadfromarchive" | "import",
  id: string,
  name: string,
): void {
  store.events.record({ type: "image", status, id: id.replace("sha256:", ""), name }, host.now());
}

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

import type { LayerWorker } from "../store/index.ts";
import type { ImageHost } from "./connection.ts";

/** What the work on stored images needs besides: the process that unpacks layers. */
export interface StoreHost extends ImageHost {
  /** Where that process lives. */
  userNamespace(): Promise<unknown>;
  /** Told of what the user should know, once it is seen. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  worker(): Promise<LayerWorker>;
}

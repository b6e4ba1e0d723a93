import { hostPlatform, type Platform } from "@wherry/core/oci";
import type { Store, StoredImage } from "@wherry/core/store";
import { ImageDraft } from "../builder/image-draft.ts";
import type { RunDefaults, WorkingState } from "./working-container.ts";

/** The state of a container that begins with an image; undefined is `scratch`. */
export function stateFrom(
  store: Store,
  image: StoredImage | undefined,
  name: string,
  run: RunDefaults,
): WorkingState {
  if (image === undefined) return emptyState(hostPlatform(), run);
  const { content } = store.images.readManifest(image);
  const config = store.images.readConfig(image);
  const draft = ImageDraft.from(config, content.layers, image.platform);
  return {
    image: { id: image.id, name, digest: image.manifest.digest },
    platform: image.platform,
    ...(config["os.version"] === undefined ? {} : { osVersion: config["os.version"] }),
    base: draft.layers,
    changes: [],
    config: draft.config,
    history: draft.history,
    added: [],
    ...(draft.author === undefined ? {} : { author: draft.author }),
    annotations: content.annotations ?? {},
    run,
  };
}

function emptyState(platform: Platform, run: RunDefaults): WorkingState {
  return {
    image: { id: "", name: "", digest: "" },
    platform,
    base: [],
    changes: [],
    config: {},
    history: [],
    added: [],
    annotations: {},
    run,
  };
}

/** What a container is called after its image: the last part of its repository; nothing for `scratch`. */
export function nameAfter(image: string): string {
  const [path = ""] = image
    .replace(/^[a-z-]+:(?:\/\/)?(?=.)/, (scheme) => (/^[a-z-]+:\/\/$/.test(scheme) ? "" : scheme))
    .split("@");
  const last = path.split("/").at(-1) ?? "";
  return last.split(":")[0] ?? last;
}

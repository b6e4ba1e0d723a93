import type { Container } from "@wherry/core/container";
import { removeImage, type Engine } from "@wherry/core/engine";
import { ImageInUseError, ImageNotFoundError } from "@wherry/core/store";

/** After the removal of a container created with --rmi: its image goes too, unless another container uses it. */
export async function removeOwnImage(engine: Engine, { imageName, config }: Container): Promise<void> {
  if (config.removesImage !== true) return;
  try {
    await removeImage(engine, imageName);
  } catch (error) {
    if (!(error instanceof ImageInUseError) && !(error instanceof ImageNotFoundError)) throw error;
  }
}

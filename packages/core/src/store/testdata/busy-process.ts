import { setTimeout as sleep } from "node:timers/promises";
import { digestOf, encodedOf } from "../../oci/index.ts";
import { parseReference } from "../../reference/index.ts";
import { Store } from "../store.ts";
import { TextWorker, tinyImage, writeBlobs } from "./tiny-image.ts";

/**
 * Works on a store until it is killed, or so many rounds: pulls, tags, unpacks, removes images and containers.
 * Run as `node busy-process.ts ROOT SEED ROUNDS`.
 */
const [root = "", seed = "0", rounds = "1000000"] = process.argv.slice(2);
using store = Store.open(root);
const worker = new TextWorker();
process.stdout.write("ready\n");

for (let round = 0; round < Number(rounds); round++) {
  const number = (Number(seed) * 7 + round) % 5;
  const image = tinyImage("shared base ".repeat(500), `layer ${number} `.repeat(2000));
  const name = parseReference(`quay.io/app:${number}`);
  await writeBlobs(store, image);
  if (round % 2 === 0) await store.layers.ensure(image.manifest, image.config, worker);
  const stored = store.images.put(image.manifest.descriptor, [name]);
  await unlessGone(() => store.images.tag(stored, parseReference(`quay.io/tagged:${number}`)));
  if (round % 3 === 0) {
    const id = encodedOf(digestOf(`${process.pid} ${round}`));
    const created = new Date().toISOString();
    const record = { id, name: id.slice(0, 20), created, imageId: "", imageName: "", config: {} };
    store.containers.insert(record);
    store.containers.update(id, { config: { changed: true } });
    await store.containers.remove(id, worker);
  }
  if (round % 4 === 3) await unlessGone(() => store.images.remove(image.id, worker));
  await sleep(0);
}
process.stdout.write("done\n");

/** Another of these processes may have removed the image meanwhile. */
async function unlessGone(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_WHERRY_IMAGE_NOT_FOUND"))
      throw error;
  }
}

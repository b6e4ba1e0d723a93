import { createReadStream, mkdtempSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { busyboxTree, writeLayout } from "../../../../../test/support/layout.ts";
import { childrenOf, encodedOf, type ContainerConfig } from "../../oci/index.ts";
import { parseReference } from "../../reference/index.ts";
import { removeTree, Store, type StoredImage } from "../../store/index.ts";
import { endHolder, NamespaceWorker, UserNamespace } from "../../userns/index.ts";
import type { ContainerHost } from "../host.ts";
import { listContainers } from "../list.ts";
import { removeContainer } from "../remove.ts";

/** A host for containers in a temporary folder, with an image of busybox; everything is ended and removed on dispose. */
export interface TestHost extends ContainerHost, AsyncDisposable {
  readonly folder: string;
  readonly image: StoredImage;
  /** Adds another image. */
  addImage(name: string, trees: readonly string[], config?: ContainerConfig): Promise<StoredImage>;
}

export async function openTestHost(given: Partial<ContainerHost> = {}): Promise<TestHost> {
  const folder = mkdtempSync(join(tmpdir(), "wherry-ctr-"));
  const { uid, gid, username } = userInfo();
  const searchPath = "/usr/bin:/bin";
  const runtimeDir = join(folder, "run");
  const namespace = UserNamespace.open({
    ...{ uid, gid, userName: username, runtimeDir, searchPath },
    etc: "/etc",
    procRoot: "/proc",
  });
  const worker = new NamespaceWorker(
    () => namespace,
    [process.execPath, "--conditions=wherry-source", join(import.meta.dirname, "../../store/worker-main.ts")],
  );
  const store = Store.open(join(folder, "store"));
  const host: ContainerHost = {
    ...{ store, uid, runtimeDir, searchPath },
    cacheDir: join(folder, "cache"),
    etc: "/etc",
    procRoot: "/proc",
    now: () => new Date(),
    namespace: () => namespace,
    worker: () => Promise.resolve(worker),
    selfProgram: ["true"],
    ...given,
  };
  const addImage = async (
    name: string,
    trees: readonly string[],
    config?: ContainerConfig,
  ): Promise<StoredImage> => {
    const layout = join(folder, `layout-${name}`);
    const manifest = writeLayout(layout, name, trees, config);
    for (const blob of [...childrenOf(manifest).blobs, manifest.descriptor])
      await store.blobs.write(blob, createReadStream(join(layout, "blobs/sha256", encodedOf(blob.digest))));
    return store.images.put(manifest.descriptor, [parseReference(`localhost/${name}:latest`)]);
  };
  const image = await addImage("box", [busyboxTree(folder)]);
  return {
    ...host,
    folder,
    image,
    addImage,
    async [Symbol.asyncDispose]() {
      for (const { container } of listContainers(host))
        await removeContainer(host, container, { force: true, volumes: true });
      endHolder(host);
      await removeTree(folder, worker);
      await worker[Symbol.asyncDispose]();
      store[Symbol.dispose]();
    },
  };
}

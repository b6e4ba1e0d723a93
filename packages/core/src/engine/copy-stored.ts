import type { CopySignatures, KnownBlobs } from "../image/index.ts";
import type { Descriptor } from "../oci/index.ts";
import type { Reference } from "../reference/index.ts";
import type { LayerWorker, StoredImage } from "../store/index.ts";
import type { ImageDestination, ImageSource, TransportContext, TransportName } from "../transport/index.ts";
import { openAdmitted } from "./admit-source.ts";
import { copyOptions } from "./copy-options.ts";
import type { PullOptions } from "./pull-image.ts";
import type { PushOptions } from "./push-image.ts";
import type { StoreHost } from "./store-host.ts";

export async function copyIntoStore(
  engine: StoreHost,
  place: TransportName,
  names: readonly Reference[],
  context: TransportContext,
  options: PullOptions = {},
): Promise<StoredImage> {
  const { platform, unpack = true } = options;
  const { StoreDestination } = await import("../transport/index.ts");
  const { copyImage, selectPlatform } = await import("../image/index.ts");
  const { hostPlatform } = await import("../oci/index.ts");
  const choice = { kind: "one", platform: platform ?? hostPlatform() } as const;
  await using source = await openAdmitted(engine, place, { context }, { choice });
  await using destination = new StoreDestination(engine.store, {
    names,
    ...(unpack ? { worker: unpacker(engine) } : {}),
  });
  const root = await copyImage(
    selectPlatform(source, choice.platform),
    destination,
    copyOptions(engine, options),
  );
  return engine.store.images.get(root.digest);
}

/** The process that unpacks layers; none where this user cannot have one, which the first run of a container says. */
function unpacker(engine: StoreHost): () => Promise<LayerWorker | undefined> {
  const open = async (): Promise<LayerWorker | undefined> => {
    try {
      await engine.userNamespace();
    } catch (error) {
      const { UserNamespaceError } = await import("../userns/index.ts");
      if (!(error instanceof UserNamespaceError)) throw error;
      engine.onNotice?.(`layers stay packed until a command needs them: ${error.message}`);
      return undefined;
    }
    return await engine.worker();
  };
  let opened: Promise<LayerWorker | undefined> | undefined;
  return () => (opened ??= open());
}

export async function copyFromStore(
  engine: StoreHost,
  source: ImageSource,
  destination: ImageDestination,
  { temporaryDirectory }: TransportContext,
  options: PushOptions & { readonly known?: KnownBlobs; readonly signatures?: CopySignatures },
): Promise<Descriptor> {
  const { format, layers, known, signatures } = options;
  const { adaptSource, copyImage } = await import("../image/index.ts");
  await using adapted = adaptSource(source, destination, {
    choice: { kind: "all" },
    temporaryDirectory,
    forms: engine.store.layers,
    ...(format === undefined ? {} : { format }),
    ...(layers === undefined ? {} : { layers }),
  });
  return await copyImage(adapted, destination, copyOptions(engine, options, known, signatures));
}

import type { Socket } from "node:net";
import { join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import { prepareOverlay, type Overlay, type SecretFiles } from "../runtime/index.ts";
import type { SpecMount } from "../spec/index.ts";
import type { Step } from "./step.ts";

interface Prepared {
  readonly mounts: readonly SpecMount[];
  /** By source: whether it will be a file. None of them is there before the step's mount namespace is. */
  readonly isFile: ReadonlyMap<string, boolean>;
}

/**
 * The trees a step sees besides its own. Each is an overlay with a writable layer of its own, which nobody reads later;
 * it is mounted in the step's mount namespace only, so that no other process can change what a path in it means.
 */
export function prepareTrees({ trees = [], work }: Step): Prepared & { overlays: readonly Overlay[] } {
  const prepared = trees.map(({ layers, path, isFile, destination, readOnly }, index) => {
    const folder = join(work, `tree-${index}`);
    const [empty, upper, overlayWork] = [join(folder, "e"), join(folder, "u"), join(folder, "w")];
    for (const made of [folder, empty, upper]) makeDirectory(made, 0o755);
    makeDirectory(overlayWork);
    const overlay = prepareOverlay({
      layers: [empty, ...layers],
      upper,
      work: overlayWork,
      target: join(folder, "merged"),
      links: join(folder, "l"),
    });
    const source = join(overlay.target, path);
    return { overlay, isFile, mount: { type: "bind", source, destination, readOnly } as const };
  });
  return {
    overlays: prepared.map(({ overlay }) => overlay),
    mounts: prepared.map(({ mount }) => mount),
    isFile: new Map(prepared.map(({ mount, isFile }) => [mount.source, isFile])),
  };
}

/** The secrets of a step: files of a memory file system that exists in the step's mount namespace only. */
export function prepareSecrets({ secrets = [], work }: Step): Prepared & {
  readonly files: SecretFiles | undefined;
  /** Hands the contents to the launch script. */
  readonly send: (to: Socket | null | undefined) => void;
} {
  if (secrets.length === 0) return { files: undefined, mounts: [], isFile: new Map(), send: () => undefined };
  const folder = join(work, "secrets");
  makeDirectory(folder);
  const mounts = secrets.map(({ destination }, index): SpecMount & { type: "bind" } => ({
    type: "bind",
    source: join(folder, String(index)),
    destination,
    readOnly: true,
  }));
  return {
    files: {
      folder,
      files: secrets.map(({ mode, uid, gid }, index) => ({ name: String(index), mode, uid, gid })),
    },
    mounts,
    isFile: new Map(mounts.map(({ source }) => [source, true])),
    send: (to) => {
      to?.on("error", () => undefined); // the script ended before it read them: its status says why
      to?.end(secrets.map(({ content }) => `${Buffer.from(content).toString("base64")}\n`).join(""));
    },
  };
}

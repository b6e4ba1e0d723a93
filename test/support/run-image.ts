import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "../../packages/image/src/program.ts";
import { hostIn, runInProcess, type InProcessResult as ImageResult } from "./in-process.ts";

export type { ImageResult };

/** `wherry-image` in this process, with a home and configuration of its own in a temporary folder. */
export class ImageCli implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "wherry-image-"));
  readonly #authFile: string | undefined;
  /** More of the environment. */
  env: Readonly<Record<string, string>> = {};

  /** @param options `authFile`: its name in the folder, for `$REGISTRY_AUTH_FILE` */
  constructor({ authFile }: { readonly authFile?: string } = {}) {
    this.#authFile = authFile === undefined ? undefined : this.path(authFile);
  }

  /** A path in the folder. */
  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  run(...argv: readonly string[]): Promise<ImageResult> {
    const env = {
      TMPDIR: this.folder,
      XDG_RUNTIME_DIR: this.folder,
      REGISTRY_AUTH_FILE: this.#authFile,
      ...this.env,
    };
    return runInProcess(argv, hostIn(this.folder, { env }), { program });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

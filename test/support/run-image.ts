import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine, type Invocation } from "@wherry/core/cli";
import { Engine, type Host } from "@wherry/core/engine";
import { program } from "../../packages/image/src/program.ts";

/** What a command line ended with. */
export interface ImageResult {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

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

  async run(...argv: readonly string[]): Promise<ImageResult> {
    const result = { status: 0, out: "", err: "" };
    const host: Host = {
      env: {
        TMPDIR: this.folder,
        XDG_RUNTIME_DIR: this.folder,
        REGISTRY_AUTH_FILE: this.#authFile,
        ...this.env,
      },
      home: this.folder,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      userName: "me",
      procRoot: "/proc",
      etc: this.path("etc"),
      now: () => new Date(),
      workerProgram: undefined,
      selfProgram: [],
    };
    const invocation: Invocation = {
      program,
      calledAs: "wherry-image",
      openEngine: (options) => Promise.resolve(Engine.open(host, options)),
      becomeSibling: () => Promise.reject(new Error("no sibling in this test")),
      out: (text) => void (result.out += Buffer.from(text).toString()),
      redirectOutput: () => undefined,
      err: (text) => void (result.err += text),
      errIsTerminal: false,
      signal: new AbortController().signal,
      releaseSignals: () => undefined,
      now: () => new Date(),
    };
    result.status = await runCommandLine(argv, invocation);
    return result;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

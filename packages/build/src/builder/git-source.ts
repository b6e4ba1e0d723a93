import { ignoreRules, type Copy } from "../containerfile/index.ts";
import type { BuildTools } from "./request.ts";
import { ContextTree } from "./context-tree.ts";
import type { CopySource } from "./copy-source.ts";
import { StepProblem } from "./errors.ts";
import { GitRepository, type Checkout } from "./git-repository.ts";
import { stagingName } from "./spool.ts";
import type { KeyInput } from "./step-key.ts";
import { resolvePath } from "./tree.ts";

/** A git repository that ADD names: known by its commit, fetched when its files are needed. */
export class GitSource implements Disposable {
  readonly #repository: GitRepository;
  readonly #commit: string;
  readonly #keepGitDir: boolean;
  #checkout: Promise<Checkout> | undefined;

  private constructor(repository: GitRepository, commit: string, keepGitDir: boolean) {
    this.#repository = repository;
    this.#commit = commit;
    this.#keepGitDir = keepGitDir;
  }

  /** Asks which commit is meant. @throws {StepProblem} */
  static async find(
    { store, env = {}, signal }: Pick<BuildTools, "store" | "env" | "signal">,
    { checksum, keepGitDir }: Pick<Copy, "checksum" | "keepGitDir">,
    url: string,
  ): Promise<GitSource> {
    if (checksum !== undefined && !/^[0-9a-f]{7,64}$/.test(checksum))
      throw new StepProblem(
        `invalid checksum ${JSON.stringify(checksum)}: of a git repository it is a commit, or its first seven digits or more`,
      );
    const repository = new GitRepository(url, {
      folder: stagingName(store.paths.staging, "layer"),
      ...{ env, signal },
    });
    const found = await repository.findCommit();
    const early = found === undefined ? await repository.checkOut(found, { keepGitDir }) : undefined;
    const commit = found ?? early?.commit ?? "";
    const source = new GitSource(repository, commit, keepGitDir);
    if (early !== undefined) source.#checkout = Promise.resolve(early);
    if (checksum === undefined || commit.startsWith(checksum)) return source;
    source[Symbol.dispose]();
    throw new StepProblem(`the repository is at commit ${commit}, expected ${checksum}`);
  }

  /** What it gives, by value. */
  get key(): KeyInput {
    return [this.#commit, this.#repository.folder, this.#keepGitDir];
  }

  /** Its files, or those of the folder that is meant. @throws {StepProblem} */
  async open(): Promise<CopySource> {
    const keepGitDir = this.#keepGitDir;
    this.#checkout ??= this.#repository.checkOut(this.#commit, { keepGitDir });
    const { folder } = await this.#checkout;
    const tree = new ContextTree(folder, ignoreRules([]));
    const path = resolvePath(tree, this.#repository.folder);
    if (tree.node(path)?.type !== "directory")
      throw new StepProblem(`the repository has no folder ${this.#repository.folder}`);
    return { tree, path, name: "", parents: "" };
  }

  [Symbol.dispose](): void {
    void this.#checkout?.then(
      (checkout) => checkout[Symbol.dispose](),
      () => undefined,
    );
  }
}

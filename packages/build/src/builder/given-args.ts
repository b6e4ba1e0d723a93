import { at, expandWord, type Containerfile } from "../containerfile/index.ts";
import { EPOCH_ARG, GlobalScope, PROXY_ARGS, type OuterArgs } from "./scope.ts";

/** The ARGs that a build is given from outside, those before its first FROM, and which of them were of use. */
export class GivenArgs {
  readonly outer: OuterArgs;
  readonly globals: GlobalScope;
  readonly #consumed = new Set<string>([...PROXY_ARGS, EPOCH_ARG]);

  constructor(outer: OuterArgs) {
    this.outer = outer;
    this.globals = new GlobalScope(outer);
  }

  /** Evaluates the ARGs before the first FROM; those of one line see only what is above it. @throws {ContainerfileError} */
  declareGlobals({ file, globalArgs, directives: { escape } }: Containerfile): void {
    for (const instruction of globalArgs) {
      at(file, instruction, () => {
        const values = instruction.args.map(({ name, default: fallback }) => ({
          name,
          value:
            fallback === undefined
              ? undefined
              : expandWord(fallback, (variable) => this.globals.lookup(variable), { escape }),
        }));
        for (const { name, value } of values) {
          this.consume(name);
          this.globals.declare(name, value);
        }
      });
    }
  }

  /** Notes that a `--build-arg` was of use. */
  consume(name: string): void {
    this.#consumed.add(name);
  }

  /** Names of `--build-arg` that no ARG asked for, sorted. */
  unused(): string[] {
    return [...this.outer.given.keys()].filter((name) => !this.#consumed.has(name)).sort();
  }
}

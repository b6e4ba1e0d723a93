import { formatPlatform, type Platform } from "@wherry/core/oci";

/** What a build is for. */
export interface BuildPurpose {
  /** Platform of the image. */
  readonly target: Platform;
  /** Of the machine that builds it. */
  readonly build: Platform;
  /** `--target`. */
  readonly stage?: string | undefined;
  /** The time that was asked for, in seconds. */
  readonly epoch?: number | undefined;
}

/** ARGs that tell what a build is for: there without a declaration before the first FROM, in stages after `ARG NAME`. */
export function builtInArgs({ target, build, stage = "default", epoch }: BuildPurpose): Map<string, string> {
  return new Map([
    ...argsOf("TARGET", target),
    ...argsOf("BUILD", build),
    ["TARGETSTAGE", stage],
    ...(epoch === undefined ? [] : [[EPOCH_ARG, String(epoch)] as const]),
  ]);
}

/** The ARG by which the time of what is made may be said too. */
export const EPOCH_ARG = "SOURCE_DATE_EPOCH";

function argsOf(prefix: string, platform: Platform): [string, string][] {
  return [
    [`${prefix}PLATFORM`, formatPlatform(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, platform["os.version"] ?? ""],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ""],
  ];
}

/** ARGs that need no declaration to reach RUN, and are kept out of history and cache keys. */
export const PROXY_ARGS: readonly string[] = [
  "http_proxy",
  "https_proxy",
  "ftp_proxy",
  "no_proxy",
  "all_proxy",
].flatMap((name) => [name, name.toUpperCase()]);

/** Values of ARGs that come from outside of the Containerfile. */
export interface OuterArgs {
  /** `--build-arg`. */
  readonly given: ReadonlyMap<string, string>;
  /** What the build is for, see `builtInArgs`. */
  readonly builtIn: ReadonlyMap<string, string>;
}

/** The ARGs before the first FROM. */
export class GlobalScope {
  readonly #outer: OuterArgs;
  readonly #values = new Map<string, string>();

  constructor(outer: OuterArgs) {
    this.#outer = outer;
  }

  declare(name: string, fallback: string | undefined): void {
    const value = this.#outer.given.get(name) ?? fallback ?? this.#outer.builtIn.get(name);
    if (value !== undefined) this.#values.set(name, value);
  }

  lookup(name: string): string | undefined {
    return this.#values.get(name) ?? this.#outer.builtIn.get(name);
  }

  /** What `ARG name` without a default means inside of a stage. */
  inherited(name: string): string | undefined {
    return this.#values.get(name) ?? this.#outer.builtIn.get(name);
  }
}

/** The ARGs of a stage: each is visible from its declaration on, and in stages that are FROM this one. */
export class StageScope {
  readonly #outer: OuterArgs;
  readonly #globals: GlobalScope;
  readonly #values: Map<string, string | undefined>;

  constructor(outer: OuterArgs, globals: GlobalScope, parent?: StageScope) {
    this.#outer = outer;
    this.#globals = globals;
    this.#values = new Map(parent?.declared() ?? []);
  }

  /** @param fallback the default, expanded. */
  declare(name: string, fallback: string | undefined): void {
    this.#values.set(name, this.#outer.given.get(name) ?? fallback ?? this.#globals.inherited(name));
  }

  lookup(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** The scope as it is now; later declarations do not change it. */
  fork(): StageScope {
    return new StageScope(this.#outer, this.#globals, this);
  }

  /** All declared, also those without a value. */
  declared(): ReadonlyMap<string, string | undefined> {
    return this.#values;
  }
}

import { makeDirectory } from "../io/index.ts";
import { join } from "node:path";
import { readCgroups } from "./cgroups.ts";

/** What a probe found to work, kept until the next boot. */
export interface ProbedRuntime {
  readonly name: string;
  readonly program: string;
  readonly cover?: string | undefined;
  /** Whether containers get a cgroup of their own. */
  readonly cgroup: "delegated" | "disabled";
  /** Global flags the user wants, without their dashes. */
  readonly flags?: readonly string[] | undefined;
}

/** The OCI runtime of this host, and how it wants to be called. */
export class Runtime {
  /** "crun" or "runc". */
  readonly name: string;
  /** Absolute path. */
  readonly program: string;
  /** Where it keeps what it knows of running containers. */
  readonly stateDir: string;
  /** See `Cgroups.cover`. */
  readonly cover: string | undefined;
  readonly #cgroup: ProbedRuntime["cgroup"];
  readonly #flags: readonly string[];
  readonly #procRoot: string;

  constructor(
    { name, program, cover, cgroup, flags = [] }: ProbedRuntime,
    runtimeDir: string,
    procRoot: string,
  ) {
    this.name = name;
    this.program = program;
    this.cover = cover;
    this.stateDir = join(runtimeDir, name);
    this.#cgroup = cgroup;
    this.#flags = flags.map((flag) => `--${flag.replace(/^--/, "")}`);
    this.#procRoot = procRoot;
    makeDirectory(this.stateDir);
  }

  /** Options that come before the runtime's subcommand, in every call for one container. */
  get globalArgs(): readonly string[] {
    const disabled = this.#cgroup === "disabled" && this.name === "crun";
    return ["--root", this.stateDir, ...(disabled ? ["--cgroup-manager=disabled"] : []), ...this.#flags];
  }

  /** argv of a call. */
  argv(...args: readonly string[]): readonly string[] {
    return [this.program, ...this.globalArgs, ...args];
  }

  /** The cgroup for a new container; undefined where this user has none to give. */
  cgroupFor(id: string): { readonly path: string } | undefined {
    if (this.#cgroup === "disabled") return undefined;
    const { delegated } = readCgroups({ procRoot: this.#procRoot });
    return delegated === undefined ? undefined : { path: join(delegated, `wherry-${id}`) };
  }
}

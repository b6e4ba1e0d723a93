import { makeDirectory } from "../io/index.ts";
import { join } from "node:path";
import { cgroupPath, type CgroupPlace } from "./cgroup-path.ts";
import { readCgroups, type Cgroups } from "./cgroups.ts";
import { NoCgroupError } from "./errors.ts";

/** Who makes the cgroups of containers: the user's service manager, the runtime below a cgroup that is the user's, nobody. */
export type CgroupManager = "systemd" | "delegated" | "disabled";

/** What a probe found to work, kept until the next boot. */
export interface ProbedRuntime {
  readonly name: string;
  readonly program: string;
  readonly cover?: string | undefined;
  /** Whether containers get a cgroup of their own. */
  readonly cgroup: CgroupManager;
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
  /** Who makes the cgroups of its containers. */
  readonly cgroups: CgroupManager;
  readonly #probed: ProbedRuntime;
  readonly #runtimeDir: string;
  readonly #flags: readonly string[];
  readonly #procRoot: string;

  constructor(probed: ProbedRuntime, runtimeDir: string, procRoot: string) {
    const { name, program, cover, cgroup, flags = [] } = probed;
    this.#probed = probed;
    this.#runtimeDir = runtimeDir;
    this.name = name;
    this.program = program;
    this.cover = cover;
    this.stateDir = join(runtimeDir, name);
    this.cgroups = cgroup;
    this.#flags = flags.map((flag) => `--${flag.replace(/^--/, "")}`);
    this.#procRoot = procRoot;
    makeDirectory(this.stateDir);
  }

  /** Options that come before the runtime's subcommand, in every call for one container. */
  get globalArgs(): readonly string[] {
    return ["--root", this.stateDir, ...this.#managerArgs(), ...this.#flags];
  }

  /** Options by which it writes what goes wrong to a file. For crun, what stands before a colon is the kind of log. */
  logArgs(path: string): readonly string[] {
    return ["--log", this.name === "crun" ? `file:${path}` : path];
  }

  /** argv of a call. */
  argv(...args: readonly string[]): readonly string[] {
    return [this.program, ...this.globalArgs, ...args];
  }

  /** The same runtime for a container whose cgroup is made otherwise. */
  withCgroups(cgroup: CgroupManager): Runtime {
    return cgroup === this.cgroups
      ? this
      : new Runtime({ ...this.#probed, cgroup }, this.#runtimeDir, this.#procRoot);
  }

  /**
   * The cgroup for a new container; undefined where this user has none to give. Controllers that limits need are there when
   * this returns.
   *
   * @throws {MissingControllerError | NoCgroupError | CgroupParentError}
   */
  cgroupFor(
    id: string,
    { needed = new Map(), ...place }: CgroupPlace = {},
  ): { readonly path: string } | undefined {
    const { cgroups: manager } = this;
    const found = readCgroups({ procRoot: this.#procRoot, uid: process.getuid?.() });
    const path = manager === "disabled" ? undefined : cgroupPath(id, found, { ...place, manager, needed });
    const [first] = needed.values();
    if (path === undefined && first !== undefined) throw new NoCgroupError(first, whyNone(found));
    return path === undefined ? undefined : { path };
  }

  #managerArgs(): string[] {
    if (this.cgroups === "systemd") return ["--systemd-cgroup"];
    return this.cgroups === "disabled" && this.name === "crun" ? ["--cgroup-manager=disabled"] : [];
  }
}

function whyNone({ root, cover }: Cgroups): string {
  if (root === undefined) return "no cgroup version 2 is mounted on this host";
  return cover === undefined
    ? "none is delegated to this user"
    : "this host has the controllers in cgroup version 1";
}

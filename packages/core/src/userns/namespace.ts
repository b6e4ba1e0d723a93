import { join } from "node:path";
import { readIfThere } from "../io/index.ts";
import { findProgram, type ProcessIdentity } from "../process/index.ts";
import { ensureHolder, type HolderOptions } from "./holder.ts";
import { planIdMaps, type IdMaps } from "./id-maps.ts";

export interface UserNamespaceOptions extends HolderOptions {
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
}

export interface EnterOptions {
  /** A mount namespace of its own: what the program mounts is seen by it and its children, and ends with them. */
  readonly mounts?: boolean;
  /** A network namespace of its own, in which nothing is connected. */
  readonly network?: boolean;
  /** The program keeps the groups of the user, instead of having root's. */
  readonly keepGroups?: boolean;
}

const EVERY_ID: IdMaps = {
  uids: [{ containerId: 0, hostId: 0, size: 2 ** 32 - 1 }],
  gids: [{ containerId: 0, hostId: 0, size: 2 ** 32 - 1 }],
};

/**
 * The user namespace in which one user's containers live. It is kept by a sleeping process that may be killed at any
 * time and is then made anew; root needs none.
 */
export class UserNamespace {
  readonly idMaps: IdMaps;
  /** The process that holds it; undefined for root. */
  readonly holder: ProcessIdentity | undefined;
  readonly #searchPath: string | undefined;

  private constructor(idMaps: IdMaps, holder: ProcessIdentity | undefined, searchPath: string | undefined) {
    this.idMaps = idMaps;
    this.holder = holder;
    this.#searchPath = searchPath;
  }

  /**
   * Opens the user's namespace, and makes it where it is missing.
   *
   * @throws {UserNamespaceError} naming the precondition that is missing, and its fix.
   */
  static async open(options: UserNamespaceOptions): Promise<UserNamespace> {
    if (options.uid === 0) return new UserNamespace(EVERY_ID, undefined, options.searchPath);
    const idMaps = planIdMaps({
      ...options,
      subuid: readTable(join(options.etc, "subuid")),
      subgid: readTable(join(options.etc, "subgid")),
    });
    return new UserNamespace(idMaps, await ensureHolder(idMaps, options), options.searchPath);
  }

  /** Whether it is another namespace than the host's. */
  get isRootless(): boolean {
    return this.holder !== undefined;
  }

  /** argv prefix that runs a program as root of the namespace. */
  enter({ mounts = false, network = false, keepGroups = false }: EnterOptions = {}): readonly string[] {
    const own = [...(mounts ? ["--mount", "--propagation", "slave"] : []), ...(network ? ["--net"] : [])];
    return [
      ...(this.holder === undefined ? [] : this.#nsenter(this.holder.pid, ["--user"], keepGroups)),
      ...(own.length === 0 ? [] : [this.#find("unshare"), ...own, "--"]),
    ];
  }

  /** argv prefix that runs a program where another process of the namespace lives: with the mounts it sees. */
  enterMounts(pid: number): readonly string[] {
    return this.#nsenter(pid, this.holder === undefined ? ["--mount"] : ["--user", "--mount"]);
  }

  /** The user is root of the namespace anyway; to become root is to leave all other groups. */
  #nsenter(pid: number, namespaces: readonly string[], keepGroups = false): string[] {
    const root = keepGroups ? ["--preserve-credentials"] : ["--setuid", "0", "--setgid", "0"];
    const identity = namespaces.includes("--user") ? root : [];
    return [this.#find("nsenter"), "--target", String(pid), ...namespaces, ...identity, "--"];
  }

  #find(program: string): string {
    return findProgram(program, this.#searchPath) ?? program;
  }
}

/** The content of subuid(5) or subgid(5); a file that is missing gives no ids. */
function readTable(path: string): string {
  return readIfThere(path) ?? "";
}

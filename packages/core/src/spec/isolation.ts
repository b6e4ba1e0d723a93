import type { NamespaceMode } from "./namespace-mode.ts";

/** What few containers ask for of the walls around them; what is absent is podman's default. */
export interface Isolation {
  readonly pid?: NamespaceMode;
  readonly ipc?: NamespaceMode;
  readonly uts?: NamespaceMode;
  readonly cgroup?: NamespaceMode;
  /** "unconfined", or the absolute path of a profile. */
  readonly seccomp?: string;
  /** Hidden besides the paths that always are. */
  readonly mask?: readonly string[];
  /** Paths or patterns that are shown although they are hidden or read-only by default; "ALL" for all. */
  readonly unmask?: readonly string[];
  readonly apparmor?: string;
  /** Mount options of /proc, such as hidepid=2. */
  readonly procOptions?: readonly string[];
  /** Permission bits taken from new files; default 0o022. */
  readonly umask?: number;
  /** A name below /usr/share/zoneinfo, or "local". */
  readonly timezone?: string;
  /** -1000 to 1000. */
  readonly oomScoreAdj?: number;
  /** Whether /run, /tmp and /var/tmp stay writable in a read-only container; default true. */
  readonly writableFolders?: boolean;
  /** The image's /etc/hosts is left alone. */
  readonly noHosts?: boolean;
  /** The image's /etc/hostname is left alone. */
  readonly noHostname?: boolean;
  /** What the hosts file begins with: an absolute path, "none" or "image"; default the host's. */
  readonly hostsFile?: string;
  /** The container keeps the groups of the user who starts it. */
  readonly keepGroups?: boolean;
  /** Resource limits as the process that starts it has them. */
  readonly hostLimits?: boolean;
  /** Whether entries for the container's user are added to its passwd and group; default true. */
  readonly passwd?: boolean;
  /** Entry for a user that the image does not have, with podman's variables. */
  readonly passwdEntry?: string;
  readonly groupEntry?: string;
  /** Users of the host that get an entry. */
  readonly hostUsers?: readonly string[];
  /** Whether the container is prepared for systemd; "true" looks at its command. */
  readonly systemd?: "always" | "true" | "false";
}

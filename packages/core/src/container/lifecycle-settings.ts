import type { Digest } from "../oci/index.ts";

/** When a container whose program ended is started again. */
export interface RestartPolicy {
  readonly name: "no" | "on-failure" | "always" | "unless-stopped";
  /** How often on-failure tries; absent: without end. */
  readonly retries?: number;
}

/** What is done to a container that became unhealthy. */
export type HealthAction = "none" | "kill" | "restart" | "stop";

/** How a container's health is asked for. Times are in milliseconds. */
export interface HealthSettings {
  /** As Docker writes it: `["CMD", …]` or `["CMD-SHELL", line]`. */
  readonly test: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that make it unhealthy. */
  readonly retries: number;
  /** After the start: how long failures do not count. */
  readonly startPeriodMs: number;
  /** Instead of the interval, as long as the start period lasts and nothing has succeeded. */
  readonly startIntervalMs?: number;
  readonly onFailure: HealthAction;
  /** Checked first, until it has succeeded; only then `test` is. */
  readonly startup?: StartupSettings;
  /** Where the checks are written down: "local" (default) with the container, "events_logger" with the events too, or a folder. */
  readonly logDestination?: string;
  /** How many checks the log keeps; 0 keeps all; default 5. */
  readonly logCount?: number;
  /** Bytes that are kept of what a check writes; 0 keeps all; default 500. */
  readonly logSize?: number;
}

/** How it is asked whether a container has come up. */
export interface StartupSettings {
  readonly test: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row after which the container is started again; 0: never. */
  readonly retries: number;
  /** Successes in a row that it takes. */
  readonly successes: number;
}

/** What was decided about a container's life from start to end; absent where nobody asked. */
export interface LifecycleSettings {
  readonly restart?: RestartPolicy;
  readonly health?: HealthSettings;
  /** Seconds after its start when it is killed. */
  readonly timeout?: number;
  /** File for the pid of the container's first process. */
  readonly pidFile?: string;
  /** File for the pid of its monitor. */
  readonly monitorPidFile?: string;
  /** File that holds the container's ID. */
  readonly cidFile?: string;
  /** IDs of containers that are started before it. */
  readonly requires?: readonly string[];
  /** The image goes too when the container is removed at its end. */
  readonly removesImage?: boolean;
  /** Digest of the image's manifest; stays although the image's name moves on. */
  readonly imageDigest?: Digest;
}

import { boolean, integer, string } from "@oclif/core/flags";
import { healthFlags } from "./health-flags.ts";

/** What `run` and `create` say of restarts, health and what comes with start and end. */
export const lifecycleFlags = {
  "conmon-pidfile": string({
    helpValue: "FILE",
    description: "Write the pid of the container's monitor to the file",
  }),
  ...healthFlags,
  pidfile: string({
    helpValue: "FILE",
    description: "Write the pid of the container's first process to the file",
  }),
  requires: string({
    multiple: true,
    helpValue: "CONTAINER",
    description: "Start these containers first; they cannot be removed before this one",
  }),
  restart: string({
    helpValue: "POLICY",
    description: "Start again at the end: no, always, on-failure[:n], unless-stopped",
  }),
  rmi: boolean({
    description: "Remove the container at its end, and its image where no other container uses it",
  }),
  timeout: integer({
    min: 0,
    helpValue: "SECONDS",
    description: "Kill the container so long after its start (default 0: never)",
  }),
};

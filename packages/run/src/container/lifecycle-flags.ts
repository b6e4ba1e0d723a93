import { boolean, integer, string } from "@oclif/core/flags";

/** What `run` and `create` say of restarts, health and what comes with start and end. */
export const lifecycleFlags = {
  "conmon-pidfile": string({
    helpValue: "FILE",
    description: "Write the pid of the container's monitor to the file",
  }),
  "health-cmd": string({ helpValue: "COMMAND", description: "Command that checks the health, or none" }),
  "health-interval": string({
    helpValue: "DURATION",
    description: "Time between two checks, or disable (default 30s)",
  }),
  "health-on-failure": string({
    options: ["none", "kill", "restart", "stop"],
    helpValue: "ACTION",
    description: "What is done when it becomes unhealthy: none, kill, restart, stop (default none)",
  }),
  "health-retries": integer({
    min: 1,
    helpValue: "NUMBER",
    description: "Failures in a row that make it unhealthy (default 3)",
  }),
  "health-start-interval": string({
    helpValue: "DURATION",
    description: "Time between two checks in the start period",
  }),
  "health-start-period": string({
    helpValue: "DURATION",
    description: "Time after the start in which failures do not count (default 0s)",
  }),
  "health-timeout": string({ helpValue: "DURATION", description: "How long a check may take (default 30s)" }),
  "no-healthcheck": boolean({ description: "Check nothing, whatever the image says" }),
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

import { boolean, integer, string } from "@oclif/core/flags";

/** What `run` and `create` say of restarts and health. */
export const lifecycleFlags = {
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
  restart: string({
    helpValue: "POLICY",
    description: "Start again at the end: no, always, on-failure[:n], unless-stopped",
  }),
};

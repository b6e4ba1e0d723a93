import { boolean, integer, string } from "@oclif/core/flags";

/** Flags of `run`, `create` and `update` about the checks of a container's health. */
export const healthFlags = {
  "health-cmd": string({ helpValue: "COMMAND", description: "Command that checks the health, or none" }),
  "health-interval": string({
    helpValue: "DURATION",
    description: "Time between two checks, or disable (default 30s)",
  }),
  "health-log-destination": string({
    helpValue: "DESTINATION",
    description:
      "Where the checks are written down: local (default), a folder, or events_logger: with the events too",
  }),
  "health-max-log-count": integer({
    min: 0,
    helpValue: "NUMBER",
    description: "How many checks are kept; 0: all (default 5)",
  }),
  "health-max-log-size": integer({
    min: 0,
    helpValue: "BYTES",
    description: "How much is kept of what a check writes; 0: all (default 500)",
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
  "health-startup-cmd": string({
    helpValue: "COMMAND",
    description: "Command that is checked first, until it succeeds; only then the health is",
  }),
  "health-startup-interval": string({
    helpValue: "DURATION",
    description: "Time between two startup checks (default 30s)",
  }),
  "health-startup-retries": integer({
    min: 0,
    helpValue: "NUMBER",
    description: "Failed startup checks in a row that restart the container; 0: none (default 0)",
  }),
  "health-startup-success": integer({
    min: 0,
    helpValue: "NUMBER",
    description: "Startup checks in a row that have to succeed (default 1)",
  }),
  "health-startup-timeout": string({
    helpValue: "DURATION",
    description: "How long a startup check may take (default 30s)",
  }),
  "health-timeout": string({ helpValue: "DURATION", description: "How long a check may take (default 30s)" }),
  "no-healthcheck": boolean({ description: "Check nothing, whatever the image says" }),
};

import { formatPlatform } from "@wherry/core/oci";
import type { BuildEvent, Progress, StepName } from "../builder/index.ts";

/** Progress as one JSON object a line, for programs. */
export function jsonProgress({ write, now }: { write: (text: string) => void; now: () => Date }): Progress {
  const line = (object: object) => write(`${JSON.stringify({ time: now().toISOString(), ...object })}\n`);
  return {
    warn: (text) => line({ type: "warning", text }),
    event: (event) => line(objectOf(event)),
  };
}

function objectOf(event: BuildEvent): object {
  if (event.type === "commit") {
    const { platform, ...rest } = event;
    return { ...rest, ...(platform === undefined ? {} : { platform: formatPlatform(platform) }) };
  }
  const { type, name, ...rest } = event;
  return { type, ...nameOf(name), ...rest };
}

function nameOf({ platform, text, ...numbers }: StepName): object {
  return {
    ...numbers,
    instruction: text,
    ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
  };
}

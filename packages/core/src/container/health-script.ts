import { quote } from "../runtime/index.ts";
import type { StoreEvent } from "../store/index.ts";
import { EVENTS_LOGGER } from "./decide-lifecycle.ts";
import { eventCommand } from "./event-command.ts";
import type { HealthSettings, StartupSettings } from "./lifecycle-settings.ts";

export interface HealthScriptInput {
  readonly health: HealthSettings;
  /** argv that runs the check in the container. */
  readonly probe: readonly string[];
  /** argv of the check that comes first, where there is one. */
  readonly startupProbe?: readonly string[] | undefined;
  /** argv prefix that runs a program with the rights of the container's root. */
  readonly enter: readonly string[];
  /** File for the pid of the check's program. */
  readonly pidFile: string;
  readonly state: string;
  readonly log: string;
  /** Absent: no events are written. */
  readonly events: string | undefined;
  readonly event: StoreEvent;
}

/**
 * The sh script of one health check: `sh FILE WAIT AGE ID WHERRY…`. WAIT is how many seconds it waits for a check that is under way,
 * AGE the container's in hundredths of a second. It runs the check, adds to the log, decides on the status, and has wherry act when
 * the container has become unhealthy.
 */
export function healthScript(input: HealthScriptInput): string {
  const { health, probe, startupProbe, enter, pidFile, state, log, events, event } = input;
  const { startup, logCount = 5, logSize = 500, logDestination } = health;
  const attributes = {
    health_status: '"$status"',
    health_failing_streak: '"$streak"',
    ...(logDestination === EVENTS_LOGGER ? { health_log: '"$begun $ended $code $out"' } : {}),
  };
  const kill = [...enter, "sh", "-c", 'kill -9 "$0"'].map(quote).join(" ");
  return `
wait=$1 age=$2 id=$3
shift 3
exec 8<"$id.check"
flock -w "$wait" 8 || exit 0
now() { date -u +%Y-%m-%dT%H:%M:%S.%NZ; }
begun=$(now)
starting=
${probeLines(probe, health.timeoutMs)}
${startup === undefined || startupProbe === undefined ? "" : `[ -e "$id.healthy" ] || {\nstarting=1\n${probeLines(startupProbe, startup.timeoutMs)}\n}`}
out=$({ { probe 2>&1 8<&-; echo $? >"$id.code"; } | ${logSize === 0 ? "cat" : `{ head -c ${logSize}; cat >/dev/null; }`} | base64 | tr -d '\\n'; })
read -r code <"$id.code" || exit 0
rm -f "$id.code"
if [ "$code" = 124 ] || [ "$code" = 137 ]; then
  { read -r pid <${quote(pidFile)} && ${kill} "$pid"; } 2>/dev/null
  code=-1
  out=$(echo "health check took longer than $limit seconds" | base64 | tr -d '\\n')
fi
rm -f ${quote(pidFile)}
[ -e "$id.check" ] && [ ! -e "$id.ended" ] || exit 0
ended=$(now)
echo "$begun $ended $code $out" >>${quote(log)}
${logCount === 0 ? "" : `tail -n ${logCount} ${quote(log)} >${quote(`${log}.new`)} && mv ${quote(`${log}.new`)} ${quote(log)}`}
status=starting streak=0 passes=0
read -r status streak passes <${quote(state)}
before=$status failed=
if [ -n "$starting" ]; then
${startup === undefined ? "  :" : startupLines(startup)}
elif [ "$code" = 0 ]; then
  status=healthy streak=0
  : >"$id.healthy"
elif [ "$status" != starting ] || [ "$age" -ge ${Math.round(health.startPeriodMs / 10)} ]; then
  streak=$((streak + 1))
  [ "$streak" -lt ${health.retries} ] || status=unhealthy
fi
echo "$status $streak $passes" >${quote(`${state}.new`)} && mv ${quote(`${state}.new`)} ${quote(state)}
${events === undefined ? "" : eventCommand(events, event, { time: '"$ended"', attributes })}
if [ -n "$failed" ]; then
  "$@" container health-failed --startup "$id"
elif [ "$status" = unhealthy ] && [ "$before" != unhealthy ]; then
  ${health.onFailure === "none" ? ":" : `"$@" container health-failed "$id"`}
fi
`;
}

/** Defines `probe`, and its `limit` in seconds. */
function probeLines(words: readonly string[], timeoutMs: number): string {
  return [
    `limit=${(timeoutMs / 1000).toFixed(2)}`,
    `probe() { timeout -k 1 "$limit" ${words.map(quote).join(" ")}; }`,
  ].join("\n");
}

/** What a check means that is made until the container has come up. */
function startupLines({ successes, retries }: StartupSettings): string {
  return [
    '  if [ "$code" = 0 ]; then',
    "    passes=$((passes + 1)) streak=0",
    `    [ "$passes" -lt ${successes} ] || : >"$id.healthy"`,
    "  else",
    "    passes=0 streak=$((streak + 1))",
    ...(retries === 0 ? [] : [`    [ "$streak" -lt ${retries} ] || failed=1`]),
    "  fi",
  ].join("\n");
}

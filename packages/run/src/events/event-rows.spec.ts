import assert from "node:assert/strict";
import type { RecordedEvent } from "@wherry/core/store";
import { eventJson, eventLine, eventRow } from "./event-rows.ts";

const CHECKED: RecordedEvent = {
  type: "container",
  status: "health_status",
  time: "2026-01-02T03:04:06Z",
  id: "abc",
  name: "web",
  image: "localhost/app",
  attributes: {
    team: "a",
    health_status: "unhealthy",
    health_failing_streak: "3",
    health_log: `2026-01-02T03:04:05Z 2026-01-02T03:04:06Z 1 ${Buffer.from('no "page"\n').toString("base64")}`,
  },
};
const LOG =
  '{"Start":"2026-01-02T03:04:05Z","End":"2026-01-02T03:04:06Z","ExitCode":1,"Output":"no \\"page\\"\\n"}';

describe("events of a container's health", () => {
  it("have what a check found, where its log goes to the events", () => {
    assert.match(
      eventLine(CHECKED).replace(LOG, "LOG"),
      / container health_status abc \(image=localhost\/app, name=web, health_status=unhealthy, health_failing_streak=3, health_log=LOG, team=a\)$/,
    );
    const { HealthStatus, HealthFailingStreak, HealthLog } = eventRow(CHECKED);
    assert.deepEqual([HealthStatus, HealthFailingStreak, HealthLog], ["unhealthy", 3, LOG]);
    const json = { ...eventJson(CHECKED), Time: undefined };
    assert.deepEqual(json, {
      ...{ ID: "abc", Image: "localhost/app", Name: "web", Status: "health_status", Type: "container" },
      ...{ Time: undefined, Attributes: { team: "a" } },
      ...{ health_status: "unhealthy", health_failing_streak: 3, health_log: LOG },
    });
  });

  it("have an empty log elsewhere, and labels of other events are only labels", () => {
    const attributes = { health_status: "healthy" };
    assert.match(
      eventLine({ ...CHECKED, attributes }),
      /, health_status=healthy, health_failing_streak=0, health_log=\)$/,
    );
    const started = { ...CHECKED, status: "start", attributes };
    assert.match(eventLine(started), /name=web, health_status=healthy\)$/);
    assert.equal(eventRow(started)["HealthStatus"], "");
  });
});

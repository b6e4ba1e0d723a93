import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EventLog, formatEvent, parseEvent, type RecordedEvent } from "./event-log.ts";
import { readEvents } from "./follow-events.ts";

describe("EventLog", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "wherry-events-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const events = () => join(folder, "events.log");
  const record = (log: EventLog, name: string) => log.record({ type: "volume", status: "create", name });
  const namesOf = async (log: EventLog) => {
    const names: (string | undefined)[] = [];
    for await (const { name } of readEvents(log)) names.push(name);
    return names;
  };

  it("reads back what it wrote, and passes over a line that a crash left", async () => {
    const log = new EventLog({ events: events() });
    assert.deepEqual(await namesOf(log), []);
    record(log, "one");
    appendFileSync(events(), '{"Type":"volume","Sta\n[1]\n');
    record(log, "two");
    assert.deepEqual(await namesOf(log), ["one", "two"]);
  });

  it("takes each event by its own time, also where the clock was set back between two", async () => {
    const at = (name: string, time: string) =>
      appendFileSync(events(), formatEvent({ type: "volume", status: "create", name, time }));
    at("before", "2026-01-01T12:00:00Z");
    at("after", "2026-01-01T11:00:00Z");
    at("later", "2026-01-01T11:30:00Z");
    const names: (string | undefined)[] = [];
    const until = new Date("2026-01-01T11:15:00Z");
    for await (const { name } of readEvents(new EventLog({ events: events() }), { until })) names.push(name);
    assert.deepEqual(names, ["after"]);
  });

  it("begins a new file at its limit and keeps the one before", async () => {
    const log = new EventLog({ events: events() }, true, 200);
    for (let number = 1; number <= 7; number++) record(log, `v${number}`);
    assert.ok(existsSync(log.olderPath));
    const names = await namesOf(log);
    assert.equal(names.at(-1), "v7");
    assert.ok(names.length < 7);
  });

  it("loses no event to a reader that follows while files change", async () => {
    const log = new EventLog({ events: events() }, true, 300);
    const abort = new AbortController();
    const seen: (string | undefined)[] = [];
    const following = (async () => {
      for await (const { name } of readEvents(log, { follow: true, signal: abort.signal })) seen.push(name);
    })();
    for (let number = 1; number <= 6; number++) {
      record(log, `v${number}`);
      await sleep(60);
    }
    for (let tries = 0; tries < 40 && seen.at(-1) !== "v6"; tries++) await sleep(50);
    abort.abort();
    await following;
    assert.deepEqual(seen, ["v1", "v2", "v3", "v4", "v5", "v6"]);
  });

  it("writes nothing where events are not kept, and fails no work where it cannot write", () => {
    record(new EventLog({ events: events() }, false), "one");
    assert.equal(existsSync(events()), false);
    record(new EventLog({ events: join(folder, "missing/events.log") }), "one");
  });
});

describe("parseEvent", () => {
  const cases = [
    { line: "", expected: undefined },
    { line: '{"Type":"moon","Status":"rise","Time":"x"}', expected: undefined },
    { line: '{"Type":"image","Status":7,"Time":"x"}', expected: undefined },
  ];
  for (const { line, expected } of cases)
    it(`reads ${JSON.stringify(line)} as ${String(expected)}`, () =>
      assert.equal(parseEvent(line), expected));

  it("is the inverse of formatEvent", () => {
    const event: RecordedEvent = {
      ...{
        type: "container" as const,
        status: "died",
        time: "2026-01-02T03:04:05.678Z",
        id: "ab",
        name: "c",
      },
      ...{ image: "i", exitCode: 3, attributes: { a: 'b"\n' } },
    };
    assert.deepEqual(parseEvent(formatEvent(event)), event);
  });
});

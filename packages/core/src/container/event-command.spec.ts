import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../process/index.ts";
import { parseEvent } from "../store/index.ts";
import { eventCommand } from "./event-command.ts";

describe("eventCommand", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "it's events-"))));
  after(() => rmSync(folder, { recursive: true }));

  it("writes what the shell knows, whatever the labels hold", async () => {
    const path = join(folder, "events.log");
    const odd = { a: "@time@ 123456789", b: "$(reboot) 'x' \"y\" %s \\n\n\0 é", health_status: "mine" };
    const event = {
      type: "container",
      status: "died",
      id: "1",
      name: "n",
      image: "i",
      attributes: odd,
    } as const;
    const words = { exitCode: '"$code"', attributes: { health_status: '"$health"' } };
    const script = [
      "code=137 health=good",
      eventCommand(path, event, words),
      eventCommand(path, event, { time: "2026-01-02T03:04:05Z" }),
    ].join("\n");
    await run("sh", ["-e", "-c", script]);
    const [first, second, end] = readFileSync(path, "utf8").split("\n");
    assert.equal(end, "");
    const { time = "", ...told } = parseEvent(first ?? "") ?? {};
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
    assert.deepEqual(told, { ...event, exitCode: 137, attributes: { ...odd, health_status: "good" } });
    assert.deepEqual(parseEvent(second ?? ""), {
      ...event,
      exitCode: undefined,
      time: "2026-01-02T03:04:05Z",
    });
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { K8sLogParser, type LogEntry } from "./k8s-log.ts";
import { readTail } from "./log-tail.ts";

const TIME = "2026-11-23T05:13:09.150513977+00:00";

function tailOf(text: string | Buffer, lines: number, isWanted?: (entry: LogEntry) => boolean) {
  const bytes = Buffer.from(text);
  let count = 0;
  const read = (offset: number, length: number) => {
    count += length;
    return bytes.subarray(offset, offset + length);
  };
  const { entries, end } = readTail(read, bytes.length, lines, isWanted);
  return { texts: entries.map((entry) => entry.text.toString("latin1")), end, count };
}

/** Records written short: `o.a` a piece of standard output, `e!b` the last piece of a line of standard error. */
function logOf(...records: readonly string[]): string {
  return records
    .map((record) => {
      const stream = record.startsWith("o") ? "stdout" : "stderr";
      return `${TIME} ${stream} ${record[1] === "." ? "P" : "F"} ${record.slice(2)}\n`;
    })
    .join("");
}

describe("readTail", () => {
  const cases: readonly { records: readonly string[]; lines: number; expected: readonly string[] }[] = [
    { records: [], lines: 3, expected: [] },
    { records: ["o!a"], lines: 0, expected: [] },
    { records: ["o!a"], lines: 1, expected: ["a"] },
    { records: ["o!a", "o!b", "o!c"], lines: 2, expected: ["b", "c"] },
    { records: ["o!a", "e!b", "o!c"], lines: 2, expected: ["b", "c"] },
    { records: ["o!a", "o.b", "o.c", "o!d"], lines: 1, expected: ["b", "c", "d"] },
    { records: ["o!a", "o.b", "o!c", "o.d"], lines: 1, expected: ["d"] },
    { records: ["o!a", "o.b", "o!c", "o.d"], lines: 2, expected: ["b", "c", "d"] },
    { records: ["e!a", "o.b", "e!c", "o!d"], lines: 1, expected: ["b", "d"] },
    { records: ["e!a", "o.b", "e!c", "o!d"], lines: 2, expected: ["b", "c", "d"] },
    { records: ["o!", "o!"], lines: 5, expected: ["", ""] },
  ];
  for (const { records, lines, expected } of cases) {
    it(`${lines} of ${JSON.stringify(records)}`, () => {
      assert.deepEqual(tailOf(logOf(...records), lines).texts, expected);
    });
  }

  it("takes each line by its own time, also where the clock was set back between two", () => {
    const log = ["12:00", "11:00", "11:30"].map(
      (time) => `2026-01-01T${time}:00.000000000Z stdout F ${time}\n`,
    );
    const isWanted = ({ time }: LogEntry) => Date.parse(time) <= Date.parse("2026-01-01T11:15:00Z");
    assert.deepEqual(tailOf(log.join(""), 2, isWanted).texts, ["11:00"]);
  });

  it("leaves an unfinished record to be read on", () => {
    const whole = logOf("o!a", "o!b");
    for (const rest of ["", `${TIME} stdout F unfin`]) {
      const { texts, end } = tailOf(whole + rest, 1);
      assert.deepEqual(texts, ["b"]);
      assert.equal(end, whole.length);
    }
    assert.equal(tailOf("unfin", 1).end, 0);
  });

  it("does not count what is not wanted, nor what is no record", () => {
    const log = `${logOf("o!a", "o!b")}garbage\n${logOf("o!x", "e!x")}`;
    assert.deepEqual(tailOf(log, 2, ({ text }) => text.toString() !== "x").texts, ["a", "b"]);
  });

  it("reads a block, however large the log is", () => {
    const log = Buffer.alloc(20_000_000, "\n");
    log.write(logOf("o!first"), 0);
    log.write(logOf("o!a", "o!b", "o!c"), log.length - logOf("o!a", "o!b", "o!c").length);
    const { texts, count } = tailOf(log, 2);
    assert.deepEqual(texts, ["b", "c"]);
    assert.equal(count, 65_536);
  });

  it("gives what reading it all and cutting gives, binary and long lines included", () => {
    const line = fc
      .uint8Array({ maxLength: 100 })
      .map((bytes) => Buffer.from(bytes).toString("latin1").replaceAll("\n", "."));
    const long = fc.integer({ min: 60_000, max: 140_000 }).map((size) => "x".repeat(size));
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: line }, long), { maxLength: 20 }),
        fc.nat(25),
        (texts, lines) => {
          const log = Buffer.from(logOf(...texts.map((text) => `o!${text}`)), "latin1");
          const all = new K8sLogParser().push(log).map(({ text }) => text.toString("latin1"));
          assert.deepEqual(tailOf(log, lines).texts, lines === 0 ? [] : all.slice(-lines));
        },
      ),
      { numRuns: 40 },
    );
  });
});

import assert from "node:assert/strict";
import { ProgressDisplay } from "./progress.ts";

function display(columns: number | undefined) {
  const written = { text: "", now: 0 };
  const shown = new ProgressDisplay({
    write: (text) => void (written.text += text),
    columns,
    now: () => written.now,
  });
  return { shown, written };
}

describe("ProgressDisplay", () => {
  it("writes one plain line per item where there is no terminal", () => {
    const { shown, written } = display(undefined);
    shown.report({ kind: "start", item: "blob abc", total: 10 });
    shown.report({ kind: "advance", item: "blob abc", done: 5 });
    shown.report({ kind: "end", item: "blob abc", note: "done" });
    shown.report({ kind: "message", text: "Writing manifest to image destination" });
    shown[Symbol.dispose]();
    assert.equal(written.text, "Copying blob abc\nWriting manifest to image destination\n");
  });

  it("redraws bars in place on a terminal, no more than ten times a second, and leaves none behind", () => {
    const { shown, written } = display(80);
    shown.report({ kind: "start", item: "blob abc", total: 3000 });
    const first = written.text;
    written.now = 50;
    shown.report({ kind: "advance", item: "blob abc", done: 1000 });
    assert.equal(written.text, first);
    written.now = 150;
    shown.report({ kind: "advance", item: "blob abc", done: 1500 });
    assert.match(
      written.text.slice(first.length),
      /^\x1b\[1A\r\x1b\[JCopying blob abc \[={15}> {14}\] 1.5 kB \/ 3 kB\n$/,
    );
    shown[Symbol.dispose]();
    assert.ok(written.text.endsWith("\x1b[1A\r\x1b[J"));
  });

  it("never writes a line that the terminal would break", () => {
    const { shown, written } = display(20);
    shown.report({ kind: "start", item: "blob 0123456789012345678901234567890", total: 3000 });
    assert.ok(written.text.split("\n").every((line) => line.length < 20));
  });
});

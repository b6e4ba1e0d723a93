import type { Readable } from "node:stream";

/** Gives one line of a stream after the other; undefined at its end. */
export function readLines(stream: Readable): () => Promise<string | undefined> {
  let text = "";
  let isOver = false;
  let wake: () => void = () => undefined;
  const over = () => {
    isOver = true;
    wake();
  };
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    wake();
  });
  stream.once("end", over).once("close", over);
  return async () => {
    while (!text.includes("\n") && !isOver) await new Promise<void>((resolve) => (wake = resolve));
    const end = text.indexOf("\n");
    if (end === -1) return undefined;
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    return line;
  };
}

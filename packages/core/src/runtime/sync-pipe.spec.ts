import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { syncMessages } from "./sync-pipe.ts";

describe("syncMessages", () => {
  const cases = [
    { title: "a process id", chunks: ['{"data": 42}\n'], expected: [{ data: 42, message: "" }] },
    {
      title: "what went wrong",
      chunks: ['{"data": -1, "mess', 'age": "no \\"such\\" file"}\n'],
      expected: [{ data: -1, message: 'no "such" file' }],
    },
    {
      title: "a program's start and its end, told at once",
      chunks: ['{"data": 7}\n{"data": 0}\n'],
      expected: [
        { data: 7, message: "" },
        { data: 0, message: "" },
      ],
    },
    { title: "an older conmon's process id", chunks: ['{"pid": 8}\n'], expected: [{ data: 8, message: "" }] },
    { title: "an end half-way", chunks: ['{"data": 1'], expected: [] },
  ];
  for (const { title, chunks, expected } of cases)
    it(`reads ${title}`, async () => {
      const pipe = new PassThrough();
      const next = syncMessages(pipe);
      for (const chunk of chunks) pipe.write(chunk);
      pipe.end();
      for (const answer of expected) assert.deepEqual(await next(), answer);
      assert.equal(await next(), undefined);
    });
});

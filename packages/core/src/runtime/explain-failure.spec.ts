import assert from "node:assert/strict";
import { explainFailure, lastMessage } from "./index.ts";

describe("explainFailure", () => {
  const cases = [
    {
      program: "crun",
      output: "executable file `nosuch` not found in $PATH: No such file or directory\n",
      status: 127,
    },
    {
      program: "crun",
      output: "2026-11-23T05:13:09.030Z: executable file `/x` not found: No such file or directory",
      status: 127,
    },
    {
      program: "runc",
      output:
        'time="2026-11-23T05:13:09Z" level=error msg="runc create failed: unable to start container process: exec: \\"nosuch\\": executable file not found in $PATH"',
      status: 127,
    },
    {
      program: "runc",
      output:
        'runc create failed: unable to start container process: exec: "/x": stat /x: no such file or directory',
      status: 127,
    },
    { program: "crun", output: "open executable: Permission denied", status: 126 },
    {
      program: "runc",
      output: 'unable to start container process: exec: "/etc/passwd": permission denied',
      status: 126,
    },
    { program: "crun", output: "the path `/etc` is not executable", status: 126 },
    { program: "crun", output: "open executable: Operation not permitted", status: 126 },
    { program: "crun", output: "mount `proc` to `proc`: Operation not permitted", status: 125 },
    { program: "runc", output: "", status: 125 },
  ];
  for (const { program, output, status } of cases) {
    it(`gives ${status} for ${program}'s ${JSON.stringify(output)}`, () => {
      assert.equal(explainFailure(program, "create the container", output).exitStatus, status);
    });
  }
});

describe("lastMessage", () => {
  const cases = [
    { output: 'time="x" level=warning msg="careful"\n', expected: "" },
    { output: 'time="x" level=error msg="say \\"a\\""\n\n', expected: 'say "a"' },
    { output: '{"level":"error","msg":"broken"}', expected: "broken" },
    { output: "first\n2026-11-23T05:13:09.030Z: last\n", expected: "last" },
  ];
  for (const { output, expected } of cases) {
    it(`reads ${JSON.stringify(output)} as ${JSON.stringify(expected)}`, () => {
      assert.equal(lastMessage(output), expected);
    });
  }
});

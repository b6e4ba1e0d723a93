import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { completionScript, SHELLS } from "../../packages/core/src/cli/completion/scripts.ts";

const has = (shell: string) => spawnSync(shell, ["--version"]).status === 0;

describe("completion scripts", () => {
  for (const shell of SHELLS) {
    const isHere = has(shell);
    it(`is something ${shell} can read${isHere ? "" : ` (skipped: no ${shell} here)`}`, function () {
      if (!isHere) this.skip();
      const script = completionScript(shell, "wherry-build", true);
      const { status, stderr } = spawnSync(shell, ["-n"], { input: script, encoding: "utf8" });
      assert.equal(status, 0, stderr);
    });
  }

  describe(`in bash${has("bash") ? "" : " (skipped: no bash here)"}`, function () {
    let folder = "/nonexistent";
    before(function () {
      if (!has("bash")) this.skip();
      folder = mkdtempSync(join(tmpdir(), "completion-"));
    });
    after(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    /** What bash would offer for a line whose words it has cut at blanks, `:` and `=`, and what it asked. */
    function complete(line: string, answers: readonly string[]) {
      const program = join(folder, "wherry");
      const text = answers.map((answer) => `printf '%s\\n' '${answer}'`).join("\n");
      writeFileSync(program, `#!/bin/sh\nprintf '%s|' "$@" >"${folder}/asked"\n${text}\n`);
      chmodSync(program, 0o755);
      const words: string[] = line.match(/[:=]+|[^\s:=]+/g) ?? [];
      if (line.endsWith(" ")) words.push("");
      const test = [
        completionScript("bash", "wherry", true),
        "compopt() { printf 'option %s\\n' \"$2\"; }",
        `COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})`,
        `COMP_CWORD=${words.length - 1}`,
        "__wherry_complete",
        `cat "${folder}/asked"; echo`,
        "printf '%s\\n' \"${COMPREPLY[@]}\"",
      ].join("\n");
      const { stdout, stderr } = spawnSync("bash", ["--norc"], {
        input: test,
        encoding: "utf8",
        env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` },
      });
      assert.equal(stderr, "");
      const lines = stdout.trimEnd().split("\n");
      const options = lines.filter((each) => each.startsWith("option "));
      const [asked = "", ...replies] = lines.filter((each) => !each.startsWith("option "));
      return { asked, replies, options };
    }

    const cases = [
      { line: "wherry rm w", asked: "rm|w|", answers: ["web", "work", ":4"], replies: ["web", "work"] },
      { line: "wherry rm ", asked: "rm||", answers: ["web", ":4"], replies: ["web"] },
      {
        line: "wherry rmi alpine:",
        asked: "rmi|alpine:|",
        answers: ["alpine:3", "alpine:edge", ":4"],
        replies: ["3", "edge"],
      },
      {
        line: "wherry rmi localhost:5000/a:l",
        asked: "rmi|localhost:5000/a:l|",
        answers: ["localhost:5000/a:latest", ":4"],
        replies: ["latest"],
      },
      {
        line: "wherry ps --sort=na",
        asked: "ps|--sort=na|",
        answers: ["--sort=names", ":4"],
        replies: ["names"],
      },
      { line: "wherry ps --sort=", asked: "ps|--sort=|", answers: ["--sort=id", ":4"], replies: ["id"] },
    ];
    for (const { line, asked, answers, replies } of cases) {
      it(`asks for and offers the words of ${line}`, () => {
        const found = complete(line, answers);
        assert.equal(found.asked, `__completeNoDesc|${asked}`);
        assert.deepEqual(found.replies, replies);
        assert.deepEqual(found.options, []);
      });
    }

    it("does what the directives say", () => {
      assert.deepEqual(complete("wherry run --network c", ["container:", ":6"]).options, ["option nospace"]);
      assert.deepEqual(complete("wherry save -o x", [":0"]).options, ["option default"]);
      assert.deepEqual(complete("wherry why x", [":1"]).replies, [""].filter(Boolean));
    });
  });
});

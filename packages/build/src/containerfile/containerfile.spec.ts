import assert from "node:assert/strict";
import fc from "fast-check";
import type { Instruction } from "./instruction.ts";
import { lexContainerfile } from "./lexer.ts";
import { parseRunMount } from "./parse-run-mount.ts";
import { parseContainerfile, parseTrigger } from "./parse-containerfile.ts";

/** The one instruction after FROM, without its place. */
function only(text: string): Record<string, unknown> {
  const [stage] = parseContainerfile(`FROM scratch\n${text}`).stages;
  assert.equal(stage?.instructions.length, 1);
  return placeless(stage.instructions[0] as Instruction);
}

function placeless(instruction: Instruction): Record<string, unknown> {
  const { line, endLine, column, text, ...rest } = instruction;
  assert.ok(line > 0 && endLine >= line && column > 0 && text !== "");
  return rest;
}

describe("lexContainerfile", () => {
  const cases: {
    what: string;
    content: string;
    expected: [keyword: string, rest: string, line: number][];
  }[] = [
    {
      what: "comments and blank lines",
      content: "# a\n\n  # b\nRUN a # b\n",
      expected: [["RUN", "a # b", 4]],
    },
    {
      what: "a byte order mark and CRLF",
      content: "\uFEFFFROM a\r\nRUN b\r\n",
      expected: [
        ["FROM", "a", 1],
        ["RUN", "b", 2],
      ],
    },
    {
      what: "a continued line",
      content: "RUN a \\\n  b\nRUN c",
      expected: [
        ["RUN", "a   b", 1],
        ["RUN", "c", 3],
      ],
    },
    { what: "blanks after the escape", content: "RUN a \\ \t\nb", expected: [["RUN", "a b", 1]] },
    {
      what: "comments inside a continuation",
      content: "RUN a \\\n# x\n  # y\n b",
      expected: [["RUN", "a  b", 1]],
    },
    { what: "blank lines inside a continuation", content: "RUN a \\\n\n b", expected: [["RUN", "a  b", 1]] },
    { what: "an escape at the end of the file", content: "RUN a \\", expected: [["RUN", "a", 1]] },
    {
      what: "an escaped escape at the end of a line",
      content: "RUN a \\\\\nRUN b",
      expected: [
        ["RUN", "a \\\\", 1],
        ["RUN", "b", 2],
      ],
    },
    {
      what: "the backtick as escape",
      content: "# escape=`\nRUN a `\n b \\\nRUN c",
      expected: [
        ["RUN", "a  b \\", 2],
        ["RUN", "c", 4],
      ],
    },
    {
      what: "an escape directive that comes too late",
      content: "# x\n# escape=`\nRUN a `\nRUN b",
      expected: [
        ["RUN", "a `", 3],
        ["RUN", "b", 4],
      ],
    },
    {
      what: "an escape directive after a blank line",
      content: "\n# escape=`\nRUN a \\\nb",
      expected: [["RUN", "a b", 3]],
    },
    {
      what: "syntax before escape",
      content: "#syntax=x/y\n#escape=`\nRUN a `\nb",
      expected: [["RUN", "a b", 3]],
    },
    { what: "tabs after the keyword", content: "RUN\t\ta", expected: [["RUN", "a", 1]] },
    { what: "a keyword continued on the next line", content: "RUN \\\n a", expected: [["RUN", "a", 1]] },
    { what: "no line end at the end", content: "RUN a", expected: [["RUN", "a", 1]] },
    { what: "nothing", content: "", expected: [] },
  ];
  for (const { what, content, expected } of cases)
    it(`reads ${what}`, () => {
      const { instructions } = lexContainerfile(content, "F");
      assert.deepEqual(
        instructions.map(({ keyword, rest, line }) => [keyword, rest, line]),
        expected,
      );
    });

  it("attaches heredocs, several of a line in order", () => {
    const content = "COPY <<A <<-'B' /d/\n$x\r\n\tA\nA\n\t\tb\n\tB\nRUN a";
    const [copy, run] = lexContainerfile(content, "F").instructions;
    assert.deepEqual(copy?.heredocs, [
      { name: "A", content: "$x\r\n\tA\n", expand: true, stripTabs: false, fileDescriptor: 0 },
      { name: "B", content: "\t\tb\n", expand: false, stripTabs: true, fileDescriptor: 0 },
    ]);
    assert.equal(copy.endLine, 6);
    assert.equal(run?.line, 7);
  });

  const notHeredocs = [
    "CMD cat <<EOF",
    'RUN ["cat", "<<EOF"]',
    "RUN echo $((1<<2))",
    "RUN cat <<<EOF",
    "ENV a=<<EOF",
  ];
  for (const text of notHeredocs)
    it(`sees no heredoc in ${text}`, () => {
      assert.deepEqual(lexContainerfile(`${text}\n`, "F").instructions[0]?.heredocs, []);
    });

  it("counts blank lines inside instructions", () => {
    assert.deepEqual(lexContainerfile("RUN a \\\n\n\n b\n", "F").emptyContinuationLines, [2, 3]);
  });

  it("loses no text of ordinary lines", () => {
    const word = fc.stringMatching(/^[a-z0-9=.,:/-]{1,8}$/).filter((text) => !text.startsWith("--"));
    fc.assert(
      fc.property(
        fc.array(fc.array(word, { minLength: 1 }), { minLength: 1 }),
        fc.boolean(),
        (lines, continued) => {
          const joint = continued ? " \\\n " : " ";
          const content = lines.map((words) => `RUN ${words.join(joint)}`).join("\n");
          const { instructions } = lexContainerfile(content, "F");
          assert.deepEqual(
            instructions.map(({ rest }) => rest.split(/\s+/)),
            lines,
          );
        },
      ),
    );
  });
});

describe("parseContainerfile", () => {
  const cases: { text: string; expected: Record<string, unknown> }[] = [
    {
      text: 'CMD ["a b", "/c d/"]',
      expected: { kind: "CMD", command: { form: "exec", args: ["a b", "/c d/"] } },
    },
    { text: "CMD ['a']", expected: { kind: "CMD", command: { form: "shell", text: "['a']" } } },
    { text: "CMD []", expected: { kind: "CMD", command: { form: "exec", args: [] } } },
    { text: "CMD", expected: { kind: "CMD", command: { form: "shell", text: "" } } },
    { text: "entrypoint a  b", expected: { kind: "ENTRYPOINT", command: { form: "shell", text: "a  b" } } },
    {
      text: "ENV a=1 b='x y' c=x\\ y",
      expected: {
        kind: "ENV",
        pairs: [
          { name: "a", value: "1" },
          { name: "b", value: "'x y'" },
          { name: "c", value: "x\\ y" },
        ],
      },
    },
    { text: "ENV a b  c=d", expected: { kind: "ENV", pairs: [{ name: "a", value: "b  c=d" }] } },
    {
      text: 'LABEL a.b=c "d e"=f',
      expected: {
        kind: "LABEL",
        pairs: [
          { name: "a.b", value: "c" },
          { name: '"d e"', value: "f" },
        ],
      },
    },
    {
      text: "ARG a b=2 c=",
      expected: {
        kind: "ARG",
        args: [{ name: "a" }, { name: "b", default: "2" }, { name: "c", default: "" }],
      },
    },
    { text: "EXPOSE 80 81/udp", expected: { kind: "EXPOSE", values: ["80", "81/udp"] } },
    { text: 'VOLUME ["/a b"]', expected: { kind: "VOLUME", values: ["/a b"] } },
    { text: "VOLUME /a /b", expected: { kind: "VOLUME", values: ["/a", "/b"] } },
    { text: "WORKDIR /a b", expected: { kind: "WORKDIR", value: "/a b" } },
    { text: 'SHELL ["/bin/bash", "-c"]', expected: { kind: "SHELL", shell: ["/bin/bash", "-c"] } },
    { text: "HEALTHCHECK none", expected: { kind: "HEALTHCHECK" } },
    {
      text: "HEALTHCHECK --interval=1m30s --retries=3 --timeout=0 CMD curl x",
      expected: {
        kind: "HEALTHCHECK",
        check: { command: { form: "shell", text: "curl x" }, interval: 90e9, retries: 3 },
      },
    },
    { text: "ONBUILD RUN --network=none a", expected: { kind: "ONBUILD", trigger: "RUN --network=none a" } },
    { text: "ONBUILD COPY <<E /x\nb\nE", expected: { kind: "ONBUILD", trigger: "COPY <<E /x\nb\nE" } },
    {
      text: 'RUN --mount=type=cache,target="/a b" x',
      expected: {
        kind: "RUN",
        command: { form: "shell", text: "x" },
        heredocs: [],
        flags: [{ name: "mount", value: "type=cache,target=/a b" }],
        mounts: [parseRunMount("type=cache,target=/a b")],
      },
    },
    {
      text: "RUN <<E\na\nE",
      expected: {
        kind: "RUN",
        command: { form: "shell", text: "<<E" },
        heredocs: [{ name: "E", content: "a\n", stripTabs: false }],
        flags: [],
        mounts: [],
      },
    },
  ];
  for (const { text, expected } of cases)
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(only(text), expected);
    });

  it("reads COPY with flags, sources and files", () => {
    const { kind, sources, files, destination, chown, from } = only(
      'COPY --chown=a:b --from=x ["a b", "c/"]',
    );
    assert.deepEqual(
      { kind, sources, files, destination, chown, from },
      {
        kind: "COPY",
        sources: ["a b"],
        files: [],
        destination: "c/",
        chown: "a:b",
        from: "x",
      },
    );
    const mixed = only('ADD --chmod=755 a <<-"E" /d/\n\t$x\nE');
    assert.deepEqual(mixed["sources"], ["a"]);
    assert.deepEqual(mixed["files"], [{ name: "E", content: "$x\n", expand: false }]);
  });

  it("separates global ARGs, stages and their names", () => {
    const { globalArgs, stages, directives } = parseContainerfile(
      "# syntax=docker/dockerfile:1\nARG v=1\nFROM a:$v AS Build\nRUN x\nfrom --platform=linux/amd64 Build\n",
    );
    assert.equal(directives.syntax, "docker/dockerfile:1");
    assert.deepEqual(
      globalArgs.map(({ args }) => args),
      [[{ name: "v", default: "1" }]],
    );
    assert.deepEqual(
      stages.map(({ from }) => placeless(from)),
      [
        { kind: "FROM", image: "a:$v", name: "build" },
        { kind: "FROM", image: "Build", platform: "linux/amd64" },
      ],
    );
  });

  const failures: { content: string; message: string }[] = [
    { content: "FROM a\n\nRUNN x", message: "F:3: unknown instruction RUNN; did you mean RUN?" },
    {
      content: "FROM a\nENTRYPIONT x",
      message: "F:2: unknown instruction ENTRYPIONT; did you mean ENTRYPOINT?",
    },
    { content: "FROM a\nEOF", message: "F:2: unknown instruction EOF" },
    { content: "RUN x", message: "F:1: RUN before the first FROM: only ARG may stand there" },
    { content: "# nothing\n", message: "F:1: the file has no FROM: there is nothing to build" },
    { content: "ARG a\n", message: "F:1: the file has no FROM: there is nothing to build" },
    { content: "FROM", message: "F:1: FROM requires at least one argument" },
    { content: "FROM a b", message: "F:1: FROM requires either one argument, or three: IMAGE AS NAME" },
    {
      content: "FROM a AS 1b",
      message:
        'F:1: invalid name for build stage: "1b"; names start with a letter and have letters, digits, "_", "-" or "."',
    },
    {
      content: "FROM a\nCOPY a",
      message: "F:2: COPY requires at least two arguments: what to copy, and where to",
    },
    {
      content: "FROM a\nCOPY --form=x a b",
      message: "F:2: unknown flag of COPY: --form; did you mean --from?",
    },
    { content: "FROM a\nCOPY --from a b", message: "F:2: missing a value on flag: --from" },
    { content: "FROM a\nCOPY --from=a --from=b a b", message: "F:2: duplicate flag specified: --from" },
    { content: "FROM a\nCOPY https://x/y b", message: "F:2: COPY cannot read a URL; ADD can" },
    {
      content: "FROM a\nADD --from=b a b",
      message:
        "F:2: unknown flag of ADD: --from; it takes --chown --chmod --link --checksum --exclude --keep-git-dir --unpack",
    },
    { content: "FROM a\nENV a=1 b", message: 'F:2: cannot find = in "b": it must have the form name=value' },
    { content: "FROM a\nENV a", message: "F:2: ENV must have two arguments: a name and a value" },
    { content: "FROM a\nENV =b", message: "F:2: ENV names can not be blank" },
    {
      content: "FROM a\nSHELL /bin/sh",
      message: 'F:2: SHELL requires its arguments in JSON form, such as ["/bin/bash", "-c"]',
    },
    {
      content: 'FROM a\nCMD ["a", 1]',
      message: "F:2: when using JSON array syntax, arrays must be comprised of strings only",
    },
    { content: "FROM a\nUSER", message: "F:2: USER requires at least one argument" },
    { content: "FROM a\nRUN --mount=type=cache", message: "F:2: RUN requires a command" },
    {
      content: "FROM a\nHEALTHCHECK --interval=1us CMD x",
      message: "F:2: --interval=1us of HEALTHCHECK must be at least 1ms, or 0",
    },
    {
      content: "FROM a\nHEALTHCHECK --interval=soon CMD x",
      message: 'F:2: invalid duration "soon": write it like 30s or 1m30s',
    },
    {
      content: "FROM a\nHEALTHCHECK RUN x",
      message: 'F:2: unknown type "RUN" in HEALTHCHECK; it is CMD or NONE',
    },
    { content: "FROM a\nHEALTHCHECK CMD", message: "F:2: missing command after HEALTHCHECK CMD" },
    {
      content: "FROM a\nONBUILD ONBUILD RUN x",
      message: "F:2: chaining ONBUILD via ONBUILD ONBUILD is not allowed",
    },
    { content: "FROM a\nONBUILD FROM x", message: "F:2: FROM is not allowed as an ONBUILD trigger" },
    { content: "FROM a\nONBUILD RUNN x", message: "F:2: unknown instruction RUNN; did you mean RUN?" },
    {
      content: "FROM a\nRUN \\\n # c\n <<E\nbody\n",
      message: 'F:2: unterminated heredoc: no line "E" follows',
    },
    {
      content: "# escape=x\nFROM a",
      message: 'F:1: invalid escape directive "x": it must be a backslash or a backtick',
    },
    {
      content: "# escape=\\\n# escape=`\nFROM a",
      message: "F:2: only one escape parser directive can be used",
    },
    { content: 'FROM a\nVOLUME [""]', message: "F:2: VOLUME specified can not be an empty string" },
    { content: "FROM a\nWORKDIR --x /a", message: "F:2: WORKDIR takes no flags, but has --x" },
  ];
  for (const { content, message } of failures)
    it(`refuses ${JSON.stringify(content)}`, () => {
      assert.throws(() => parseContainerfile(content, "F"), { code: "ERR_WHERRY_CONTAINERFILE", message });
    });

  it("says in which column an instruction begins", () => {
    assert.throws(() => parseContainerfile("FROM a\n   NOSUCH x", "F"), { line: 2, column: 4 });
  });

  it("ends with a file or a Containerfile error, whatever it is given", () => {
    const piece = fc.constantFrom(
      "FROM a",
      "RUN",
      "COPY",
      "ENV",
      "ARG",
      "\n",
      " ",
      "\\\n",
      "<<E",
      "E",
      "--from=",
      '["',
      '"]',
      "'",
      '"',
      "#",
      "=",
      "$x",
      "ONBUILD",
      "a",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseContainerfile(pieces.join(""), "F");
        } catch (error) {
          assert.equal((error as Error).name, "ContainerfileError");
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("parseTrigger", () => {
  it("reads an instruction with a heredoc", () => {
    const instruction = parseTrigger("COPY <<E /x\nb\nE", "base");
    assert.equal(instruction.kind, "COPY");
  });
  it("refuses what may not be one", () => {
    assert.throws(() => parseTrigger("RUN a\nRUN b", "base"), /must be one instruction/);
  });
});

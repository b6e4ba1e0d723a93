/** Containerfiles that are wrong, with the message: its line is that of the mistake. */
export const LANGUAGE_FAILURES: readonly (readonly [what: string, containerfile: string, message: RegExp])[] =
  [
    [
      "an unknown word",
      "FROM scratch\nCOPPY a /",
      /^Containerfile:2: unknown instruction COPPY; did you mean COPY\?$/,
    ],
    ["no FROM", "# nothing\n", /^Containerfile:1: the file has no FROM/],
    ["RUN before FROM", "RUN x\nFROM scratch", /^Containerfile:1: RUN before the first FROM/],
    ["two escape directives", "# escape=`\n# escape=\\\nFROM scratch", /^Containerfile:2: only one escape/],
    [
      "a wrong escape character",
      "# escape=x\nFROM scratch",
      /^Containerfile:1: invalid escape directive "x"/,
    ],
    ["ENV without a value", "FROM scratch\nENV a", /^Containerfile:2: ENV must have two arguments/],
    ["ENV without a name", "FROM scratch\nENV =1", /^Containerfile:2: ENV names can not be blank/],
    ["ENV with a word without =", "FROM scratch\nENV a=1 b", /^Containerfile:2: cannot find = in "b"/],
    ["ENV alone", "FROM scratch\nENV", /^Containerfile:2: ENV requires at least one argument/],
    ["ARG without a name", "FROM scratch\nARG =1", /^Containerfile:2: ARG names can not be blank/],
    ["COPY of one word", "FROM scratch\nCOPY a", /^Containerfile:2: COPY requires at least two arguments/],
    ["COPY of a URL", "FROM scratch\nCOPY http://x/y /", /^Containerfile:2: COPY cannot read a URL; ADD can/],
    [
      "an unknown flag",
      "FROM scratch\nCOPY --form=a b /",
      /^Containerfile:2: unknown flag of COPY: --form; did you mean --from\?/,
    ],
    [
      "a flag twice",
      "FROM scratch\nCOPY --from=a --from=b c /",
      /^Containerfile:2: duplicate flag specified: --from/,
    ],
    [
      "a flag without a value",
      "FROM scratch\nCOPY --from a /",
      /^Containerfile:2: missing a value on flag: --from/,
    ],
    [
      "--checksum of COPY",
      "FROM scratch\nCOPY --checksum=x a /",
      /^Containerfile:2: unknown flag of COPY: --checksum/,
    ],
    [
      "a heredoc with --from",
      "FROM scratch\nCOPY --from=x <<A /\nA",
      /^Containerfile:2: COPY --from cannot be used with a heredoc/,
    ],
    [
      "a heredoc without an end",
      "FROM scratch\n\nCOPY <<A /\nx",
      /^Containerfile:3: unterminated heredoc: no line "A"/,
    ],
    [
      "SHELL without JSON",
      "FROM scratch\nSHELL bash",
      /^Containerfile:2: SHELL requires its arguments in JSON form/,
    ],
    ["a list of other things than strings", "FROM scratch\nCMD [1]", /^Containerfile:2: .*strings only/],
    [
      "FROM with two words",
      "FROM scratch x",
      /^Containerfile:1: FROM requires either one argument, or three/,
    ],
    [
      "a stage name that begins with a digit",
      "FROM scratch AS 1a",
      /^Containerfile:1: invalid name for build stage: "1a"/,
    ],
    ["ONBUILD ONBUILD", "FROM scratch\nONBUILD ONBUILD RUN x", /^Containerfile:2: chaining ONBUILD/],
    [
      "ONBUILD FROM",
      "FROM scratch\nONBUILD FROM x",
      /^Containerfile:2: FROM is not allowed as an ONBUILD trigger/,
    ],
    [
      "ONBUILD of an unknown word",
      "FROM scratch\nONBUILD RUNN x",
      /^Containerfile:2: unknown instruction RUNN; did you mean RUN\?/,
    ],
    [
      "HEALTHCHECK of another kind",
      "FROM scratch\nHEALTHCHECK x",
      /^Containerfile:2: unknown type "x" in HEALTHCHECK/,
    ],
    [
      "HEALTHCHECK NONE with more",
      "FROM scratch\nHEALTHCHECK NONE x",
      /^Containerfile:2: HEALTHCHECK NONE takes no arguments/,
    ],
    [
      "HEALTHCHECK without a command",
      "FROM scratch\nHEALTHCHECK CMD",
      /^Containerfile:2: missing command after HEALTHCHECK CMD/,
    ],
    [
      "too short a time",
      "FROM scratch\nHEALTHCHECK --interval=1us CMD x",
      /^Containerfile:2: .*at least 1ms/,
    ],
    [
      "a wrong time",
      "FROM scratch\nHEALTHCHECK --interval=soon CMD x",
      /^Containerfile:2: invalid duration "soon"/,
    ],
    ["a brace that does not close", "FROM scratch\nENV a=${b", /^Containerfile:2: syntax error: missing '}'/],
    ["an unknown modifier", "FROM scratch\nENV a=${b^^}", /^Containerfile:2: unsupported modifier \(\^\)/],
    ["${v?} unset", "FROM scratch\nENV a=${b?}", /^Containerfile:2: b: is not allowed to be unset/],
    ["${v:?} empty", "FROM scratch\nENV b=\nENV a=${b:?}", /^Containerfile:3: b: is not allowed to be empty/],
    ["a double quote that does not close", 'FROM scratch\nUSER "a', /^Containerfile:2: .*double-quote/],
    [
      "a mount without a target",
      "FROM scratch\n\nRUN --mount=type=cache x",
      /^Containerfile:3: --mount=type=cache needs a target/,
    ],
    [
      "a mount of an unknown type",
      "FROM scratch\nRUN --mount=type=cahce,target=/x y",
      /^Containerfile:2: unsupported mount type "cahce"; did you mean cache\?/,
    ],
    [
      "a mount on the root",
      "FROM scratch\nRUN --mount=target=/ x",
      /^Containerfile:2: .*cannot have \/ as its target/,
    ],
    ["a port out of range", "FROM scratch\nEXPOSE 70000", /^Containerfile:2: .*invalid port "70000"/],
    ["a range that goes down", "FROM scratch\nEXPOSE 9-8", /^Containerfile:2: .*invalid port "9-8"/],
    [
      "the line of a continued instruction",
      "FROM scratch\nENV a=1 \\\n b=2 \\\n c",
      /^Containerfile:2: cannot find = in "c"/,
    ],
  ];

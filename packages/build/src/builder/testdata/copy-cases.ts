import type { CopyCase } from "./cases.ts";

/** More of what COPY and ADD make of a context: patterns, ignore files, flags, stages and ONBUILD. */
export const MORE_COPY_CASES: readonly CopyCase[] = [
  {
    what: "one letter by ?",
    context: { ab: "1", abc: "2" },
    containerfile: "FROM scratch\nCOPY a? /d/",
    tree: { "d/ab": "f 644 0:0 1" },
  },
  {
    what: "a set that is negated",
    context: { a1: "1", a2: "2" },
    containerfile: "FROM scratch\nCOPY a[^1] /d/",
    tree: { "d/a2": "f 644 0:0 2" },
  },
  {
    what: "all below by ** at the end",
    context: { "s/a/f": "1", "s/g": "2" },
    containerfile: "FROM scratch\nCOPY s/**/f /d/",
    tree: { "d/f": "f 644 0:0 1" },
  },
  {
    what: "from a stage by a pattern",
    context: { x1: "1", x2: "2", y: "3" },
    containerfile: "FROM scratch AS a\nCOPY . /s/\nFROM scratch\nCOPY --from=a /s/x* /d/",
    tree: { "d/x1": "f 644 0:0 1", "d/x2": "f 644 0:0 2" },
  },
  {
    what: "what !./x takes back",
    context: { ".dockerignore": "*\n!./keep\n", keep: "1", other: "2" },
    containerfile: "FROM scratch\nCOPY . /",
    tree: { keep: "f 644 0:0 1" },
  },
  {
    what: "what the last rule says",
    context: { ".dockerignore": "!a\na\n!a\n", a: "1", ".x": "2" },
    containerfile: "FROM scratch\nCOPY a .x /d/",
    tree: { "d/a": "f 644 0:0 1", "d/.x": "f 644 0:0 2" },
  },
  {
    what: "what a rule with a leading slash leaves",
    context: { ".dockerignore": "/a\n", a: "1", "d/a": "2" },
    containerfile: "FROM scratch\nCOPY d /d",
    tree: { "d/a": "f 644 0:0 2" },
  },
  {
    what: "what a comment in an ignore file does not name",
    context: { ".dockerignore": "#a\n #b\n", "#a": "1", "d/c": "2" },
    containerfile: "FROM scratch\nCOPY #a d/c /d/",
    tree: { "d/#a": "f 644 0:0 1", "d/c": "f 644 0:0 2" },
  },
  {
    what: "by the ignore file of the Containerfile, not the general one",
    context: { "Containerfile.containerignore": "a\n", ".dockerignore": "b\n", "d/a": "1", b: "2" },
    containerfile: "FROM scratch\nCOPY b d /d/",
    tree: { "d/a": "f 644 0:0 1", "d/b": "f 644 0:0 2" },
  },
  {
    what: "with --link, over a link of the base",
    context: { "r/l": { link: "t" }, a: "1" },
    containerfile: "FROM scratch\nCOPY r /\nCOPY --link a /d/",
    tree: { l: "l 777 0:0 t", "d/a": "f 644 0:0 1" },
  },
  {
    what: "--chmod of a directory and its files",
    context: { "s/d/f": "1" },
    containerfile: "FROM scratch\nCOPY --chmod=0700 s /x",
    tree: { "x/d": "d 700 0:0", "x/d/f": "f 700 0:0 1" },
  },
  {
    what: "--chmod=+x",
    context: { f: { mode: 0o640, text: "1" } },
    containerfile: "FROM scratch\nCOPY --chmod=+x f /",
    tree: { f: "f 751 0:0 1" },
  },
  {
    what: "--chmod of two clauses by a variable",
    context: { f: { mode: 0o777, text: "1" } },
    containerfile: "FROM scratch\nARG m=go-w,o=\nCOPY --chmod=$m f /",
    tree: { f: "f 750 0:0 1" },
  },
  {
    what: "--chown by a variable",
    context: { f: "1" },
    containerfile: "FROM scratch\nARG o=3:4\nCOPY --chown=${o} f /",
    tree: { f: "f 644 3:4 1" },
  },
  {
    what: "--exclude given twice, with an exception",
    context: { "s/a.o": "1", "s/b.o": "2", "s/c.x": "3", "s/d": "4" },
    containerfile: "FROM scratch\nCOPY --exclude=*.x --exclude=*.o --exclude=!b.o s /d",
    tree: { "d/b.o": "f 644 0:0 2", "d/d": "f 644 0:0 4" },
  },
  {
    what: "--parents of a pattern",
    context: { "a/x.c": "1", "b/c/y.c": "2" },
    containerfile: "FROM scratch\nCOPY --parents ./a/*.c ./b/**/*.c /p/",
    tree: { "p/a/x.c": "f 644 0:0 1", "p/b/c/y.c": "f 644 0:0 2" },
  },
  {
    what: "--parents of a directory",
    context: { "a/b/c": "1" },
    containerfile: "FROM scratch\nCOPY --parents a/b /p/",
    tree: { "p/a/b/c": "f 644 0:0 1" },
  },
  {
    what: "a bzip2 archive by ADD",
    context: { x: { tar: { f: "1" }, option: "--bzip2" } },
    containerfile: "FROM scratch\nADD x /d/",
    tree: { "d/f": "f 644 0:0 1" },
  },
  {
    what: "an archive by COPY, packed",
    context: { x: { tar: { f: "1" } } },
    containerfile: "FROM scratch\nCOPY --chmod=600 x /y",
    tree: { y: "f 600 0:0 (10240 bytes)" },
  },
  {
    what: "an archive by ADD with --chown",
    context: { x: { tar: { "d/f": "1" } } },
    containerfile: "FROM scratch\nADD --chown=7:8 x /y",
    tree: { y: "d 755 7:8", "y/d": "d 755 7:8", "y/d/f": "f 644 7:8 1" },
  },
  {
    what: "heredocs with an exec-like name and a path",
    containerfile: "FROM scratch\nCOPY <<A /x/y\nhello\nA",
    tree: { "x/y": "f 644 0:0 hello\n" },
  },
  {
    what: "a heredoc with --chmod and --chown",
    containerfile: "FROM scratch\nCOPY --chmod=755 --chown=3 <<A /x\n#!/bin/sh\nA",
    tree: { x: "f 755 3:3 #!/bin/sh\n" },
  },
  {
    what: "a quoted heredoc, not expanded",
    containerfile: 'FROM scratch\nARG v=1\nCOPY <<"A" /x\n$v ${v:-2}\nA',
    tree: { x: "f 644 0:0 $v ${v:-2}\n" },
  },
  {
    what: "a heredoc with comments and continuation in its body",
    containerfile: "FROM scratch\nCOPY <<'A' /x\n# kept\na \\\nb\n\nA",
    tree: { x: "f 644 0:0 # kept\na \\\nb\n\n" },
  },
  {
    what: "an empty heredoc",
    containerfile: "FROM scratch\nCOPY <<A /x\nA",
    tree: { x: "f 644 0:0 " },
  },
  {
    what: "a heredoc beside an ignore file that names all",
    context: { ".dockerignore": "*" },
    containerfile: "FROM scratch\nCOPY <<A /x\n1\nA",
    tree: { x: "f 644 0:0 1\n" },
  },
  {
    what: "ONBUILD COPY --from another stage of the child",
    context: { a: "1" },
    containerfile:
      "FROM scratch AS base\nONBUILD COPY --from=other /a /t\nFROM scratch AS other\nCOPY a /a\nFROM base",
    tree: { t: "f 644 0:0 1" },
  },
  {
    what: "ONBUILD triggers in their order, and not in grandchildren",
    context: { a: "1", b: "2" },
    containerfile:
      "FROM scratch AS base\nONBUILD COPY a /t\nONBUILD COPY b /t\nFROM base AS child\nFROM child\nCOPY a /u",
    tree: { t: "f 644 0:0 2", u: "f 644 0:0 1" },
  },
  {
    what: "ONBUILD with a heredoc",
    containerfile: "FROM scratch AS base\nONBUILD COPY <<A /t\nx\nA\nFROM base",
    tree: { t: "f 644 0:0 x\n" },
  },
  {
    what: "a heredoc with the returns of its lines",
    containerfile: "FROM scratch\r\nCOPY <<A /x\r\nq\r\nA\r\n",
    tree: { x: "f 644 0:0 q\r\n" },
  },
  {
    what: "a heredoc, whose escape is the backslash whatever the directive says",
    containerfile: "# escape=`\nFROM scratch\nENV v=1\nCOPY <<A /x\n\\$v `$v\nA",
    tree: { x: "f 644 0:0 $v `1\n" },
  },
  {
    what: "the context by an empty name",
    context: { a: "1", ".dockerignore": "Containerfile\n.dockerignore" },
    containerfile: 'FROM scratch\nCOPY ["", "/d/"]',
    tree: { "d/a": "f 644 0:0 1" },
  },
  {
    what: "into a volume, and again",
    context: { a: "1", b: "2" },
    containerfile: "FROM scratch\nCOPY a /v/\nVOLUME /v\nCOPY b /v/",
    tree: { "v/a": "f 644 0:0 1", "v/b": "f 644 0:0 2" },
  },
  {
    what: "through three stages",
    context: { a: "1" },
    containerfile: "FROM scratch AS x\nCOPY a /1\nFROM x AS y\nCOPY a /2\nFROM y\nCOPY --from=x /1 /3",
    tree: { 1: "f 644 0:0 1", 2: "f 644 0:0 1", 3: "f 644 0:0 1" },
  },
  {
    what: "with a backtick as the escape character",
    context: { "a b": "1" },
    containerfile: '# escape=`\nFROM scratch\nCOPY ["a b", `\n  "/x"]',
    tree: { x: "f 644 0:0 1" },
  },
  {
    what: "names that begin with a dash",
    context: { "-a": "1" },
    containerfile: "FROM scratch\nCOPY -- -a /x",
    tree: { x: "f 644 0:0 1" },
  },
  {
    what: "into WORKDIR by the empty rest of a dot",
    context: { a: "1" },
    containerfile: "FROM scratch\nWORKDIR /w\nCOPY a ./",
    tree: { "w/a": "f 644 0:0 1" },
  },
  {
    what: "a file over a link below the destination: the link goes",
    context: { "r/d/l": { link: "/t" }, "s/l": "1" },
    containerfile: "FROM scratch\nCOPY r /\nCOPY s /d",
    tree: { "d/l": "f 644 0:0 1" },
  },
  {
    what: "a sticky directory",
    context: { "s/t/f": "1" },
    containerfile: "FROM scratch\nCOPY --chmod=1777 s /x",
    tree: { "x/t": "d 1777 0:0", "x/t/f": "f 1777 0:0 1" },
  },
];

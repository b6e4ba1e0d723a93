import type { BuildRequest } from "../request.ts";
import type { ContextFile } from "./context-files.ts";

export interface CopyCase {
  readonly what: string;
  readonly context?: Record<string, ContextFile>;
  readonly containerfile: string;
  /** Path → "TYPE MODE UID:GID CONTENT"; directories with 755 0:0 that are not empty are left out. */
  readonly tree: Record<string, string>;
}

export interface ConfigCase {
  readonly what: string;
  readonly containerfile: string;
  readonly expected: object;
  readonly options?: Partial<BuildRequest>;
}

/** What COPY, ADD and WORKDIR make of a context. */
export const COPY_CASES: readonly CopyCase[] = [
  {
    what: "a file to a name",
    context: { a: "1" },
    containerfile: "FROM scratch\nCOPY a /b",
    tree: { b: "f 644 0:0 1" },
  },
  {
    what: "a file into a directory by a slash",
    context: { a: "1" },
    containerfile: "FROM scratch\nCOPY a /d/",
    tree: { "d/a": "f 644 0:0 1" },
  },
  {
    what: "a file into a directory by /.",
    context: { a: "1" },
    containerfile: "FROM scratch\nCOPY a /d/.",
    tree: { "d/a": "f 644 0:0 1" },
  },
  {
    what: "a file into a directory that exists",
    context: { a: "1", x: "2" },
    containerfile: "FROM scratch\nCOPY a /d/\nCOPY x /d",
    tree: { "d/a": "f 644 0:0 1", "d/x": "f 644 0:0 2" },
  },
  {
    what: "the contents of a directory, not itself",
    context: { "d/a": "1", "d/e/b": "2" },
    containerfile: "FROM scratch\nCOPY d /x",
    tree: { "x/a": "f 644 0:0 1", "x/e/b": "f 644 0:0 2" },
  },
  {
    what: "the mode of directories below the source, not of the source",
    context: { d: null, "d/e": null, "d/e/f": "1" },
    containerfile: "FROM scratch\nCOPY --chmod=700 d/e /k\nCOPY d /x",
    tree: { "k/f": "f 700 0:0 1", "x/e/f": "f 644 0:0 1" },
  },
  {
    what: "an empty directory",
    context: { "d/e": null },
    containerfile: "FROM scratch\nCOPY d /x",
    tree: { "x/e": "d 755 0:0" },
  },
  {
    what: "several files",
    context: { a: "1", b: "2" },
    containerfile: "FROM scratch\nCOPY a b /d/",
    tree: { "d/a": "f 644 0:0 1", "d/b": "f 644 0:0 2" },
  },
  {
    what: "a pattern",
    context: { "a.c": "1", "b.c": "2", "x.h": "3" },
    containerfile: "FROM scratch\nCOPY *.c /d/",
    tree: { "d/a.c": "f 644 0:0 1", "d/b.c": "f 644 0:0 2" },
  },
  {
    what: "a pattern in a directory part",
    context: { "x/a": "1", "y/a": "2", "z/b": "3" },
    containerfile: "FROM scratch\nCOPY [xz]/* /d/",
    tree: { "d/a": "f 644 0:0 1", "d/b": "f 644 0:0 3" },
  },
  {
    what: "a pattern across directories",
    context: { "a/b/c.txt": "1", "d.txt": "2", "e/f": "3" },
    containerfile: "FROM scratch\nCOPY **/*.txt /d/",
    tree: { "d/c.txt": "f 644 0:0 1", "d/d.txt": "f 644 0:0 2" },
  },
  {
    what: "a name with a bracket",
    context: { "[x]": "1" },
    containerfile: "FROM scratch\nCOPY [[]x] /d/",
    tree: { "d/[x]": "f 644 0:0 1" },
  },
  {
    what: "a directory that a pattern matches: its contents",
    context: { "dir1/a": "1", "dir2/b": "2" },
    containerfile: "FROM scratch\nCOPY dir* /d/",
    tree: { "d/a": "f 644 0:0 1", "d/b": "f 644 0:0 2" },
  },
  {
    what: "a pattern without a match beside a name",
    context: { a: "1" },
    containerfile: "FROM scratch\nCOPY a *.none /d/",
    tree: { "d/a": "f 644 0:0 1" },
  },
  {
    what: "names with blanks in JSON form",
    context: { "a b": "1" },
    containerfile: 'FROM scratch\nCOPY ["a b", "/c d/"]',
    tree: { "c d/a b": "f 644 0:0 1" },
  },
  {
    what: "a source with a leading slash and ..",
    context: { "d/a": "1" },
    containerfile: "FROM scratch\nCOPY /../../d/./a /b",
    tree: { b: "f 644 0:0 1" },
  },
  {
    what: "the whole context",
    context: { a: "1" },
    containerfile: "FROM scratch\nCOPY . /\n",
    tree: { a: "f 644 0:0 1", Containerfile: "f 644 0:0 FROM scratch\nCOPY . /\n" },
  },
  {
    what: "relative to WORKDIR",
    context: { a: "1" },
    containerfile: "FROM scratch\nWORKDIR /w\nWORKDIR x\nCOPY a .\nCOPY a ../b",
    tree: { "w/x/a": "f 644 0:0 1", "w/b": "f 644 0:0 1" },
  },
  {
    what: "WORKDIR alone, with its parents",
    containerfile: "FROM scratch\nWORKDIR /a/b/",
    tree: { "a/b": "d 755 0:0" },
  },
  {
    what: "WORKDIR of another user",
    containerfile: "FROM scratch\nCOPY <<E /etc/passwd\nme:x:7:8::/:\nE\nUSER me\nWORKDIR /w/x",
    tree: { "etc/passwd": "f 644 0:0 me:x:7:8::/:\n", w: "d 755 7:8", "w/x": "d 755 7:8" },
  },
  {
    what: "files over files",
    context: { a: "1", b: "2" },
    containerfile: "FROM scratch\nCOPY a /x\nCOPY b /x",
    tree: { x: "f 644 0:0 2" },
  },
  {
    what: "directories into each other",
    context: { "d/a": "1", "e/b": "2", "e/s/c": "3", "d/s/d": "4" },
    containerfile: "FROM scratch\nCOPY d /x\nCOPY e /x",
    tree: { "x/a": "f 644 0:0 1", "x/b": "f 644 0:0 2", "x/s/c": "f 644 0:0 3", "x/s/d": "f 644 0:0 4" },
  },
  {
    what: "modes, without set-id bits",
    context: { a: { mode: 0o4751, text: "1" } },
    containerfile: "FROM scratch\nCOPY a /",
    tree: { a: "f 751 0:0 1" },
  },
  {
    what: "--chmod, octal",
    context: { "d/a": "1" },
    containerfile: "FROM scratch\nCOPY --chmod=4750 d/a /\n",
    tree: { a: "f 4750 0:0 1" },
  },
  {
    what: "--chmod, symbolic",
    context: { "d/a": { mode: 0o640, text: "1" }, "d/e/x": { mode: 0o700, text: "2" } },
    containerfile: "FROM scratch\nCOPY --chmod=u=rwX,go=rX d /d",
    tree: { "d/a": "f 644 0:0 1", "d/e/x": "f 755 0:0 2" },
  },
  {
    what: "--chown with numbers, also for new parents",
    context: { a: "1" },
    containerfile: "FROM scratch\nCOPY --chown=5 a /p/q/\nCOPY --chown=6:7 a /p/r/",
    tree: {
      p: "d 755 5:5",
      "p/q": "d 755 5:5",
      "p/q/a": "f 644 5:5 1",
      "p/r": "d 755 6:7",
      "p/r/a": "f 644 6:7 1",
    },
  },
  {
    what: "--chown with names of the image",
    context: { etc: null, "etc/passwd": "u:x:10:20::/:\n", "etc/group": "g:x:30:\n", a: "1" },
    containerfile:
      "FROM scratch\nCOPY etc /etc\nCOPY --chown=u a /1\nCOPY --chown=u:g a /2\nCOPY --chown=u:4 a /3",
    tree: {
      "etc/passwd": "f 644 0:0 u:x:10:20::/:\n",
      "etc/group": "f 644 0:0 g:x:30:\n",
      1: "f 644 10:20 1",
      2: "f 644 10:30 1",
      3: "f 644 10:4 1",
    },
  },
  {
    what: "USER never matters",
    context: { a: "1" },
    containerfile: "FROM scratch\nUSER 5\nCOPY a /",
    tree: { a: "f 644 0:0 1" },
  },
  {
    what: "a linked source: what it leads to",
    context: { a: "1", l: { link: "a" }, "d/x": "2", m: { link: "/d" } },
    containerfile: "FROM scratch\nCOPY l m /d/",
    tree: { "d/l": "f 644 0:0 1", "d/x": "f 644 0:0 2" },
  },
  {
    what: "links below a source as links",
    context: { "d/l": { link: "../../etc/x" } },
    containerfile: "FROM scratch\nCOPY d /d",
    tree: { "d/l": "l 777 0:0 ../../etc/x" },
  },
  {
    what: "a link out of the context: inside of it",
    context: { l: { link: "/etc/passwd" }, "etc/passwd": "mine" },
    containerfile: "FROM scratch\nCOPY l /x",
    tree: { x: "f 644 0:0 mine" },
  },
  {
    what: "hard links as hard links",
    context: { "d/a": "1", "d/b": { hardLink: "d/a" } },
    containerfile: "FROM scratch\nCOPY d /",
    tree: { a: "f 644 0:0 1", b: "f 644 0:0 1" },
  },
  {
    what: "into a link of the image",
    context: { "r/lib": { link: "usr/lib" }, "r/usr/lib": null, a: "1" },
    containerfile: "FROM scratch\nCOPY r /\nCOPY a /lib/\nCOPY a /lib/x/",
    tree: { lib: "l 777 0:0 usr/lib", "usr/lib/a": "f 644 0:0 1", "usr/lib/x/a": "f 644 0:0 1" },
  },
  {
    what: "over a link at the end: the file it leads to",
    context: { "r/l": { link: "/t" }, a: "1" },
    containerfile: "FROM scratch\nCOPY r /\nCOPY a /l",
    tree: { l: "l 777 0:0 /t", t: "f 644 0:0 1" },
  },
  {
    what: "heredocs",
    containerfile: "FROM scratch\nENV v=1\nCOPY <<A <<-'B' /d/\n\"$v\" \\$v\nA\n\t\t$v\nB\n",
    tree: { "d/A": 'f 644 0:0 "1" $v\n', "d/B": "f 644 0:0 $v\n" },
  },
  {
    what: "a heredoc beside a file",
    context: { a: "1" },
    containerfile: "FROM scratch\nADD a <<B /d/\nx\nB",
    tree: { "d/a": "f 644 0:0 1", "d/B": "f 644 0:0 x\n" },
  },
  {
    what: "what the ignore file leaves",
    context: { ".dockerignore": "*\n!d\nd/x\n", a: "1", "d/a": "2", "d/x": "3" },
    containerfile: "FROM scratch\nCOPY . /",
    tree: { "d/a": "f 644 0:0 2" },
  },
  {
    what: "a child taken back from an ignored directory",
    context: {
      ".containerignore": "d\n!d/e/keep\n",
      "d/x": "1",
      "d/e/keep": "2",
      "d/e/y": "3",
      ".dockerignore": "",
    },
    containerfile: "FROM scratch\nCOPY d /d",
    tree: { "d/e/keep": "f 644 0:0 2" },
  },
  {
    what: "without --exclude",
    context: { "d/a.c": "1", "d/a.o": "2", "d/e/b.o": "3" },
    containerfile: "FROM scratch\nCOPY --exclude=**/*.o d /d",
    tree: { "d/a.c": "f 644 0:0 1", "d/e": "d 755 0:0" },
  },
  {
    what: "with --parents",
    context: { "a/b/c": "1", "x/y/z": "2" },
    containerfile: "FROM scratch\nCOPY --parents a/b/c /p/\nCOPY --parents x/./y/z /q/",
    tree: { "p/a/b/c": "f 644 0:0 1", "q/y/z": "f 644 0:0 2" },
  },
  {
    what: "--from a stage by name and number, owners kept",
    context: { a: "1" },
    containerfile:
      "FROM scratch AS one\nCOPY --chown=3:4 a /a\nFROM scratch\nCOPY --from=one /a /1\nCOPY --from=0 a /2\nCOPY --from=ONE --chown=0 a /3",
    tree: { 1: "f 644 3:4 1", 2: "f 644 3:4 1", 3: "f 644 0:0 1" },
  },
  {
    what: "--from a stage whatever its WORKDIR",
    context: { a: "1" },
    containerfile: "FROM scratch AS one\nWORKDIR /w\nCOPY a .\nFROM scratch\nCOPY --from=one w/a /x",
    tree: { x: "f 644 0:0 1" },
  },
  {
    what: "--from a stage through its links",
    context: { "r/real/a": "1", "r/l": { link: "/real" } },
    containerfile:
      "FROM scratch AS one\nCOPY r /\nFROM scratch\nCOPY --from=one /l/a /x\nCOPY --from=one /l /d",
    tree: { x: "f 644 0:0 1", "d/a": "f 644 0:0 1" },
  },
  {
    what: "FROM an earlier stage",
    context: { a: "1" },
    containerfile: "FROM scratch AS one\nCOPY a /a\nFROM one\nCOPY a /b",
    tree: { a: "f 644 0:0 1", b: "f 644 0:0 1" },
  },
  {
    what: "a stage name given twice: the nearest above",
    context: { a: "1", b: "2" },
    containerfile:
      "FROM scratch AS x\nCOPY a /f\nFROM scratch AS x\nCOPY b /f\nFROM scratch\nCOPY --from=x /f /",
    tree: { f: "f 644 0:0 2" },
  },
  {
    what: "variables in sources and destination",
    context: { "a-1": "1" },
    containerfile: "FROM scratch\nARG n=1\nENV d=/x\nCOPY a-${n} $d/${none:-y}",
    tree: { "x/y": "f 644 0:0 1" },
  },
  {
    what: "ONBUILD triggers of an earlier stage",
    context: { a: "1" },
    containerfile: "FROM scratch AS base\nONBUILD COPY a /t\nFROM base",
    tree: { t: "f 644 0:0 1" },
  },
  {
    what: "an archive with a global header by ADD",
    context: { x: { tar: { f: "1" }, option: "--pax-option=comment=c,mtime=1000000000" } },
    containerfile: "FROM scratch\nADD x /",
    tree: { f: "f 644 0:0 1" },
  },
  {
    what: "an archive by ADD, whatever its name",
    context: { "x.bin": { tar: { "p/f": "1" } } },
    containerfile: "FROM scratch\nADD x.bin /d",
    tree: { "d/p/f": "f 644 0:0 1" },
  },
  {
    what: "a gzip archive by ADD",
    context: { "x.tgz": { tar: { f: "1" }, option: "--gzip" } },
    containerfile: "FROM scratch\nADD x.tgz /",
    tree: { f: "f 644 0:0 1" },
  },
  {
    what: "a zstd archive by ADD",
    context: { x: { tar: { f: "1" }, option: "--zstd" } },
    containerfile: "FROM scratch\nADD x /d/",
    tree: { "d/f": "f 644 0:0 1" },
  },
  {
    what: "an xz archive by ADD",
    context: { x: { tar: { f: "1" }, option: "--xz" } },
    containerfile: "FROM scratch\nADD x /d/",
    tree: { "d/f": "f 644 0:0 1" },
  },
  {
    what: "an archive by COPY as it is",
    context: { x: "text" },
    containerfile: "FROM scratch\nADD x /d/",
    tree: { "d/x": "f 644 0:0 text" },
  },
  {
    what: "an archive into a link of the image",
    context: { "r/lib": { link: "usr/lib" }, "r/usr/lib": null, x: { tar: { "lib/f": "1" } } },
    containerfile: "FROM scratch\nCOPY r /\nADD x /",
    tree: { lib: "l 777 0:0 usr/lib", "usr/lib/f": "f 644 0:0 1" },
  },
  {
    what: "an archive with --unpack=false as it is",
    context: { x: { tar: { f: "1" } } },
    containerfile: "FROM scratch\nADD --unpack=false --chmod=600 x /y\nCOPY <<E /x\nE",
    tree: { x: "f 644 0:0 ", y: "f 600 0:0 (10240 bytes)" },
  },
  {
    what: "what only looks compressed, by ADD, as it is",
    context: { x: Buffer.from([0x1f, 0x8b, 1, 2, 3]) },
    containerfile: "FROM scratch\nADD x /y",
    tree: { y: "f 644 0:0 \x1f\ufffd\x01\x02\x03" },
  },
];

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What instructions make of an image's config. */
export const CONFIG_CASES: readonly ConfigCase[] = [
  {
    what: "ENV, seeing only what was before it",
    containerfile: "FROM scratch\nENV a=1\nENV a=2 b=$a c='x y'\nENV d $a z",
    expected: { Env: [PATH, "a=2", "b=1", "c=x y", "d=2 z"] },
  },
  {
    what: "CMD in shell form",
    containerfile: "FROM scratch\nCMD echo $HOME",
    expected: { Env: [PATH], Cmd: ["/bin/sh", "-c", "echo $HOME"] },
  },
  {
    what: "CMD in the form SHELL says",
    containerfile: 'FROM scratch\nSHELL ["/bin/bash", "-ec"]\nCMD a',
    expected: { Env: [PATH], Shell: ["/bin/bash", "-ec"], Cmd: ["/bin/bash", "-ec", "a"] },
  },
  {
    what: "ENTRYPOINT taking away an inherited CMD",
    containerfile: 'FROM scratch AS a\nCMD ["x"]\nFROM a\nENTRYPOINT ["e"]',
    expected: { Env: [PATH], Entrypoint: ["e"] },
  },
  {
    what: "ENTRYPOINT keeping its own CMD",
    containerfile: 'FROM scratch\nCMD ["x"]\nENTRYPOINT ["e"]',
    expected: { Env: [PATH], Entrypoint: ["e"], Cmd: ["x"] },
  },
  {
    what: "empty lists",
    containerfile: "FROM scratch\nENTRYPOINT []\nCMD []",
    expected: { Env: [PATH], Entrypoint: [], Cmd: [] },
  },
  {
    what: "EXPOSE",
    containerfile: "FROM scratch\nARG p='80 81/UDP'\nEXPOSE $p 90-91/tcp",
    expected: { Env: [PATH], ExposedPorts: { "80/tcp": {}, "81/udp": {}, "90/tcp": {}, "91/tcp": {} } },
  },
  {
    what: "VOLUME, USER, STOPSIGNAL",
    containerfile: 'FROM scratch\nVOLUME /a /b\nVOLUME ["/c d"]\nUSER 1:2\nSTOPSIGNAL SIGUSR1',
    expected: {
      Env: [PATH],
      Volumes: { "/a": {}, "/b": {}, "/c d": {} },
      User: "1:2",
      StopSignal: "SIGUSR1",
    },
  },
  {
    what: "LABEL, later wins, and --label last",
    containerfile: 'FROM scratch\nLABEL a=1 "b c"="d e"\nLABEL a=2',
    expected: { Env: [PATH], Labels: { a: "2", "b c": "d e", z: "9" } },
    options: { labels: [["z", "9"]] },
  },
  {
    what: "HEALTHCHECK",
    containerfile: "FROM scratch\nHEALTHCHECK --interval=5s --retries=2 CMD x",
    expected: { Env: [PATH], Healthcheck: { Test: ["CMD-SHELL", "x"], Interval: 5e9, Retries: 2 } },
  },
  {
    what: "HEALTHCHECK NONE",
    containerfile: "FROM scratch\nHEALTHCHECK NONE",
    expected: { Env: [PATH], Healthcheck: { Test: ["NONE"] } },
  },
  {
    what: "ONBUILD, as text",
    containerfile: "FROM scratch\nONBUILD RUN a $b\nONBUILD ENV x=1",
    expected: { Env: [PATH], OnBuild: ["RUN a $b", "ENV x=1"] },
  },
  {
    what: "ONBUILD triggers run in the child and cleared",
    containerfile: "FROM scratch AS a\nONBUILD ENV x=1\nFROM a\nENV y=$x",
    expected: { Env: [PATH, "x=1", "y=1"] },
  },
  {
    what: "global ARG invisible in a stage",
    containerfile: "ARG v=1\nFROM scratch\nENV a=x$v",
    expected: { Env: [PATH, "a=x"] },
  },
  {
    what: "global ARG declared again",
    containerfile: "ARG v=1\nFROM scratch\nARG v\nENV a=x$v",
    expected: { Env: [PATH, "a=x1"] },
  },
  {
    what: "a stage's default over the global one",
    containerfile: "ARG v=1\nFROM scratch\nARG v=2\nENV a=$v",
    expected: { Env: [PATH, "a=2"] },
  },
  {
    what: "--build-arg over every default",
    containerfile: "ARG v=1\nFROM scratch\nARG v=2\nENV a=$v",
    expected: { Env: [PATH, "a=3"] },
    options: { buildArgs: new Map([["v", "3"]]) },
  },
  {
    what: "ARG only from its line on",
    containerfile: "FROM scratch\nENV a=x$v\nARG v=1\nENV b=$v",
    expected: { Env: [PATH, "a=x", "b=1"] },
  },
  {
    what: "ARG inherited by a stage from this one",
    containerfile: "FROM scratch AS a\nARG v=1\nFROM a\nENV b=$v",
    expected: { Env: [PATH, "b=1"] },
  },
  {
    what: "ENV over ARG",
    containerfile: "FROM scratch\nENV v=e\nARG v=a\nENV b=$v",
    expected: { Env: [PATH, "v=e", "b=e"] },
  },
  {
    what: "ARG unset is not empty",
    containerfile: "FROM scratch\nARG v\nARG w=\nENV a=${v-unset} b=${w-unset}",
    expected: { Env: [PATH, "a=unset", "b="] },
  },
  {
    what: "the stage and the version of the system, where declared",
    containerfile:
      "FROM scratch AS p\nARG TARGETSTAGE TARGETOSVERSION\nENV a=$TARGETSTAGE b=${TARGETOSVERSION-unset}\nFROM scratch",
    options: { target: "p" },
    expected: { Env: [PATH, "a=p", "b="] },
  },
  {
    what: "the stage that nobody named",
    containerfile: "FROM scratch\nARG TARGETSTAGE\nENV a=$TARGETSTAGE",
    expected: { Env: [PATH, "a=default"] },
  },
  {
    what: "SOURCE_DATE_EPOCH, where declared",
    containerfile: "FROM scratch\nENV a=x$SOURCE_DATE_EPOCH\nARG SOURCE_DATE_EPOCH\nENV b=$SOURCE_DATE_EPOCH",
    options: { date: { seconds: 5, files: "keep" } },
    expected: { Env: [PATH, "a=x", "b=5"] },
  },
  {
    what: "an escape directive that comes after a comment, and is none",
    containerfile: "# hello\n# escape=`\nFROM scratch\nENV a=1 \\\n b=2`",
    expected: { Env: [PATH, "a=1", "b=2`"] },
  },
  {
    what: "platform ARGs, where declared",
    containerfile:
      "FROM scratch\nENV a=x$TARGETOS\nARG TARGETOS TARGETVARIANT\nENV b=$TARGETOS c=${TARGETVARIANT-unset}",
    expected: { Env: [PATH, "a=x", "b=linux", "c="] },
  },
  {
    what: "default PATH in expansion",
    containerfile: "FROM scratch\nENV PATH=/x:$PATH",
    expected: { Env: ["PATH=/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] },
  },
  {
    what: "WORKDIR, relative and with variables",
    containerfile: "FROM scratch\nENV d=b\nWORKDIR /a\nWORKDIR $d/\nWORKDIR ../c",
    expected: { Env: [PATH, "d=b"], WorkingDir: "/a/c" },
  },
  {
    what: "escape by backtick",
    containerfile: "# escape=`\nFROM scratch\nENV a=`$x b=c:\\d",
    expected: { Env: [PATH, "a=$x", "b=c:\\d"] },
  },
  {
    what: "FROM by a global ARG and a platform",
    containerfile: "ARG base=one\nFROM scratch AS one\nENV a=1\nFROM --platform=$TARGETPLATFORM $base",
    expected: { Env: [PATH, "a=1"] },
  },
];

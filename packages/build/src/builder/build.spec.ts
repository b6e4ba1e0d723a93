import assert from "node:assert/strict";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  lstatSync,
  lutimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Step } from "@wherry/core/container";
import { hostPlatform, type ImageConfig } from "@wherry/core/oci";
import { run as runProgram } from "@wherry/core/process";
import { parseReference } from "@wherry/core/reference";
import { Store, type LayerWorker } from "@wherry/core/store";
import { applyLayer, diffLayer, type ApplyLayerOptions, type DiffLayerOptions } from "@wherry/core/layer";
import { parseContainerfile } from "../containerfile/index.ts";
import { buildImage, type BuildRequest, type RanCommand } from "./build.ts";
import { ImageDraft } from "./image-draft.ts";
import { LayerFiles } from "./layer-files.ts";
import { openContext } from "./open-context.ts";
import type { Tree } from "./tree.ts";

/** The tasks of the worker, without a namespace: enough for files of our own. */
const inThisProcess: LayerWorker = {
  async call<Output>(task: string, input: object): Promise<Output> {
    if (task === "applyLayer") return (await applyLayer(input as ApplyLayerOptions)) as Output;
    if (task === "diffLayer") return (await diffLayer(input as DiffLayerOptions)) as Output;
    throw new Error(`no task ${task}`);
  },
};

/** A file of a context: text, { link }, { mode, text }, or null for a directory. */
type ContextFile =
  | string
  | Buffer
  | null
  | { link: string }
  | { mode: number; text: string }
  | { hardLink: string }
  | { tar: Record<string, string>; option?: string };

const MTIME = 1_600_000_000;

describe("buildImage", () => {
  let root: string;
  let store: Store;
  let lines: string[];
  let warnings: string[];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-build-"));
    store = Store.open(join(root, "store"));
    lines = [];
    warnings = [];
  });
  afterEach(() => {
    store[Symbol.dispose]();
    rmSync(root, { recursive: true });
  });

  interface Built {
    readonly id: string;
    readonly tree: Record<string, string>;
    readonly config: ImageConfig;
  }

  async function build(
    containerfile: string,
    context: Record<string, ContextFile> = {},
    options: Partial<BuildRequest> & { run?: (step: Step) => RanCommand } = {},
  ): Promise<Built> {
    const directory = join(root, "context");
    rmSync(directory, { recursive: true, force: true });
    await writeContext(directory, { ...context, Containerfile: containerfile });
    const { tree, content, file, explainMissing } = openContext(directory);
    const { run, ...request } = options;
    const image = await buildImage(
      {
        containerfile: parseContainerfile(content, file),
        context: tree,
        explainMissing,
        platform: hostPlatform(),
        ...request,
      },
      {
        store,
        cacheDir: join(root, "cache"),
        progress: { line: (text) => lines.push(text), warn: (text) => warnings.push(text) },
        openImage: (name) => Promise.resolve(store.images.get(name)),
        runCommand: (step) => Promise.resolve(run?.(step) ?? { status: 0, lastLines: [] }),
        worker: () =>
          run === undefined
            ? Promise.reject(new Error("COPY and ADD need no user namespace"))
            : Promise.resolve(inThisProcess),
      },
    );
    const config = store.images.readConfig(image);
    const { content: manifest } = store.images.readManifest(image);
    using files = new LayerFiles(store, join(root, "cache"));
    const { layers } = ImageDraft.from(config, manifest.layers, hostPlatform());
    return { id: image.id, tree: await listing(await files.tree(layers)), config };
  }

  const copies: {
    what: string;
    context?: Record<string, ContextFile>;
    containerfile: string;
    /** Path → "TYPE MODE UID:GID CONTENT"; directories with 755 0:0 may be left out. */
    tree: Record<string, string>;
  }[] = [
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
  for (const { what, context, containerfile, tree } of copies)
    it(`copies ${what}`, async () => {
      assert.deepEqual((await build(containerfile, context)).tree, tree);
    });

  const configs: {
    what: string;
    containerfile: string;
    expected: object;
    options?: Partial<BuildRequest>;
  }[] = [
    {
      what: "ENV, seeing only what was before it",
      containerfile: "FROM scratch\nENV a=1\nENV a=2 b=$a c='x y'\nENV d $a z",
      expected: { Env: ["a=2", "b=1", "c=x y", "d=2 z"] },
    },
    {
      what: "CMD in shell form",
      containerfile: "FROM scratch\nCMD echo $HOME",
      expected: { Cmd: ["/bin/sh", "-c", "echo $HOME"] },
    },
    {
      what: "CMD in the form SHELL says",
      containerfile: 'FROM scratch\nSHELL ["/bin/bash", "-ec"]\nCMD a',
      expected: { Shell: ["/bin/bash", "-ec"], Cmd: ["/bin/bash", "-ec", "a"] },
    },
    {
      what: "ENTRYPOINT taking away an inherited CMD",
      containerfile: 'FROM scratch AS a\nCMD ["x"]\nFROM a\nENTRYPOINT ["e"]',
      expected: { Entrypoint: ["e"] },
    },
    {
      what: "ENTRYPOINT keeping its own CMD",
      containerfile: 'FROM scratch\nCMD ["x"]\nENTRYPOINT ["e"]',
      expected: { Entrypoint: ["e"], Cmd: ["x"] },
    },
    {
      what: "empty lists",
      containerfile: "FROM scratch\nENTRYPOINT []\nCMD []",
      expected: { Entrypoint: [], Cmd: [] },
    },
    {
      what: "EXPOSE",
      containerfile: "FROM scratch\nARG p='80 81/UDP'\nEXPOSE $p 90-91/tcp",
      expected: { ExposedPorts: { "80/tcp": {}, "81/udp": {}, "90/tcp": {}, "91/tcp": {} } },
    },
    {
      what: "VOLUME, USER, STOPSIGNAL",
      containerfile: 'FROM scratch\nVOLUME /a /b\nVOLUME ["/c d"]\nUSER 1:2\nSTOPSIGNAL SIGUSR1',
      expected: { Volumes: { "/a": {}, "/b": {}, "/c d": {} }, User: "1:2", StopSignal: "SIGUSR1" },
    },
    {
      what: "LABEL, later wins, and --label last",
      containerfile: 'FROM scratch\nLABEL a=1 "b c"="d e"\nLABEL a=2',
      expected: { Labels: { a: "2", "b c": "d e", z: "9" } },
      options: { labels: [["z", "9"]] },
    },
    {
      what: "HEALTHCHECK",
      containerfile: "FROM scratch\nHEALTHCHECK --interval=5s --retries=2 CMD x",
      expected: { Healthcheck: { Test: ["CMD-SHELL", "x"], Interval: 5e9, Retries: 2 } },
    },
    {
      what: "HEALTHCHECK NONE",
      containerfile: "FROM scratch\nHEALTHCHECK NONE",
      expected: { Healthcheck: { Test: ["NONE"] } },
    },
    {
      what: "ONBUILD, as text",
      containerfile: "FROM scratch\nONBUILD RUN a $b\nONBUILD ENV x=1",
      expected: { OnBuild: ["RUN a $b", "ENV x=1"] },
    },
    {
      what: "ONBUILD triggers run in the child and cleared",
      containerfile: "FROM scratch AS a\nONBUILD ENV x=1\nFROM a\nENV y=$x",
      expected: { Env: ["x=1", "y=1"] },
    },
    {
      what: "global ARG invisible in a stage",
      containerfile: "ARG v=1\nFROM scratch\nENV a=x$v",
      expected: { Env: ["a=x"] },
    },
    {
      what: "global ARG declared again",
      containerfile: "ARG v=1\nFROM scratch\nARG v\nENV a=x$v",
      expected: { Env: ["a=x1"] },
    },
    {
      what: "a stage's default over the global one",
      containerfile: "ARG v=1\nFROM scratch\nARG v=2\nENV a=$v",
      expected: { Env: ["a=2"] },
    },
    {
      what: "--build-arg over every default",
      containerfile: "ARG v=1\nFROM scratch\nARG v=2\nENV a=$v",
      expected: { Env: ["a=3"] },
      options: { buildArgs: new Map([["v", "3"]]) },
    },
    {
      what: "ARG only from its line on",
      containerfile: "FROM scratch\nENV a=x$v\nARG v=1\nENV b=$v",
      expected: { Env: ["a=x", "b=1"] },
    },
    {
      what: "ARG inherited by a stage from this one",
      containerfile: "FROM scratch AS a\nARG v=1\nFROM a\nENV b=$v",
      expected: { Env: ["b=1"] },
    },
    {
      what: "ENV over ARG",
      containerfile: "FROM scratch\nENV v=e\nARG v=a\nENV b=$v",
      expected: { Env: ["v=e", "b=e"] },
    },
    {
      what: "ARG unset is not empty",
      containerfile: "FROM scratch\nARG v\nARG w=\nENV a=${v-unset} b=${w-unset}",
      expected: { Env: ["a=unset", "b="] },
    },
    {
      what: "platform ARGs, where declared",
      containerfile:
        "FROM scratch\nENV a=x$TARGETOS\nARG TARGETOS TARGETVARIANT\nENV b=$TARGETOS c=${TARGETVARIANT-unset}",
      expected: { Env: ["a=x", "b=linux", "c="] },
    },
    {
      what: "default PATH in expansion",
      containerfile: "FROM scratch\nENV PATH=/x:$PATH",
      expected: { Env: ["PATH=/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] },
    },
    {
      what: "WORKDIR, relative and with variables",
      containerfile: "FROM scratch\nENV d=b\nWORKDIR /a\nWORKDIR $d/\nWORKDIR ../c",
      expected: { Env: ["d=b"], WorkingDir: "/a/c" },
    },
    {
      what: "escape by backtick",
      containerfile: "# escape=`\nFROM scratch\nENV a=`$x b=c:\\d",
      expected: { Env: ["a=$x", "b=c:\\d"] },
    },
    {
      what: "FROM by a global ARG and a platform",
      containerfile: "ARG base=one\nFROM scratch AS one\nENV a=1\nFROM --platform=$TARGETPLATFORM $base",
      expected: { Env: ["a=1"] },
    },
  ];
  for (const { what, containerfile, expected, options } of configs)
    it(`writes the config of ${what}`, async () => {
      const { config } = await build(containerfile, {}, options);
      assert.deepEqual(config.config, expected);
    });

  const failures: {
    what: string;
    context?: Record<string, ContextFile>;
    containerfile: string;
    message: RegExp;
    hint?: RegExp;
    options?: Partial<BuildRequest>;
  }[] = [
    {
      what: "a missing source",
      context: { "config.json": "" },
      containerfile: "FROM scratch\n\nCOPY confg.json /",
      message:
        /^Containerfile:3: COPY confg.json \/: "confg.json": no such file or directory in the build context$/,
      hint: /"config.json"/,
    },
    {
      what: "an ignored source",
      context: { a: "1", ".dockerignore": "a" },
      containerfile: "FROM scratch\nCOPY a /",
      message: /^Containerfile:2: .*"a": it is left out of the context by \.dockerignore$/,
    },
    {
      what: "a pattern without a match",
      containerfile: "FROM scratch\nCOPY *.x /d/",
      message: /^Containerfile:2: .*nothing in the build context matches \*\.x/,
    },
    {
      what: "a bad pattern",
      containerfile: "FROM scratch\nCOPY a[ /",
      message: /^Containerfile:2: .*invalid pattern "a\["/,
    },
    {
      what: "several sources to a file",
      context: { a: "1", b: "2" },
      containerfile: "FROM scratch\nCOPY a b /c",
      message: /^Containerfile:2: .*2 sources, but the destination \/c is not a directory/,
      hint: /\/c\//,
    },
    {
      what: "a directory over a file",
      context: { a: "1", "d/x": "2" },
      containerfile: "FROM scratch\nCOPY a /x\nCOPY d /x",
      message: /^Containerfile:3: .*\/x is not a directory/,
    },
    {
      what: "a directory over a link",
      context: { "r/l": { link: "t" }, "r/t": null, "d/l/x": "2" },
      containerfile: "FROM scratch\nCOPY r /\nCOPY d /",
      message: /^Containerfile:3: .*cannot copy to non-directory: \/l is no directory, but a link to t/,
    },
    {
      what: "a file over a directory",
      context: { "r/x": null, "d/x": "2" },
      containerfile: "FROM scratch\nCOPY r /\nCOPY d /",
      message: /^Containerfile:3: .*cannot replace the directory \/x with a file/,
    },
    {
      what: "an unknown owner",
      context: { a: "1" },
      containerfile: "FROM scratch\nCOPY --chown=me a /",
      message: /^Containerfile:2: .*unknown user me/,
    },
    {
      what: "a bad mode",
      context: { a: "1" },
      containerfile: "FROM scratch\nCOPY --chmod=rw a /",
      message: /^Containerfile:2: .*invalid mode "rw"/,
    },
    {
      what: "an unknown base",
      containerfile: "FROM nosuch",
      message: /^Containerfile:1: FROM nosuch: nosuch: image not known$/,
    },
    {
      what: "an empty base name",
      containerfile: "FROM $nosuch",
      message: /^Containerfile:1: .*name of the base image is empty/,
    },
    {
      what: "another platform",
      containerfile: "FROM --platform=linux/s390x scratch",
      message: /^Containerfile:1: .*cannot build for linux\/s390x/,
    },
    {
      what: "a stage below",
      containerfile: "FROM scratch\nCOPY --from=two a /\nFROM scratch AS two",
      message: /^Containerfile:2: .*--from=two is not an earlier stage/,
      options: { target: "0" },
    },
    {
      what: "a stage number that is not above",
      containerfile: "FROM scratch\nCOPY --from=0 a /",
      message: /^Containerfile:2: .*--from=0 is not an earlier stage/,
    },
    {
      what: "an unknown target",
      containerfile: "FROM scratch AS a",
      message: /no stage "b"/,
      hint: /its stages are a/,
      options: { target: "b" },
    },
    {
      what: "a bad port",
      containerfile: "FROM scratch\nEXPOSE x",
      message: /^Containerfile:2: .*invalid port "x"/,
    },
    {
      what: "an unknown signal",
      containerfile: "FROM scratch\nSTOPSIGNAL SIGNOPE",
      message: /^Containerfile:2: .*unknown signal/,
    },
    {
      what: "an expansion that fails",
      containerfile: 'FROM scratch\nENV a="${b:?is needed}"',
      message: /^Containerfile:2: b: is needed$/,
    },
    {
      what: "a single quote that does not close",
      containerfile: "FROM scratch\nENV x='a\\'b'",
      message: /^Containerfile:2: .*single-quote/,
    },
    {
      what: "ADD of a repository",
      containerfile: "FROM scratch\nADD https://h/x.git /",
      message: /git repository is not supported yet/,
    },
    {
      what: "an archive that leads out",
      context: { x: { tar: { f: "1" }, option: "--transform=s,f,../f," } },
      containerfile: "FROM scratch\nADD x /d/",
      message: /^Containerfile:2: .*archive entry "\.\.\/f" leads out/,
    },
    {
      what: "a link loop",
      context: { a: { link: "b" }, b: { link: "a" } },
      containerfile: "FROM scratch\nCOPY a /",
      message: /^Containerfile:2: .*too many symbolic links in a/,
    },
  ];
  for (const { what, context, containerfile, message, hint, options } of failures)
    it(`refuses ${what}`, async () => {
      await assert.rejects(build(containerfile, context, options), (error: Error & { hint?: string }) => {
        assert.match(error.message, message);
        if (hint !== undefined) assert.match(error.hint ?? "", hint);
        return true;
      });
      assert.deepEqual(store.images.list(), []);
    });

  it("keeps modes of directories of the base in later layers", async () => {
    const context = { "r/secret/a": "1", b: "2" };
    const { tree } = await build("FROM scratch\nCOPY --chmod=700 --chown=5 r /\nCOPY b /secret/", context);
    assert.equal(tree["secret"], "d 700 5:5");
  });

  it("keeps hard links as links in the layer", async () => {
    const context: Record<string, ContextFile> = { "d/a": "x".repeat(100_000), "d/b": { hardLink: "d/a" } };
    await build("FROM scratch\nCOPY d /\n", context);
    const [image] = store.images.list();
    assert.ok(image !== undefined && image.size < 150_000);
  });

  it("copies from an image", async () => {
    const context = { a: "1" };
    await build("FROM scratch\nCOPY --chown=9 a /a", context, {
      names: [parseReference("localhost/base:1")],
    });
    const { tree } = await build("FROM scratch\nCOPY --from=localhost/base:1 /a /b", context);
    assert.deepEqual(tree, { b: "f 644 9:9 1" });
  });

  it("builds only the stages it needs", async () => {
    await build(
      "FROM nosuch AS unused\nFROM scratch AS used\nENV a=1\nFROM scratch AS last\nCOPY --from=used / /x",
      {},
    );
    assert.deepEqual(
      lines.filter((line) => line.includes("STEP")),
      [
        "[2/3] STEP 1/2: FROM scratch AS used",
        "[2/3] STEP 2/2: ENV a=1",
        "[3/3] STEP 1/2: FROM scratch AS last",
        "[3/3] STEP 2/2: COPY --from=used / /x",
      ],
    );
  });

  it("stops at the target", async () => {
    const { config } = await build("FROM scratch AS One\nENV a=1\nFROM nosuch", {}, { target: "one" });
    assert.deepEqual(config.config, { Env: ["a=1"] });
  });

  it("warns of build args nobody asked for", async () => {
    const buildArgs = new Map([
      ["a", "1"],
      ["nosuch", "2"],
      ["HTTP_PROXY", "3"],
    ]);
    await build("FROM scratch\nARG a", {}, { buildArgs });
    assert.deepEqual(warnings, ["one or more build args were not consumed: [nosuch]"]);
  });

  it("writes history and dates without reading the clock", async () => {
    const { config } = await build("FROM scratch\nENV a=1\nCOPY a /\nCMD b", { a: "1" });
    const created = "2020-09-13T12:26:40Z";
    assert.equal(config.created, created);
    assert.deepEqual(config.history, [
      { created: "1970-01-01T00:00:00Z", created_by: "ENV a=1", empty_layer: true },
      { created, created_by: "COPY a /" },
      { created, created_by: 'CMD ["/bin/sh","-c","b"]', empty_layer: true },
    ]);
  });

  describe("cache", () => {
    const containerfile = "FROM scratch\nENV x=1\nCOPY a /\nWORKDIR /w\nCOPY d /d\n";
    const context = { a: "1", "d/b": "2" };
    /** How many of the steps that change files were taken from the cache. */
    const hits = () =>
      lines.filter(
        (line, index) =>
          /STEP .*: (?:COPY|WORKDIR)/.test(line) && lines[index + 1]?.startsWith("--> Using cache"),
      ).length;

    it("gives the same image again without making layers", async () => {
      const first = await build(containerfile, context);
      assert.equal(hits(), 0);
      const second = await build(containerfile, context);
      assert.equal(second.id, first.id);
      assert.equal(hits(), 3);
    });

    const inputs: {
      what: string;
      containerfile?: string;
      context?: Record<string, ContextFile>;
      missed: number;
    }[] = [
      { what: "a time", context: { ...context, Other: "" }, missed: 0 },
      { what: "a file that is not copied", context: { ...context, other: "x" }, missed: 0 },
      { what: "the content of the first file", context: { ...context, a: "2" }, missed: 3 },
      { what: "the content of the last file", context: { ...context, "d/b": "3" }, missed: 1 },
      { what: "the mode of a file", context: { ...context, "d/b": { mode: 0o600, text: "2" } }, missed: 1 },
      { what: "the name of a file", context: { a: "1", "d/c": "2" }, missed: 1 },
      { what: "one more file", context: { ...context, "d/c": "" }, missed: 1 },
      { what: "a destination", containerfile: containerfile.replace("d /d", "d /e"), missed: 1 },
      { what: "an owner", containerfile: containerfile.replace("COPY d", "COPY --chown=1 d"), missed: 1 },
      {
        what: "a variable that changes no file",
        containerfile: containerfile.replace("x=1", "x=2"),
        missed: 0,
      },
      { what: "the working directory", containerfile: containerfile.replace("/w", "/v"), missed: 2 },
    ];
    for (const { what, containerfile: changed = containerfile, context: files = context, missed } of inputs)
      it(`${missed === 0 ? "is not disturbed by" : "sees"} a change of ${what}`, async () => {
        await build(containerfile, context);
        lines = [];
        await build(changed, files);
        assert.equal(3 - hits(), missed);
      });

    it("is written but not read with noCache", async () => {
      await build(containerfile, context);
      lines = [];
      await build(containerfile, context, { noCache: true });
      assert.equal(hits(), 0);
    });

    it("is shared between stages and Containerfiles with the same steps", async () => {
      await build("FROM scratch\nCOPY a /\n", context);
      await build("FROM scratch AS one\nCOPY a /\nFROM scratch\nCOPY --from=one /a /b", context);
      assert.equal(hits(), 1);
    });
  });

  it("gives the same image in another store and directory, on another day", async () => {
    const containerfile = "FROM scratch\nCOPY . /d\nWORKDIR /w\nADD x /y/\n";
    const context = { a: "1", "b/c": "2", "b/l": { link: "c" }, x: { tar: { f: "1" } } };
    const first = await build(containerfile, context);
    store[Symbol.dispose]();
    const outer = root;
    root = mkdtempSync(join(tmpdir(), "wherry-build-elsewhere-"));
    rmSync(outer, { recursive: true });
    store = Store.open(join(root, "store"));
    const umask = process.umask(0o077);
    try {
      assert.equal((await build(containerfile, context)).id, first.id);
    } finally {
      process.umask(umask);
    }
  });

  it("forces the times that were asked for", async () => {
    const { config, tree } = await build(
      "FROM scratch\nCOPY a /",
      { a: "1" },
      { date: { seconds: 5, forFiles: true } },
    );
    assert.equal(config.created, "1970-01-01T00:00:05Z");
    assert.deepEqual(tree, { a: "f 644 0:0 1" });
  });

  describe("RUN", () => {
    const context = { a: "1" };
    const base = "FROM scratch\nCOPY a /\nENV e=1\nARG a=2\nARG e=3\nUSER 4\nWORKDIR /\n";
    const runs: { what: string; run: string; expected: Partial<Step> }[] = [
      {
        what: "shell form, with ARG and ENV",
        run: "RUN echo $e  x",
        expected: { args: ["/bin/sh", "-c", "echo $e  x"], env: ["a=2", "e=1"], user: "4", workingDir: "/" },
      },
      { what: "exec form", run: 'RUN ["a", "$e"]', expected: { args: ["a", "$e"] } },
      {
        what: "the shell that SHELL says",
        run: 'SHELL ["/bin/bash", "-c"]\nRUN x',
        expected: { args: ["/bin/bash", "-c", "x"] },
      },
      {
        what: "a heredoc as its text",
        run: "RUN <<E\na $x\nb\nE",
        expected: { args: ["/bin/sh", "-c", "a $x\nb\n"] },
      },
      {
        what: "a heredoc of a command",
        run: "RUN cat <<E > /x\na\nE",
        expected: { args: ["/bin/sh", "-c", "cat <<E > /x\na\nE"] },
      },
      { what: "a script", run: "RUN <<E\n#!/bin/x\ny\nE", expected: { args: ["/dev/pipes/E"] } },
      { what: "no network", run: "RUN --network=none x", expected: { network: { kind: "none" } } },
      {
        what: "proxies that nobody declared",
        run: "RUN x",
        expected: { env: ["http_proxy=p", "a=2", "e=1"] },
      },
    ];
    for (const { what, run, expected } of runs)
      it(`runs ${what}`, async () => {
        let seen: Step | undefined;
        const failing = build(base + run, context, {
          ...(run === "RUN x" ? { buildArgs: new Map([["http_proxy", "p"]]) } : {}),
          run: (step) => {
            seen = step;
            return { status: 7, lastLines: ["first", "oops"] };
          },
        });
        await assert.rejects(failing, (error: Error & { exitStatus?: number }) => {
          assert.match(
            error.message,
            /^Containerfile:\d+: RUN .*: exit status 7; its last output:\n {2}first\n {2}oops$/,
          );
          assert.equal(error.exitStatus, 7);
          return true;
        });
        assert.ok(seen);
        for (const [name, value] of Object.entries(expected))
          assert.deepEqual(seen[name as keyof Step], value);
        assert.deepEqual(readdirSync(store.paths.staging), []);
      });

    it("makes a layer of what changed, and takes it from the cache the next time", async () => {
      let ran = 0;
      const run = ({ upper }: Step): RanCommand => {
        ran++;
        writeFileSync(join(upper, "made"), "x", { mode: 0o600 });
        return { status: 0, lastLines: [] };
      };
      const first = await build(`${base}RUN x`, context, { run });
      assert.equal(first.tree["made"], `f 600 ${process.getuid?.()}:${process.getgid?.()} x`);
      assert.ok(store.layers.has(first.config.rootfs.diff_ids.at(-1) ?? "sha256:"));
      assert.equal((await build(`${base}RUN x`, context, { run })).id, first.id);
      assert.equal(ran, 1);
      await build(`${base}RUN y`, context, { run });
      await build(`${base}ENV other=1\nRUN x`, context, { run });
      await build(`${base}RUN x`, context, { run, buildArgs: new Map([["a", "3"]]) });
      await build(`${base}RUN x`, context, { run, buildArgs: new Map([["http_proxy", "p"]]) });
      assert.equal(ran, 4);
    });

    for (const flag of ["--mount=type=ssh", "--security=insecure", "--network=bridge", "--device=x"])
      it(`refuses ${flag}`, async () => {
        await assert.rejects(
          build(`${base}RUN ${flag} x`, context),
          /^StepError: Containerfile:8: RUN .*(?:not supported|unknown network)/,
        );
      });
  });
});

async function writeContext(directory: string, files: Record<string, ContextFile>): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    const full = join(directory, path);
    mkdirSync(file === null ? full : dirname(full), { recursive: true });
    if (file === null) continue;
    if (typeof file === "string" || Buffer.isBuffer(file)) writeFileSync(full, file);
    else if ("link" in file) symlinkSync(file.link, full);
    else if ("hardLink" in file) linkSync(join(directory, file.hardLink), full);
    else if ("tar" in file) writeFileSync(full, await archiveOf(file));
    else writeFileSync(full, file.text);
    if (typeof file === "string" || !("link" in file))
      chmodSync(full, typeof file === "object" && "mode" in file ? file.mode : 0o644);
  }
  for (const entry of [".", ...readdirSync(directory, { recursive: true, encoding: "utf8" })]) {
    const full = join(directory, entry);
    if (lstatSync(full).isDirectory()) chmodSync(full, 0o755);
    lutimesSync(full, MTIME, MTIME);
  }
}

/** An archive of files of root with mode 644, made by GNU tar. */
async function archiveOf({ tar, option }: { tar: Record<string, string>; option?: string }): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), "wherry-tar-"));
  try {
    await writeContext(directory, tar);
    const options = ["--owner=0", "--group=0", ...(option === undefined ? [] : [option])];
    return (await runProgram("tar", ["-c", ...options, "-C", directory, ...Object.keys(tar)])).stdout;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Everything in a tree but directories 755 of root that are not empty. */
async function listing(tree: Tree, directory = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of tree.names(directory)) {
    const path = directory === "" ? name : `${directory}/${name}`;
    const node = tree.node(path);
    assert.ok(node);
    const facts = `${node.type[0]} ${node.mode.toString(8)} ${node.uid}:${node.gid}`.replace("s ", "l ");
    if (node.type === "directory") {
      if (facts !== "d 755 0:0" || tree.names(path).length === 0) found[path] = facts;
      Object.assign(found, await listing(tree, path));
    } else if (node.type === "symlink") found[path] = `l 777 ${node.uid}:${node.gid} ${node.linkName ?? ""}`;
    else if (node.size > 1000) found[path] = `${facts} (${node.size} bytes)`;
    else found[path] = `${facts} ${Buffer.from(await tree.bytes(path)).toString()}`;
  }
  return found;
}

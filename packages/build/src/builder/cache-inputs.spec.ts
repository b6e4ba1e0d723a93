import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyLayer, diffLayer, type ApplyLayerOptions, type DiffLayerOptions } from "@wherry/core/layer";
import { hostPlatform, parsePlatform } from "@wherry/core/oci";
import { Store, type LayerWorker } from "@wherry/core/store";
import { parseContainerfile } from "../containerfile/index.ts";
import { buildImage } from "./build-image.ts";
import type { BuildRequest } from "./request.ts";
import { openContext, openFolder } from "./open-context.ts";
import type { BuildEvent } from "./progress.ts";
import { writeContext, type ContextFile } from "./testdata/context-files.ts";

/** One side of a pair. */
interface Side {
  /** What stands after `FROM scratch` and a COPY of file `a`. */
  readonly steps: string;
  readonly files?: Record<string, ContextFile>;
  readonly request?: Partial<BuildRequest>;
  /** Files of the context that is called `named`. */
  readonly named?: Record<string, ContextFile>;
}

interface Pair {
  readonly input: string;
  readonly before: Side;
  readonly after: Partial<Side>;
  /** How `--explain-cache` names it; undefined where the change counts for nothing. */
  readonly reason?: RegExp;
}

const OWNER = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
/** Who may be given files without being root: this process unpacks them. */
const OURS = `${process.getuid?.()}:${process.getgid?.()}`;
const FILES: Record<string, ContextFile> = { a: "1", "d/b": "2", "d/l": { link: "b" } };
const copy: Side = { steps: "COPY d /d" };
const run: Side = { steps: "RUN x" };
const steps = (text: string): Side => ({ steps: text });
const args = (...pairs: [string, string][]): Partial<BuildRequest> => ({ buildArgs: new Map(pairs) });
const secret = (value: string): Partial<BuildRequest> => ({
  secrets: new Map([["s", () => Buffer.from(value)]]),
});

/** Each kind of input of a step: what changes it, or what is like one and is none. */
const PAIRS: readonly Pair[] = [
  {
    input: "COPY: content",
    before: copy,
    after: { files: { ...FILES, "d/b": "3" } },
    reason: /^file d\/b changed$/,
  },
  {
    input: "COPY: mode",
    before: copy,
    after: { files: { ...FILES, "d/b": { mode: 0o600, text: "2" } } },
    reason: /^file d\/b changed$/,
  },
  {
    input: "COPY: link target",
    before: copy,
    after: { files: { ...FILES, "d/l": { link: "c" } } },
    reason: /^file d\/l changed$/,
  },
  {
    input: "COPY: a file more",
    before: copy,
    after: { files: { ...FILES, "d/c": "" } },
    reason: /^file d\/c is new$/,
  },
  {
    input: "COPY: a file less",
    before: copy,
    after: { files: { a: "1", "d/l": { link: "b" } } },
    reason: /^file d\/b is gone$/,
  },
  {
    input: "COPY: destination",
    before: copy,
    after: steps("COPY d /e"),
    reason: /^the destination changed$/,
  },
  { input: "COPY: --chown", before: copy, after: steps("COPY --chown=1 d /d"), reason: /^--chown is new$/ },
  { input: "COPY: --chmod", before: copy, after: steps("COPY --chmod=700 d /d"), reason: /^--chmod is new$/ },
  {
    input: "COPY: --exclude",
    before: copy,
    after: steps("COPY --exclude=l d /d"),
    reason: /--exclude|file d\/l is gone/,
  },
  {
    input: "COPY: --link",
    before: copy,
    after: steps("COPY --link d /d"),
    reason: /^the files before it changed$/,
  },
  {
    input: "COPY: ADD instead",
    before: copy,
    after: steps("ADD d /d"),
    reason: /^the kind of instruction changed$/,
  },
  {
    input: "COPY: the files before it",
    before: copy,
    after: { files: { ...FILES, a: "2" } },
    reason: /^the files before it changed$/,
  },
  {
    input: "COPY: a named context's content",
    before: { steps: "COPY --from=named f /f", named: { f: "1" } },
    after: { named: { f: "2" } },
    reason: /^file f changed$/,
  },
  {
    input: "COPY: --timestamp",
    before: copy,
    after: { request: { date: { seconds: 5, files: "force" } } },
    reason: /--timestamp|the files before it/,
  },
  { input: "COPY: times of files", before: copy, after: { files: { ...FILES, other: "x" } } },
  {
    input: "COPY: an ignored file",
    before: copy,
    after: { files: { ...FILES, ".dockerignore": "d/c", "d/c": "x" } },
  },
  { input: "COPY: ENV before it", before: copy, after: steps("ENV x=1\nCOPY d /d") },
  { input: "COPY: an ARG that says the same", before: copy, after: steps("ARG where=/d\nCOPY d $where") },
  {
    input: "COPY: a named context's other file",
    before: { steps: "COPY --from=named f /f", named: { f: "1" } },
    after: { named: { f: "1", g: "2" } },
  },
  {
    input: "COPY: what else is in a stage",
    before: steps("FROM scratch\nCOPY --from=0 /a /b"),
    after: steps("COPY d /d\nFROM scratch\nCOPY --from=0 /a /b"),
  },
  {
    input: "WORKDIR: the path",
    before: steps("WORKDIR /w"),
    after: steps("WORKDIR /v"),
    reason: /^WORKDIR changed$/,
  },
  {
    input: "WORKDIR: USER",
    before: steps("WORKDIR /w"),
    after: steps("USER 7\nWORKDIR /w"),
    reason: /^USER is new$/,
  },
  { input: "WORKDIR: LABEL before it", before: steps("WORKDIR /w"), after: steps("LABEL a=b\nWORKDIR /w") },
  { input: "RUN: the command", before: run, after: steps("RUN y"), reason: /^the command changed$/ },
  { input: "RUN: exec form", before: run, after: steps('RUN ["x"]'), reason: /^the command/ },
  {
    input: "RUN: SHELL",
    before: run,
    after: steps('SHELL ["/bin/ash", "-c"]\nRUN x'),
    reason: /^the command changed$/,
  },
  {
    input: "RUN: a heredoc's body",
    before: steps("RUN <<E\na\nE"),
    after: steps("RUN <<E\nb\nE"),
    reason: /^the command changed$/,
  },
  {
    input: "RUN: a script",
    before: steps("RUN <<E\n#!/a\nE"),
    after: steps("RUN <<E\n#!/b\nE"),
    reason: /^the script changed$/,
  },
  {
    input: "RUN: ENV",
    before: steps("ENV e=1\nRUN x"),
    after: steps("ENV e=2\nRUN x"),
    reason: /^ENV e changed$/,
  },
  {
    input: "RUN: a declared ARG",
    before: { steps: "ARG a\nRUN x", request: args(["a", "1"]) },
    after: { request: args(["a", "2"]) },
    reason: /^ARG a changed$/,
  },
  { input: "RUN: USER", before: run, after: steps("USER 7\nRUN x"), reason: /^USER is new$/ },
  { input: "RUN: WORKDIR", before: run, after: steps("WORKDIR /\nRUN x"), reason: /^WORKDIR is new$/ },
  {
    input: "RUN: --network",
    before: run,
    after: steps("RUN --network=none x"),
    reason: /^the network changed$/,
  },
  {
    input: "RUN: the platform",
    before: run,
    after: { request: { platform: parsePlatform("linux/386") } },
    reason: /^the platform changed$/,
  },
  {
    input: "RUN: caps, limits, hosts, volumes of the command line",
    before: run,
    after: { request: { runSettings: { volumes: ["/x:/x"] } } },
    reason: /^a flag of build for commands, such as --volume or --cap-add, is new$/,
  },
  {
    input: "RUN: --compat-volumes",
    before: steps("VOLUME /v\nRUN x"),
    after: { request: { discardsVolumes: true } },
    reason: /^the list of volumes whose changes are lost is new$/,
  },
  {
    input: "RUN: VOLUME before it",
    before: run,
    after: steps("VOLUME /v\nRUN x"),
  },
  {
    input: "RUN: the files before it",
    before: run,
    after: { files: { ...FILES, a: "2" } },
    reason: /^the files before it changed$/,
  },
  {
    input: "RUN: a bind mount's content",
    before: steps("RUN --mount=target=/m,source=d x"),
    after: { files: { ...FILES, "d/b": "3" } },
    reason: /^file d\/b changed$/,
  },
  {
    input: "RUN: a bind mount's target",
    before: steps("RUN --mount=target=/m,source=d x"),
    after: steps("RUN --mount=target=/n,source=d x"),
    reason: /^target of --mount 1 changed$/,
  },
  {
    input: "RUN: rw of a bind mount",
    before: steps("RUN --mount=target=/m,source=d x"),
    after: steps("RUN --mount=target=/m,source=d,rw x"),
    reason: /^readOnly of --mount 1 changed$/,
  },
  {
    input: "RUN: a bind mount's stage",
    before: steps(
      `FROM scratch AS two\nCOPY --chown=${OURS} d /d\nFROM scratch\nRUN --mount=from=two,target=/m x`,
    ),
    after: { files: { ...FILES, "d/b": "3" } },
    reason: /content.* of --mount 1/,
  },
  {
    input: "RUN: a cache mount's target",
    before: steps("RUN --mount=type=cache,target=/m x"),
    after: steps("RUN --mount=type=cache,target=/n x"),
    reason: /^target of --mount 1 changed$/,
  },
  {
    input: "RUN: a secret's id",
    before: steps("RUN --mount=type=secret,id=s x"),
    after: steps("RUN --mount=type=secret,id=t x"),
    reason: /of --mount 1/,
  },
  { input: "RUN: an ssh mount", before: run, after: steps("RUN --mount=type=ssh x"), reason: /mount/ },
  {
    input: "RUN: the size of a tmpfs",
    before: steps("RUN --mount=type=tmpfs,target=/m,size=1k x"),
    after: steps("RUN --mount=type=tmpfs,target=/m,size=2k x"),
    reason: /^size of --mount 1 changed$/,
  },
  {
    input: "RUN: a secret's value",
    before: { steps: "RUN --mount=type=secret,id=s x", request: secret("1") },
    after: { request: secret("2") },
  },
  {
    input: "RUN: a cache mount's id",
    before: steps("RUN --mount=type=cache,id=one,target=/m x"),
    after: steps("RUN --mount=type=cache,id=two,target=/m x"),
  },
  { input: "RUN: a proxy", before: run, after: { request: args(["http_proxy", "http://p"]) } },
  {
    input: "RUN: an ARG that is not declared",
    before: { steps: "RUN x", request: args(["a", "1"]) },
    after: { request: args(["a", "2"]) },
  },
  {
    input: "RUN: an ARG declared later",
    before: { steps: "RUN x\nARG a", request: args(["a", "1"]) },
    after: { request: args(["a", "2"]) },
  },
  { input: "RUN: LABEL and CMD before it", before: run, after: steps('LABEL a=b\nCMD ["c"]\nRUN x') },
  {
    input: "RUN: a file beside those of a bind mount",
    before: steps("RUN --mount=target=/m,source=d x"),
    after: { files: { ...FILES, other: "x" } },
  },
  {
    input: "RUN: --jobs, labels and names of the command line",
    before: run,
    after: { request: { jobs: 3, labels: [["a", "b"]], title: "t" } },
  },
  { input: "RUN: where the Containerfile is", before: run, after: { request: { home: "/elsewhere" } } },
];

const inThisProcess: LayerWorker = {
  async call<Output>(task: string, input: object): Promise<Output> {
    if (task === "applyLayer") return (await applyLayer(input as ApplyLayerOptions)) as Output;
    if (task === "diffLayer") return (await diffLayer(input as DiffLayerOptions)) as Output;
    throw new Error(`no task ${task}`);
  },
};

describe("what counts for the cache", () => {
  let root: string;
  let store: Store;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-inputs-"));
  });
  after(() => rmSync(root, { recursive: true }));
  beforeEach(() => {
    store = Store.open(join(root, `store-${Math.random()}`));
  });
  afterEach(() => store[Symbol.dispose]());

  /** Builds one side; gives how its last step that makes files ended. */
  async function last({
    steps: text,
    files = FILES,
    request = {},
    named,
  }: Side): Promise<BuildEvent & { type: "done" }> {
    const directory = join(root, "context");
    rmSync(directory, { recursive: true, force: true });
    await writeContext(directory, {
      ...files,
      Containerfile: `FROM scratch\nCOPY --chown=${OWNER} a /\n${text}\n`,
    });
    const other = join(root, "named");
    rmSync(other, { recursive: true, force: true });
    await writeContext(other, named ?? { none: "" });
    const { tree, content, file } = openContext(directory);
    const done: (BuildEvent & { type: "done" })[] = [];
    const event = (told: BuildEvent): void => {
      if (told.type === "done" && /^(?:COPY|ADD|RUN|WORKDIR)/.test(told.name.text)) done.push(told);
    };
    await buildImage(
      {
        ...{ containerfile: parseContainerfile(content, file), context: tree, platform: hostPlatform() },
        ...{
          explainCache: true,
          contexts: new Map([["named", { kind: "files", open: () => Promise.resolve(openFolder(other)) }]]),
        },
        ...request,
      },
      {
        ...{ store, cacheDir: join(root, "cache"), progress: { event, warn: () => undefined } },
        openImage: () => Promise.reject(new Error("no images")),
        runCommand: ({ upper }) => {
          writeFileSync(join(upper, "made"), "x");
          return Promise.resolve({ status: 0, lastLines: [] });
        },
        worker: () => Promise.resolve(inThisProcess),
      },
    );
    const end = done.at(-1);
    assert.ok(end);
    return end;
  }

  for (const { input, before: one, after: change, reason } of PAIRS)
    it(`${input} ${reason === undefined ? "counts for nothing" : "counts, and is named"}`, async () => {
      assert.equal((await last(one)).cached, false);
      const second = await last({ ...one, ...change });
      assert.equal(second.cached, reason === undefined, second.reason);
      if (reason !== undefined) assert.match(second.reason ?? "", reason);
      assert.equal((await last({ ...one, ...change })).cached, true);
    });
});

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Step } from "@wherry/core/container";
import { digestOf, hostPlatform, parsePlatform, type ImageConfig } from "@wherry/core/oci";
import { parseReference } from "@wherry/core/reference";
import { Store, type LayerWorker } from "@wherry/core/store";
import { applyLayer, diffLayer, type ApplyLayerOptions, type DiffLayerOptions } from "@wherry/core/layer";
import { parseContainerfile } from "../containerfile/index.ts";
import { buildForPlatforms, buildImage, explainBuild } from "./build-image.ts";
import { ImageDraft } from "./image-draft.ts";
import { LayerFiles } from "./layer-files.ts";
import { openContext } from "./open-context.ts";
import { plainProgress } from "./progress.ts";
import type { BuildRequest, BuildTools, RanCommand } from "./request.ts";
import { CONFIG_CASES, COPY_CASES } from "./testdata/cases.ts";
import { LANGUAGE_FAILURES } from "./testdata/failure-cases.ts";
import { MORE_COPY_CASES } from "./testdata/copy-cases.ts";
import { WORD_CASES } from "./testdata/word-cases.ts";
import { writeContext, type ContextFile } from "./testdata/context-files.ts";
import { listing } from "./testdata/listing.ts";

/** The tasks of the worker, without a namespace: enough for files of our own. */
const inThisProcess: LayerWorker = {
  async call<Output>(task: string, input: object): Promise<Output> {
    if (task === "applyLayer") return (await applyLayer(input as ApplyLayerOptions)) as Output;
    if (task === "diffLayer") return (await diffLayer(input as DiffLayerOptions)) as Output;
    throw new Error(`no task ${task}`);
  },
};

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Who runs the tests: the only owner whose files an ordinary user can unpack without a namespace. */
const OWNER = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;

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
    options: Partial<BuildRequest> & { run?: (step: Step) => RanCommand; dryRun?: boolean } = {},
  ): Promise<Built> {
    const directory = join(root, "context");
    rmSync(directory, { recursive: true, force: true });
    await writeContext(directory, { ...context, Containerfile: containerfile });
    const { tree, content, file, explainMissing } = openContext(directory);
    const { run, dryRun = false, ...changes } = options;
    const request: BuildRequest = {
      containerfile: parseContainerfile(content, file),
      context: tree,
      explainMissing,
      platform: hostPlatform(),
      ...changes,
    };
    const tools: BuildTools = {
      store,
      cacheDir: join(root, "cache"),
      progress: plainProgress({
        line: (text) => lines.push(text),
        output: { out: (text) => lines.push(text), err: (text) => lines.push(text) },
        warn: (text) => warnings.push(text),
      }),
      openImage: (name) => Promise.resolve(store.images.resolve(name)),
      runCommand: (step) => Promise.resolve(run?.(step) ?? { status: 0, lastLines: [] }),
      worker: () =>
        run === undefined
          ? Promise.reject(new Error("COPY and ADD need no user namespace"))
          : Promise.resolve(inThisProcess),
    };
    if (dryRun) {
      await explainBuild(request, tools);
      return { id: "", tree: {}, config: {} as ImageConfig };
    }
    const image = await buildImage(request, tools);
    const config = store.images.readConfig(image);
    const { content: manifest } = store.images.readManifest(image);
    using files = new LayerFiles(store, join(root, "cache"));
    const { layers } = ImageDraft.from(config, manifest.layers, hostPlatform());
    return { id: image.id, tree: await listing(await files.tree(layers)), config };
  }

  for (const { what, context, containerfile, tree } of [...COPY_CASES, ...MORE_COPY_CASES])
    it(`copies ${what}`, async () => {
      assert.deepEqual((await build(containerfile, context)).tree, tree);
    });

  for (const { what, containerfile, expected, options } of [...CONFIG_CASES, ...WORD_CASES])
    it(`writes the config of ${what}`, async () => {
      const { config } = await build(containerfile, {}, options);
      assert.deepEqual(config.config, expected);
    });

  for (const [what, containerfile, message] of LANGUAGE_FAILURES)
    it(`refuses ${what}`, async () => {
      await assert.rejects(build(containerfile), ({ message: actual }: Error) => {
        assert.match(actual, message);
        return true;
      });
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
      what: "a command for another machine",
      containerfile: "FROM --platform=linux/nosuch scratch\nRUN x",
      message: /^Containerfile:2: .*cannot run a command for linux\/nosuch/,
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

  it("builds for several platforms, which share steps without a command", async () => {
    const directory = join(root, "many");
    await writeContext(directory, {
      a: "1",
      Containerfile: "FROM scratch\nARG TARGETARCH\nCOPY a /a\nENV arch=$TARGETARCH\n",
    });
    const { tree, content, file } = openContext(directory);
    const images = await buildForPlatforms(
      {
        ...{ containerfile: parseContainerfile(content, file), context: tree, jobs: 2 },
        platform: hostPlatform(),
      },
      {
        ...{ store, cacheDir: join(root, "cache") },
        progress: { event: () => undefined, warn: (text) => warnings.push(text) },
        openImage: (name) => Promise.resolve(store.images.resolve(name)),
        runCommand: () => Promise.reject(new Error("nothing to run")),
        worker: () => Promise.reject(new Error("no namespace")),
      },
      [parsePlatform("linux/amd64"), parsePlatform("linux/arm64")],
    );
    assert.deepEqual(
      images.map(({ platform }) => platform.architecture),
      ["amd64", "arm64"],
    );
    const envs = images.map((image) => store.images.readConfig(image).config?.Env?.at(-1));
    assert.deepEqual(envs, ["arch=amd64", "arch=arm64"]);
    assert.equal(images[0]?.diffIds[0], images[1]?.diffIds[0]);
    assert.equal(store.buildCache.list().length, 1);
  });

  for (const [files, expected] of [
    ["keep", 1_600_000_000],
    ["force", 5],
    ["clamp", 5],
  ] as const)
    it(`times of files: ${files}`, async () => {
      await build("FROM scratch\nCOPY a /a", { a: "1" }, { date: { seconds: 5, files } });
      const [image] = store.images.list();
      assert.ok(image);
      const { content } = store.images.readManifest(image);
      using layers = new LayerFiles(store, join(root, "cache"));
      const { layers: built } = ImageDraft.from(
        store.images.readConfig(image),
        content.layers,
        hostPlatform(),
      );
      assert.equal((await layers.tree(built)).node("a")?.mtime, expected);
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
    const all = "FROM nosuch AS unused\nFROM scratch AS last";
    await assert.rejects(build(all, {}, { buildsUnused: true }), /^StepError: Containerfile:1: .*nosuch/);
  });

  it("stops at the target", async () => {
    const { config } = await build("FROM scratch AS One\nENV a=1\nFROM nosuch", {}, { target: "one" });
    assert.deepEqual(config.config?.Env?.slice(1), ["a=1"]);
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
    const files: Record<string, ContextFile> = context;
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

    const reasons: {
      what: string;
      change: Partial<BuildRequest>;
      text?: string;
      files?: typeof files;
      reason: RegExp;
    }[] = [
      { what: "a file", change: {}, files: { ...files, "d/b": "3" }, reason: /^file d\/b changed$/ },
      { what: "a new file", change: {}, files: { ...files, "d/c": "" }, reason: /^file d\/c is new$/ },
      { what: "the parent", change: {}, files: { ...files, a: "2" }, reason: /the files before it changed$/ },
      { what: "the owner", change: {}, text: "COPY --chown=1 d /d", reason: /^--chown is new/ },
      { what: "the destination", change: {}, text: "COPY d /e", reason: /^the destination changed$/ },
      { what: "--no-cache", change: { noCache: true }, reason: /^--no-cache was given$/ },
      { what: "--cache-ttl", change: { cacheTtlMs: -1 }, reason: /older than --cache-ttl allows/ },
      {
        what: "a step of its own",
        change: { home: "/other" },
        text: "COPY a /q",
        reason: /never done before/,
      },
    ];
    for (const { what, change, text = "COPY d /d", files: changed = files, reason } of reasons)
      it(`tells that a miss is because of ${what}, before building too`, async () => {
        const file = (last: string) => `FROM scratch\nCOPY a /\n${last}\n`;
        await build(file("COPY d /d"), files);
        for (const dryRun of [true, false]) {
          lines = [];
          await build(file(text), changed, { ...change, explainCache: true, dryRun });
          const told = lines.filter((line) => line.startsWith("--> Cache miss: ")).at(-1);
          const expected =
            dryRun && /the parent|--no-cache|--cache-ttl/.test(what)
              ? /^it needs what STEP 2\/3: COPY a \/ makes$/
              : reason;
          assert.match(told?.slice("--> Cache miss: ".length) ?? "no miss", expected);
        }
      });

    it("does nothing in a dry run", async () => {
      await build(containerfile, context, { dryRun: true });
      assert.deepEqual([store.images.list(), store.blobs.list(), store.buildCache.list()], [[], [], []]);
    });

    it("finds steps again after one whose files came out as before", async () => {
      const file = (first: string) => `FROM scratch\n${first}\nCOPY d /d\n`;
      await build(file("COPY a /a"), files);
      lines = [];
      await build(file("COPY --chmod=644 a /a"), files);
      assert.deepEqual(hits(), 1);
    });

    it("asks of another stage only for the files that are copied", async () => {
      const file = "FROM scratch AS one\nCOPY a o /\nFROM scratch\nCOPY --from=one /a /b\n";
      await build(file, { a: "1", o: "1" });
      lines = [];
      await build(file, { a: "1", o: "2" });
      assert.deepEqual(hits(), 1);
      lines = [];
      await build(file, { a: "2", o: "2" });
      assert.deepEqual(hits(), 0);
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
      { date: { seconds: 5, files: "force" } },
    );
    assert.equal(config.created, "1970-01-01T00:00:05Z");
    assert.deepEqual(tree, { a: "f 644 0:0 1" });
  });

  describe("ADD of a URL", () => {
    let server: Server;
    let url: string;
    beforeEach(async () => {
      server = createServer(({ url: path = "" }, response) => {
        if (path.startsWith("/file.txt")) {
          response.setHeader("last-modified", "Sun, 09 Sep 2001 01:46:40 GMT");
          response.end("content");
        } else if (path === "/moved") response.writeHead(302, { location: "/file.txt" }).end();
        else if (path === "/cut") {
          response.writeHead(200, { "content-length": "10" });
          response.write("half", () => response.destroy());
        } else response.writeHead(404, "Not Found").end();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    it("names the file by the path, follows the server, and keeps its time", async () => {
      const { tree, config } = await build(
        `FROM scratch\nADD ${url}/file.txt?q=1 /d/\nADD --chmod=644 ${url}/moved /e`,
      );
      assert.deepEqual(tree, { "d/file.txt": "f 600 0:0 content", e: "f 644 0:0 content" });
      assert.equal(config.created, "2001-09-09T01:46:40Z");
    });

    it("checks the checksum", async () => {
      const right = digestOf("content");
      const { tree } = await build(`FROM scratch\nADD --checksum=${right} ${url}/file.txt /`);
      assert.deepEqual(tree, { "file.txt": "f 600 0:0 content" });
      const wrong = build(`FROM scratch\nADD --checksum=${digestOf("other")} ${url}/file.txt /`);
      await assert.rejects(wrong, /Containerfile:2: .* has checksum sha256:/);
    });

    const failures: [path: string, message: RegExp][] = [
      ["/nosuch", /Containerfile:2: .*\/nosuch: the server answers 404 Not Found/],
      ["/cut", /Containerfile:2: .*cannot fetch http:.*\/cut/],
      ["/", /Containerfile:2: .*(?:404|ends without a file name)/],
    ];
    for (const [path, message] of failures)
      it(`refuses ${path}`, async () => {
        await assert.rejects(build(`FROM scratch\nADD ${url}${path} /d/`), message);
      });
  });

  describe("RUN", () => {
    const context = { a: "1" };
    const base = `FROM scratch\nCOPY --chown=${OWNER} a /\nENV e=1\nARG a=2\nARG e=3\nUSER 4\nWORKDIR /\n`;
    const runs: { what: string; run: string; expected: Partial<Step> }[] = [
      {
        what: "shell form, with ARG and ENV",
        run: "RUN echo $e  x",
        expected: {
          args: ["/bin/sh", "-c", "echo $e  x"],
          env: ["a=2", PATH, "e=1"],
          user: "4",
          workingDir: "/",
        },
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
        expected: { env: ["http_proxy=p", "a=2", PATH, "e=1"] },
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
      assert.equal(first.tree["made"], `f 600 ${OWNER} x`);
      assert.ok(store.layers.has(first.config.rootfs.diff_ids.at(-1) ?? "sha256:"));
      assert.equal((await build(`${base}RUN x`, context, { run })).id, first.id);
      assert.equal(ran, 1);
      await build(`${base}RUN y`, context, { run });
      await build(`${base}ENV other=1\nRUN x`, context, { run });
      await build(`${base}RUN x`, context, { run, buildArgs: new Map([["a", "3"]]) });
      await build(`${base}RUN x`, context, { run, buildArgs: new Map([["http_proxy", "p"]]) });
      assert.equal(ran, 4);
    });

    it("throws away what is written to volumes, where that was asked for", async () => {
      let seen: Step | undefined;
      const volumes = `${base}COPY --chown=${OWNER} a /d/\nVOLUME /d /new\nRUN x`;
      const run = (step: Step): RanCommand => {
        seen = step;
        return { status: 0, lastLines: [] };
      };
      await build(volumes, context, { run });
      assert.deepEqual([seen?.trees, seen?.mounts], [[], []]);
      await build(volumes, context, { run, discardsVolumes: true });
      assert.deepEqual(
        seen?.trees?.map(({ path, destination, readOnly }) => [path, destination, readOnly]),
        [["d", "/d", false]],
      );
      assert.deepEqual(seen.mounts, [{ type: "tmpfs", destination: "/new", options: ["mode=755"] }]);
    });

    for (const flag of ["--security=insecure", "--network=bridge", "--device=x"])
      it(`refuses ${flag}`, async () => {
        await assert.rejects(
          build(`${base}RUN ${flag} x`, context),
          /^StepError: Containerfile:8: RUN .*(?:not supported|unknown network)/,
        );
      });
  });
});

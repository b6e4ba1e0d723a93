import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createManifest, digestOf, hostPlatform, type Digest, type Manifest } from "@wherry/core/oci";
import { Store } from "@wherry/core/store";
import type { ImageSource } from "@wherry/core/transport";
import { buildImage, explainBuild, openContext, plainProgress, type BuildRequest } from "../builder/index.ts";
import { writeContext, type ContextFile } from "../builder/testdata/context-files.ts";
import { parseContainerfile } from "../containerfile/index.ts";
import { readCacheDocument, writeCacheDocument, type CacheDocument } from "./cache-document.ts";
import { importCache } from "./import-cache.ts";
import { cacheSource, RecordedSteps, storedDocument } from "./recorded-steps.ts";
import { RemoteCache } from "./remote-cache.ts";

const CONTAINERFILE = `FROM scratch AS one
COPY big /big
COPY a /a
ENV x=1
FROM scratch
COPY --from=one /a /b
`;
const CONTEXT: Record<string, ContextFile> = { a: "1", big: "2".repeat(10_000) };

describe("RemoteCache", () => {
  let root: string;
  let here: Store;
  let there: Store;
  let lines: string[];
  let warnings: string[];
  /** What was asked of the place. */
  let asked: string[];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-cache-"));
    here = Store.open(join(root, "here"));
    there = Store.open(join(root, "there"));
    [lines, warnings, asked] = [[], [], []];
  });
  afterEach(() => {
    for (const store of [here, there]) store[Symbol.dispose]();
    rmSync(root, { recursive: true });
  });

  async function build(
    store: Store,
    {
      remote,
      dryRun = false,
      ...changes
    }: Partial<BuildRequest> & { remote?: RemoteCache; dryRun?: boolean } = {},
  ): Promise<Digest> {
    const directory = join(root, "context");
    await writeContext(directory, { ...CONTEXT, Containerfile: CONTAINERFILE });
    const { tree, content, file } = openContext(directory);
    lines = [];
    const request = {
      containerfile: parseContainerfile(content, file),
      context: tree,
      platform: hostPlatform(),
      ...changes,
    };
    const tools = {
      ...{ store, remote, cacheDir: join(store.paths.root, "cache") },
      progress: plainProgress({
        line: (text) => void lines.push(text),
        output: { out: () => undefined, err: () => undefined },
        warn: (text) => void warnings.push(text),
      }),
      openImage: () => Promise.reject(new Error("no images")),
      runCommand: () => Promise.reject(new Error("nothing to run")),
      worker: () => Promise.reject(new Error("no namespace")),
    };
    if (dryRun) {
      await explainBuild(request, tools);
      return "sha256:";
    }
    return (await buildImage(request, tools)).manifest.digest;
  }

  /** How many COPY steps were not done. */
  const hits = () =>
    lines.filter((line, index) => /COPY/.test(line) && lines[index + 1]?.startsWith("--> Using cache"))
      .length;

  /** Builds there, and gives the cache of it. */
  async function made(only?: ReadonlySet<Digest>): Promise<{ digest: Digest; document: CacheDocument }> {
    const recorded = new RecordedSteps();
    const digest = await build(there, { onResult: recorded.add.bind(recorded) });
    return { digest, document: await recorded.document({ store: there }, only) };
  }

  function watched(source: ImageSource): ImageSource {
    return {
      readManifest: () => (asked.push("manifest"), source.readManifest()),
      readBlob: (blob) => (asked.push(blob.digest), source.readBlob(blob)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  function opened(source: ImageSource, ttlMs?: number): RemoteCache {
    const place = { name: "place", open: () => Promise.resolve(watched(source)) };
    const warn = (text: string) => void warnings.push(text);
    return new RemoteCache([place], { store: here, warn, ...(ttlMs === undefined ? {} : { ttlMs }) });
  }

  it("gives results by one request, and fetches only the layers that are needed", async () => {
    const { digest, document } = await made();
    await using remote = opened(cacheSource(document, there));
    await build(here, { remote, dryRun: true });
    assert.deepEqual([hits(), asked], [3, ["manifest"]]);
    assert.equal(await build(here, { remote }), digest);
    const image = here.images.list()[0];
    assert.deepEqual([hits(), asked], [3, ["manifest", image?.diffIds[0]]]);
    assert.deepEqual(warnings, []);
  });

  it("counts only for builds that ask it", async () => {
    const { document } = await made();
    await using remote = opened(cacheSource(document, there));
    await build(here, { remote });
    await build(here);
    assert.equal(hits(), 0);
  });

  it("has with mode=min only the steps of the image's own layers", async () => {
    await made();
    const { document } = await made(new Set(there.images.list()[0]?.diffIds));
    assert.equal(document.steps.length, 1);
  });

  it("is copied on without fetching what is there already", async () => {
    const { document } = await made();
    await using remote = opened(cacheSource(document, there));
    const recorded = new RecordedSteps();
    await build(here, { remote, onResult: recorded.add.bind(recorded) });
    const copied = await recorded.document({ store: here, remote });
    const source = cacheSource(copied, here, remote);
    assert.deepEqual((await source.readManifest()).bytes, writeCacheDocument(document).bytes);
    assert.equal(asked.length, 2);
  });

  it("is not used when it is older than --cache-ttl allows, or with --no-cache", async () => {
    const { document } = await made();
    await using remote = opened(cacheSource(document, there), -10_000);
    await build(here, { remote });
    assert.equal(hits(), 0);
    await using other = opened(cacheSource(document, there));
    await build(here, { remote: other, noCache: true });
    assert.equal(hits(), 0);
  });

  it("tells once of a place that cannot be opened", async () => {
    const failing = async () => {
      const place = { name: "x", open: () => Promise.reject(new Error("closed")) };
      await using cache = new RemoteCache([place], { store: here, warn: () => undefined });
      await cache.find([digestOf("key")]);
    };
    await assert.rejects(failing(), /^Error: closed$/);
  });

  it("is left out with a warning when it is not there or is no cache", async () => {
    const image = createManifest({
      schemaVersion: 2,
      config: { mediaType: "a/b", digest: digestOf(""), size: 0 },
      layers: [],
    });
    const source = cacheSource({ steps: [], leads: new Map() }, there);
    await using remote = opened({ ...source, readManifest: () => Promise.resolve(image) });
    await build(here, { remote });
    assert.equal(hits(), 0);
    assert.match(warnings.join(), /^no cache from place: not a build cache: it is an image/);
  });

  const lies: {
    what: string;
    lie: (document: CacheDocument) => CacheDocument;
    content?: string;
    reason: RegExp;
  }[] = [
    {
      what: "another content",
      lie: (document) => document,
      content: "x".repeat(10),
      reason: /layer sha256:\w+ is sha256/,
    },
    {
      what: "too much",
      lie: (document) => document,
      content: "x".repeat(100_000),
      reason: /larger than it says/,
    },
    {
      what: "a layer that is no tar",
      lie: ({ steps, leads }) => ({
        leads,
        steps: steps.map((step) =>
          step.layer === undefined
            ? step
            : { ...step, layer: { ...step.layer, diffId: digestOf("x".repeat(1024)), size: 1024 } },
        ),
      }),
      content: "x".repeat(1024),
      reason: /tar/,
    },
    { what: "nothing", lie: (document) => document, reason: /gone/ },
  ];
  for (const { what, lie, content, reason } of lies)
    it(`that gives ${what} is left out, and the build done again`, async () => {
      const { digest, document } = await made();
      const source = cacheSource(document, there);
      await using remote = opened({
        ...source,
        readManifest: () => Promise.resolve(writeCacheDocument(lie(document))),
        readBlob: () =>
          content === undefined
            ? Promise.reject(new Error("gone"))
            : Promise.resolve(Readable.from([Buffer.from(content)])),
      });
      assert.equal(await build(here, { remote }), digest);
      assert.match(warnings.join(), /^the build begins again without a cache that cannot be used: place: /);
      assert.match(warnings.join(), reason);
      assert.equal(
        here.buildCache.list().some(({ place }) => place === "place"),
        false,
      );
    });

  it("goes from store to store by export and import", async () => {
    const { digest } = await made();
    const source = cacheSource(storedDocument(there), there);
    assert.equal(await importCache(here, source, "place"), 3);
    assert.equal(await build(here), digest);
    assert.equal(hits(), 3);
  });

  describe("documents", () => {
    const hostile: { what: string; change: (content: Record<string, unknown>) => void }[] = [
      { what: "of another kind", change: (content) => (content["artifactType"] = "a/b") },
      { what: "whose steps are no JSON", change: (content) => annotate(content, "steps", "[") },
      { what: "whose steps are no list", change: (content) => annotate(content, "steps", "{}") },
      {
        what: "with a key that is none",
        change: (content) => annotate(content, "steps", '[["../x",1,-1,1]]'),
      },
      {
        what: "with a layer that is not there",
        change: (content) => annotate(content, "steps", JSON.stringify([[digestOf(""), 1, 99, 1]])),
      },
      {
        what: "with a time out of time",
        change: (content) => annotate(content, "steps", JSON.stringify([[digestOf(""), 1e15, -1, 1]])),
      },
      { what: "with a lead to nowhere", change: (content) => annotate(content, "leads", '[["a","b"]]') },
      {
        what: "with a layer of no diffID",
        change: (content) =>
          (((content["layers"] as { annotations: object }[])[0] ?? { annotations: {} }).annotations = {
            "vnd.wherry.build-cache.layer": "../../x 1",
          }),
      },
    ];
    function annotate(content: Record<string, unknown>, name: string, text: string): void {
      (content["annotations"] as Record<string, string>)[`vnd.wherry.build-cache.${name}`] = text;
    }
    for (const { what, change } of hostile)
      it(`${what} are refused`, async () => {
        const { document } = await made();
        const content = JSON.parse(Buffer.from(writeCacheDocument(document).bytes).toString()) as Record<
          string,
          unknown
        >;
        change(content);
        assert.throws(() => readCacheDocument(createManifest(content as unknown as Manifest["content"])), {
          code: "ERR_WHERRY_BUILD_CACHE_INVALID",
        });
      });

    it("are read as they were written", async () => {
      const { document } = await made();
      const written = writeCacheDocument(document);
      assert.deepEqual(writeCacheDocument(readCacheDocument(written)).bytes, written.bytes);
    });
  });
});

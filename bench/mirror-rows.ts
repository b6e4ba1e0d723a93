import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { startRegistry, type TestRegistry } from "../test/support/registry.ts";
import type { Result } from "../test/support/user.ts";
import type { Row } from "./pairs.ts";
import type { Setting } from "./rows.ts";

const GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
const LATE_MS = 20;

/** Repositories of many tags whose images share layers, and the way to them. */
export interface ManyTags extends AsyncDisposable {
  readonly host: string;
  /** The same, each answer 20 ms late. */
  readonly lateHost: string;
}

/** Serves `tags-10`, `tags-100`, `tags-1000` and `tags-5000` from this process. */
export async function serveManyTags(): Promise<ManyTags> {
  const registry = await startRegistry();
  const layers = Array.from({ length: 4 }, () => randomBytes(200_000));
  for (const count of [10, 100, 1000, 5000])
    for (let tag = 0; tag < count; tag++)
      registry.storage.addImage(`tags-${count}`, {
        tag: `t${tag}`,
        layers,
        layerMediaType: GZIP,
        config: { tag },
      });
  const late = await lateFront(registry);
  return {
    host: registry.host,
    lateHost: `127.0.0.1:${(late.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      late.close().closeAllConnections();
      await registry[Symbol.asyncDispose]();
    },
  };
}

/** Rows about copies between registries; see docs/architecture.md. */
export function mirrorRows({ registry, otherRegistry, user, folder, many }: Setting): Row[] {
  const big = `docker://${registry}/bench/big:1`;
  const fresh = (host: string): string => `${host}/bench/m-${Math.random().toString(36).slice(2)}`;
  const noTls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  const copy = (program: string, from: string, to: string): readonly string[] =>
    program === "skopeo"
      ? ["skopeo", "--insecure-policy", "copy", "-q", ...noTls, from, to]
      : ["wherry-image", "copy", "-q", ...noTls, from, to];
  const sync = (program: string, from: string, to: string): readonly string[] => [
    ...(program === "skopeo" ? ["skopeo", "--insecure-policy"] : ["wherry-image"]),
    ...["sync", "--src", "docker", "--dest", "docker", ...noTls, from, to],
  ];
  /** Both remember in which repositories they saw a blob, and ask for it to be mounted from there. */
  const forget = (): Promise<Result> =>
    user.run("rm", [
      "-rf",
      join(user.home, ".local/share/containers/cache"),
      join(user.home, ".cache/wherry/blob-locations.sqlite"),
    ]);
  const pair = (
    work: string,
    ratio: number,
    argv: (program: string) => readonly string[],
    pairs = 1,
  ): Row => ({
    work,
    peer: "skopeo",
    ours: { argv: argv("wherry-image"), before: forget },
    theirs: { argv: argv("skopeo"), before: forget },
    budget: { ratio },
    pairs,
  });
  const same = `${otherRegistry}/same`;
  const alone = (work: string, peakMiB: number, argv: readonly string[]): Row => ({
    work,
    peer: "–",
    ours: { argv, before: forget },
    theirs: undefined,
    budget: { peakMiB },
    pairs: 1,
  });
  const ours = (verb: string, ...words: readonly string[]): readonly string[] => [
    "wherry-image",
    verb,
    ...words,
  ];
  const before = (): Promise<Result> =>
    user.run("wherry-image", sync("wherry-image", `${many.host}/tags-100`, same).slice(1));
  const unchanged = pair("sync of 100 unchanged tags", 0.2, (program) =>
    sync(program, `${many.host}/tags-100`, same),
  );
  return [
    pair("copy registry → registry, 220 MB, cold", 1, (program) =>
      copy(program, big, `docker://${fresh(otherRegistry)}:1`),
    ),
    pair("copy within a registry, 220 MB", 1, (program) =>
      copy(program, big, `docker://${fresh(registry)}:1`),
    ),
    { ...unchanged, ours: { ...unchanged.ours, before } },
    pair("sync of 100 tags that share layers, cold", 0.5, (program) =>
      sync(program, `${many.host}/tags-100`, fresh(otherRegistry)),
    ),
    pair("sync of the same, the source 20 ms late", 0.3, (program) =>
      sync(program, `${many.lateHost}/tags-100`, fresh(otherRegistry)),
    ),
    ...[10, 100, 1000].map((count) =>
      alone(
        `sync of ${count} tags, cold, memory`,
        250,
        sync("wherry-image", `${many.host}/tags-${count}`, fresh(otherRegistry)),
      ),
    ),
    alone(
      "list of 5,000 tags, memory",
      150,
      ours("list-tags", "--tls-verify=false", `docker://${many.host}/tags-5000`),
    ),
    alone("plan of a sync of 2,000 tags, memory", 250, [
      ...ours("plan", "sync", "-s", "docker", "-d", "docker", ...noTls, "-o", `${folder}/plan.json`),
      ...["--include-tag", "^t[01]?\\d{1,3}$", `${many.host}/tags-5000`, fresh(otherRegistry)],
    ]),
  ];
}

async function lateFront({ port }: TestRegistry) {
  const front = createServer((asked, answer) => {
    const { method, url: path, headers } = asked;
    setTimeout(() => {
      const passed = request({ host: "127.0.0.1", port, method, path, headers }, (given) => {
        answer.writeHead(given.statusCode ?? 500, given.headers);
        given.pipe(answer);
      });
      passed.once("error", () => answer.destroy());
      asked.pipe(passed);
    }, LATE_MS);
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  return front;
}

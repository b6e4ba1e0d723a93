import { join } from "node:path";
import type { Result, TestUser } from "../test/support/user.ts";
import { graphRows } from "./build-rows.ts";
import { manyContainerRows } from "./container-rows.ts";
import { mirrorRows, type ManyTags } from "./mirror-rows.ts";
import type { Row } from "./pairs.ts";

/** What the rows are measured on. */
export interface Setting {
  readonly user: TestUser;
  /** A registry on loopback, `localhost:PORT`, that holds `small`, `big` (220 MB, 10,000 files) and `blob` (1 GiB). */
  readonly registry: string;
  /** A second, empty one. */
  readonly otherRegistry: string;
  /** Repositories of many tags. */
  readonly many: ManyTags;
  /** Folder of the user for outputs and contexts. */
  readonly folder: string;
  /** Which peers are installed. */
  readonly peers: ReadonlySet<string>;
}

/** The rows of the budget table whose peers are installed; see docs/architecture.md. */
export function rowsFor(setting: Setting): Row[] {
  return [
    ...startUpRows(setting),
    ...containerRows(),
    ...imageRows(setting),
    ...mirrorRows(setting),
    ...buildRows(setting),
    ...graphRows(setting),
    ...manyContainerRows(setting.user),
  ].filter(({ peer }) => peer === "node" || peer === "–" || setting.peers.has(peer));
}

function startUpRows({ user }: Setting): Row[] {
  const node = join(user.tools.root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  return [
    {
      work: "wherry ps, empty store, beside bare node",
      peer: "node",
      ours: { argv: ["wherry", "--root", join(user.home, "empty"), "ps"] },
      theirs: { argv: [node, "-e", "0"] },
      budget: { ratio: 1.6 },
      pairs: 25,
    },
  ];
}

function containerRows(): Row[] {
  const pair = (work: string, args: readonly string[], ratio: number, pairs = 15): Row => ({
    work,
    peer: "podman",
    ours: { argv: ["wherry", ...args] },
    theirs: { argv: ["podman", ...args] },
    budget: { ratio },
    pairs,
  });
  return [
    pair(
      "run --rm --network none IMAGE true",
      ["run", "--rm", "--network", "none", "localhost/small", "true"],
      0.5,
    ),
    pair("run --rm IMAGE true, default network", ["run", "--rm", "localhost/small", "true"], 0.5),
    pair("exec CONTAINER true", ["exec", "bench", "true"], 0.45),
    pair("ps, one container", ["ps"], 1),
    pair("images", ["images"], 1),
  ];
}

function imageRows({ user, registry, otherRegistry, folder }: Setting): Row[] {
  const big = `${registry}/bench/big:1`;
  const pull = ["pull", "-q", "--tls-verify=false", big];
  let stores = 0;
  /** Into a store of its own: for minutes after files were deleted, ext4 makes new ones several times slower. */
  const intoNewStore = (program: string) => (): readonly string[] => {
    stores += 1;
    return [program, "--root", join(user.home, `store-${stores}`), ...pull];
  };
  const fresh = (name: string): string =>
    `${otherRegistry}/bench/${name}-${Math.random().toString(36).slice(2)}:1`;
  const noTls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  const wipe = (path: string) => (): Promise<Result> => user.run("rm", ["-rf", path]);
  return [
    {
      work: "pull, 220 MB, 10,000 files",
      peer: "podman",
      ours: { argv: intoNewStore("wherry") },
      theirs: { argv: intoNewStore("podman") },
      budget: { ratio: 0.5 },
      pairs: 3,
    },
    {
      work: "push the same, nothing there",
      peer: "podman",
      ours: {
        argv: ["wherry", "push", "-q", "--tls-verify=false", big, fresh("ours")],
        before: () => user.run("wherry", pull),
      },
      theirs: {
        argv: ["podman", "push", "-q", "--tls-verify=false", big, fresh("theirs")],
        before: () => user.run("podman", pull),
      },
      budget: { ratio: 0.7 },
      pairs: 1,
    },
    {
      work: "copy registry → folder, 220 MB",
      peer: "skopeo",
      ours: {
        argv: ["wherry-image", "copy", "-q", ...noTls.slice(0, 1), `docker://${big}`, `dir:${folder}/ours`],
        before: wipe(`${folder}/ours`),
      },
      theirs: {
        argv: [
          "skopeo",
          "--insecure-policy",
          "copy",
          "-q",
          ...noTls.slice(0, 1),
          `docker://${big}`,
          `dir:${folder}/theirs`,
        ],
        before: wipe(`${folder}/theirs`),
      },
      budget: { ratio: 1 },
      pairs: 5,
    },
    {
      work: "inspect, in a registry",
      peer: "skopeo",
      ours: { argv: ["wherry-image", "inspect", "--tls-verify=false", `docker://${big}`] },
      theirs: { argv: ["skopeo", "inspect", "--tls-verify=false", `docker://${big}`] },
      budget: { ratio: 1.2 },
      pairs: 15,
    },
    {
      work: "copy of a 1 GiB blob, memory",
      peer: "–",
      ours: {
        argv: [
          "wherry-image",
          "copy",
          "-q",
          ...noTls,
          `docker://${registry}/bench/blob:1`,
          `docker://${otherRegistry}/bench/blob:1`,
        ],
      },
      theirs: undefined,
      budget: { peakMiB: 200 },
      pairs: 1,
    },
  ];
}

function buildRows({ folder }: Setting): Row[] {
  const build = (program: string, flags: readonly string[]): readonly string[] => [
    program,
    "build",
    "-q",
    ...flags,
    "-t",
    "localhost/bench-built",
    join(folder, "context"),
  ];
  return [
    {
      work: "build, 4 steps, no cache",
      peer: "buildah",
      ours: { argv: build("wherry-build", ["--no-cache"]) },
      theirs: { argv: build("buildah", ["--layers", "--no-cache"]) },
      budget: { ratio: 0.5 },
      pairs: 3,
    },
    {
      work: "the same, all cached",
      peer: "buildah",
      ours: { argv: build("wherry-build", []) },
      theirs: { argv: build("buildah", ["--layers"]) },
      budget: { ratio: 0.1 },
      pairs: 5,
    },
  ];
}

import { rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { startDockerRegistry } from "../test/support/docker-registry.ts";
import type { TestUser } from "../test/support/user.ts";
import { makeBlobLayout } from "./fixtures.ts";
import type { Series } from "./growth.ts";
import { serveManyTags, type ManyTags } from "./mirror-rows.ts";

const TAGS = [10, 100, 1000];

const BLOBS = [1, 16, 128, 1024, 4096];

/**
 * Blobs up to 4 GiB, as far as there is room: at the end the registry copied from, those copied to and the layouts have each
 * size once, and the last is there twice more, staged and as a copy.
 */
function blobSizes(folder: string): number[] {
  const { bavail, bsize } = statfsSync(folder);
  const kept = (size: number): number => BLOBS.reduce((sum, one) => sum + (one <= size ? one : 0), 0);
  return BLOBS.filter((size) => (3 * kept(size) + 2 * size) * 2 ** 20 < bavail * bsize);
}

/** How copies grow: with tags, and with the size of a blob, which must not show in memory. */
export function copySeries(
  { run }: Pick<TestUser, "run">,
  folder: string,
  servers: AsyncDisposableStack,
): readonly Series[] {
  let count = 0;
  let many: Promise<ManyTags> | undefined;
  let registry: Promise<string> | undefined;
  const tags = async (): Promise<string> =>
    (await (many ??= serveManyTags().then((served) => servers.use(served)))).host;
  const target = (): Promise<string> =>
    (registry ??= startDockerRegistry({ parent: folder }).then((started) => servers.use(started).host));
  const noTls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  const sync = async (size: number, to: string): Promise<readonly string[]> => [
    ...["wherry-image", "sync", "-s", "docker", "-d", "docker", ...noTls],
    ...[`${await tags()}/tags-${size}`, `${await target()}/${to}`],
  ];
  const must = async (argv: readonly string[]): Promise<void> => {
    const [program = "", ...words] = argv;
    const { status, stderr } = await run(program, words, { timeoutMs: 300_000 });
    if (status !== 0) throw new Error(`${argv.join(" ")} ended with status ${String(status)}: ${stderr}`);
  };
  const images = new Map<number, Promise<string>>();
  /** A registry's image of one blob of so many MiB, pushed when the first series asks for it. */
  const pushed = (size: number): Promise<string> => {
    const image = images.get(size) ?? push(size);
    images.set(size, image);
    return image;
  };
  const push = async (size: number): Promise<string> => {
    const layout = makeBlobLayout(folder, `mib-${size}`, size);
    const name = `docker://${await target()}/blob/mib-${size}:1`;
    await must(["wherry-image", "copy", "-q", "--dest-tls-verify=false", `oci:${layout}:mib-${size}`, name]);
    rmSync(layout, { recursive: true });
    return name;
  };
  const drop = (path: string) => run("rm", ["-rf", join(folder, path)]);
  return [
    {
      work: "sync of tags that share layers, cold",
      unit: "tags",
      sizes: TAGS,
      prepare: async (size) => ({
        argv: ["sh", "-c", `exec "$@"/$(date +%N)`, "sh", ...(await sync(size, "cold"))],
      }),
    },
    {
      work: "sync of unchanged tags",
      unit: "tags",
      sizes: TAGS,
      async prepare(size) {
        const argv = await sync(size, "same");
        await must(argv);
        return { argv };
      },
    },
    {
      work: "copy of one blob, registry to registry",
      unit: "MiB",
      sizes: blobSizes(folder),
      mostGrowthMiB: 60,
      async prepare(size) {
        const from = await pushed(size);
        const other = servers.use(await startDockerRegistry({ parent: folder })).host;
        const argv = ["wherry-image", "copy", "-q", ...noTls, from];
        return {
          argv: ["sh", "-c", `exec "$@"/$(date +%N):1`, "sh", ...argv, `docker://${other}/blob`],
        };
      },
    },
    {
      work: "copy of one blob, registry to folder",
      unit: "MiB",
      sizes: blobSizes(folder),
      mostGrowthMiB: 60,
      async prepare(size) {
        const from = await pushed(size);
        const argv = ["wherry-image", "copy", "-q", "--src-tls-verify=false", from];
        return { argv: [...argv, `dir:${join(folder, "copied-dir")}`], before: () => drop("copied-dir") };
      },
    },
    {
      work: "copy of one blob between layouts",
      unit: "MiB",
      sizes: blobSizes(folder),
      mostGrowthMiB: 60,
      prepare(size) {
        count += 1;
        const name = `blob-${count}`;
        const layout = makeBlobLayout(folder, name, size);
        return {
          argv: ["wherry-image", "copy", "-q", `oci:${layout}:${name}`, `oci:${folder}/copied:x`],
          before: () => drop("copied"),
        };
      },
    },
  ];
}

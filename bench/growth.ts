import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestUser } from "../test/support/user.ts";
import { copySeries } from "./copy-series.ts";
import { makeLayout } from "./fixtures.ts";
import { serveManyTags } from "./mirror-rows.ts";
import { median, timed, type Side } from "./pairs.ts";
import { plot, type Point } from "./plot.ts";

/** What is done with more and more of something. */
export interface Series {
  /** Also the name of the plot, with dashes. */
  readonly work: string;
  readonly unit: string;
  readonly sizes: readonly number[];
  /** The memory of the largest may be so much more than that of the smallest. */
  readonly mostGrowthMiB?: number;
  prepare(size: number): Side | Promise<Side>;
}

/** A measured series. */
export interface Growth {
  readonly work: string;
  readonly unit: string;
  readonly points: readonly Point[];
}

const RUNS = 3;

const MANY = [1, 10, 100, 1000, 2000];

/** Measures how time and memory grow, and writes a plot of each series into `plots`. */
export async function measureGrowth(
  user: TestUser,
  folder: string,
  plots: string,
  isWanted: (work: string) => boolean,
  servers: AsyncDisposableStack,
): Promise<Growth[]> {
  mkdirSync(plots, { recursive: true });
  const grown: Growth[] = [];
  for (const series of seriesFor(user, folder, servers)) {
    if (!isWanted(series.work)) continue;
    const points: Point[] = [];
    for (const size of series.sizes) {
      process.stderr.write(`measuring: ${series.work}, ${size} ${series.unit}\n`);
      points.push({ size, ...(await measured(await series.prepare(size), user)) });
    }
    const { work, unit } = series;
    writeFileSync(join(plots, `${work.replaceAll(/[^a-z0-9]+/gi, "-")}.svg`), plot(work, unit, points));
    grown.push({ work, unit, points });
    const growth = (points.at(-1)?.peakMiB ?? 0) - (points[0]?.peakMiB ?? 0);
    if (growth > (series.mostGrowthMiB ?? Infinity)) {
      process.stderr.write(`memory grows with size: ${work}, ${growth.toFixed(0)} MiB\n`);
      process.exitCode = 1;
    }
  }
  return grown;
}

/** The series as Markdown tables. */
export function growthTable(grown: readonly Growth[]): string {
  return grown
    .map(({ work, unit, points }) =>
      [
        `### ${work}`,
        "",
        `| ${unit} | time | time per unit | peak memory |`,
        "| --- | --- | --- | --- |",
        ...points.map(
          ({ size, ms, peakMiB }) =>
            `| ${size} | ${ms.toFixed(0)} ms | ${(ms / size).toFixed(2)} ms | ${peakMiB.toFixed(0)} MiB |`,
        ),
      ].join("\n"),
    )
    .join("\n\n");
}

async function measured(side: Side, user: TestUser): Promise<Omit<Point, "size">> {
  const runs = [];
  for (let run = 0; run < RUNS; run++) runs.push(await timed(side, user));
  return { ms: median(runs.map(({ ms }) => ms)), peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)) };
}

function seriesFor(user: TestUser, folder: string, servers: AsyncDisposableStack): readonly Series[] {
  const layoutOf = (name: string, layers: Parameters<typeof makeLayout>[2]) =>
    makeLayout(folder, name, layers);
  let containers = 0;
  let images = 0;
  let small: string | undefined;
  const smallImage = async (): Promise<string> => {
    if (small === undefined) {
      await user.run("wherry", ["pull", "-q", `oci:${layoutOf("few", [])}:few`]);
      [small = ""] = (await user.run("wherry", ["images", "-q"])).stdout.split("\n");
    }
    return small;
  };
  let many: Awaited<ReturnType<typeof serveManyTags>> | undefined;
  return [
    {
      work: "build of COPY steps, no cache",
      unit: "steps",
      sizes: [1, 10, 30, 100],
      prepare(size) {
        const context = join(folder, `steps-${size}`);
        mkdirSync(context, { recursive: true });
        for (let step = 0; step < size; step++) writeFileSync(join(context, `f${step}`), `${step}`);
        const lines = Array.from({ length: size }, (_, step) => `COPY f${step} /f${step}`);
        writeFileSync(join(context, "Containerfile"), ["FROM scratch", ...lines, ""].join("\n"));
        return { argv: ["wherry-build", "build", "-q", "--no-cache", "-t", "grown", context] };
      },
    },
    {
      work: "build with a context of files, all cached",
      unit: "files",
      sizes: [100, 1000, 10_000, 50_000, 200_000],
      async prepare(size) {
        const context = join(folder, `files-${size}`);
        for (let file = 0; file < size; file++) {
          const directory = join(context, "files", String(file % 200));
          if (file < 200) mkdirSync(directory, { recursive: true });
          writeFileSync(join(directory, `f${file}`), `${file}`);
        }
        writeFileSync(join(context, "Containerfile"), "FROM scratch\nCOPY files /files\n");
        await user.run("wherry-build", ["build", "-q", "-t", "grown", context], { timeoutMs: 300_000 });
        return { argv: ["wherry-build", "build", "-q", "-t", "grown", context] };
      },
    },
    {
      work: "pull of a layer of small files",
      unit: "files",
      sizes: [100, 1000, 10_000, 50_000, 200_000],
      prepare(size) {
        const layout = layoutOf(`small-${size}`, [{ files: size, bytesPerFile: 100 }]);
        return {
          argv: ["wherry", "pull", "-q", `oci:${layout}:small-${size}`],
          before: () => user.run("wherry", ["rmi", "-f", "-a"], { timeoutMs: 300_000 }),
        };
      },
    },
    ...copySeries(user, folder, servers),
    {
      work: "ps -a",
      unit: "containers",
      sizes: MANY,
      async prepare(size) {
        const id = await smallImage();
        for (; containers < size; containers++)
          await user.run("wherry", ["create", "--network", "none", id, "true"]);
        return { argv: ["wherry", "ps", "-a"] };
      },
    },
    {
      work: "list of tags",
      unit: "tags",
      sizes: [10, 100, 1000, 5000],
      async prepare(size) {
        const { host } = (many ??= servers.use(await serveManyTags()));
        return { argv: ["wherry-image", "list-tags", "--tls-verify=false", `docker://${host}/tags-${size}`] };
      },
    },
    {
      work: "run --rm side by side",
      unit: "commands at once",
      sizes: [1, 2, 4, 8, 16, 32],
      async prepare(size) {
        const layout = layoutOf("side", []);
        await user.run("wherry", ["pull", "-q", `oci:${layout}:side`]);
        const [id = ""] = (await user.run("wherry", ["images", "-q"])).stdout.split("\n");
        const script = `for n in $(seq ${size}); do wherry run --rm --network none ${id} true & done; wait`;
        return { argv: ["sh", "-c", script] };
      },
    },
    {
      work: "images",
      unit: "images",
      sizes: MANY,
      async prepare(size) {
        if (images === 0) {
          await user.run("wherry", [
            "create",
            "--name",
            "model",
            "--network",
            "none",
            await smallImage(),
            "true",
          ]);
          images = 1;
        }
        for (; images < size; images++)
          await user.run("wherry", [
            "commit",
            "-q",
            "-c",
            `LABEL number=${images}`,
            "model",
            `many-${images}`,
          ]);
        return { argv: ["wherry", "images"] };
      },
    },
  ];
}

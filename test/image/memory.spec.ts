import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { ImageCli } from "../support/run-image.ts";

const LAUNCHER = join(import.meta.dirname, "../../packages/image/bin/wherry-image");

describe("wherry-image stays in bounds of memory", function () {
  this.timeout(120_000);
  let cli: ImageCli;
  let registry: TestRegistry;

  before(async () => {
    cli = new ImageCli();
    registry = await startRegistry();
    const layers = [Buffer.from("one"), Buffer.from("two")];
    for (let tag = 0; tag < 2000; tag++)
      registry.storage.addImage("many", { tag: `t${tag}`, layers, config: { tag } });
    const { tags } = registry.storage.repository("more");
    const { digest } = registry.storage.addImage("more", { tag: "t0" });
    for (let tag = 0; tag < 5000; tag++) tags.set(`tag-of-a-usual-length-${tag}`, digest);
  });
  after(async () => {
    await registry[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  /** Runs the built program with a heap of so many MiB: with more it would end by a signal. */
  async function runWithin(heapMiB: number, argv: readonly string[]): Promise<string> {
    const NODE_OPTIONS = `--max-old-space-size=${heapMiB} --max-semi-space-size=1`;
    const env = { ...process.env, HOME: cli.folder, NODE_OPTIONS };
    const child = spawn(LAUNCHER, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
    const [out, err]: Buffer[][] = [[], []];
    child.stdout.on("data", (piece: Buffer) => out?.push(piece));
    child.stderr.on("data", (piece: Buffer) => err?.push(piece));
    const [status, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.once("close", (...end) => resolve(end)),
    );
    assert.deepEqual(
      [status, signal],
      [0, null],
      Buffer.concat(err ?? [])
        .toString()
        .slice(-400),
    );
    return Buffer.concat(out ?? []).toString();
  }

  it("to list 5,000 tags: in a heap of 16 MiB", async () => {
    const out = await runWithin(16, ["list-tags", "--tls-verify=false", `docker://${registry.host}/more`]);
    assert.equal((JSON.parse(out) as { Tags: string[] }).Tags.length, 5001);
  });

  it("to plan 2,000 images: in a heap of 64 MiB", async () => {
    const plan = cli.path("plan.json");
    const places = [`${registry.host}/many`, `${registry.host}/mirror`];
    const flags = ["--src-tls-verify=false", "--dest-tls-verify=false", "--json", "-o", plan];
    await runWithin(64, ["plan", "sync", "-s", "docker", "-d", "docker", ...flags, ...places]);
    const { images } = JSON.parse(readFileSync(plan, "utf8")) as { images: object[] };
    assert.equal(images.length, 2000);
  });
});

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ImageCli } from "../support/run-image.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The names that README.md has for the two registries. */
const [SOURCE, MIRROR] = ["registry.example.org", "mirror.example.org"] as const;

describe("README.md, In CI", function () {
  this.timeout(20_000);
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const section = /\n## In CI\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
  const blocks = (language: string): string[] =>
    [...section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
      ([, text = ""]) => text,
    );
  let cli: ImageCli;
  let from: TestRegistry;
  let to: TestRegistry;

  before(async () => {
    cli = new ImageCli();
    [from, to] = [await startRegistry(), await startRegistry()];
    for (const tag of ["1.0", "1.1", "2.0-rc1", "2.0"])
      from.storage.addImage("team/app", { tag, config: { tag }, layers: [Buffer.from(`layer ${tag}`)] });
    from.storage.addImage("team/tool", { tag: "latest" });
    to.storage.addImage("team/app", { tag: "0.9" });
  });
  after(async () => {
    for (const registry of [from, to]) await registry[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  it("has commands that do what it says, one after the other", async () => {
    const here = (text: string): string => text.replaceAll(SOURCE, from.host).replaceAll(MIRROR, to.host);
    const [yaml] = blocks("yaml");
    assert.ok(yaml, "the sync file");
    writeFileSync(cli.path("sync.yml"), here(yaml));
    const commands = blocks("sh").flatMap((block) => here(block).split("\n"));
    const lines = commands.filter((line) => line.startsWith("wherry-image "));
    assert.ok(lines.length >= 5);
    for (const line of lines) {
      const [, ...words] = line.replace(/ +#.*$/, "").split(/ +/);
      const placed = words.map((word) => (/\.(?:yml|json)$/.test(word) ? cli.path(word) : word));
      const { status, err } = await cli.run("--tls-verify=false", ...placed);
      assert.equal(status, 0, `${line}: ${err}`);
    }
    const tags = to.storage.repositories.get("team/app")?.tags;
    assert.deepEqual([...(tags?.keys() ?? [])].sort(), ["1.1", "2.0"]);
    for (const [tag, digest] of tags ?? [])
      assert.equal(from.storage.manifest("team/app", tag)?.digest, digest);
    assert.ok(to.storage.manifest("team/tool", "latest"));
  });
});

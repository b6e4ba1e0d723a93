import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { testUser, type TestUser } from "../support/user.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The names that README.md has for the two registries. */
const [SOURCE, MIRROR] = ["registry.example.org", "mirror.example.org"] as const;

describe("README.md, In CI", function () {
  this.timeout(60_000);
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const section = /\n## In CI\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
  const blocks = (language: string): string[] =>
    [...section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
      ([, text = ""]) => text,
    );
  let user: TestUser;
  let from: TestRegistry;
  let to: TestRegistry;

  before(async () => {
    user = testUser();
    [from, to] = [await startRegistry(), await startRegistry()];
    for (const tag of ["1.0", "1.1", "2.0-rc1", "2.0"])
      from.storage.addImage("team/app", { tag, config: { tag }, layers: [Buffer.from(`layer ${tag}`)] });
    from.storage.addImage("team/tool", { tag: "latest" });
    to.storage.addImage("team/app", { tag: "0.9" });
  });
  after(async () => {
    for (const registry of [from, to]) await registry[Symbol.asyncDispose]();
    await user[Symbol.asyncDispose]();
  });

  it("is a script that does what it says, by a shell, with the names of the registries alone replaced", async () => {
    const here = (text: string): string => text.replaceAll(SOURCE, from.host).replaceAll(MIRROR, to.host);
    const [yaml] = blocks("yaml");
    assert.ok(yaml, "the sync file");
    writeFileSync(join(user.home, "sync.yml"), here(yaml));
    const script = blocks("sh").map(here).join("");
    for (const verb of ["copy", "sync", "plan sync", "apply"])
      assert.match(script, new RegExp(`^wherry-image ${verb} `, "m"));
    const { status, stderr } = await user.run("sh", ["-ec", script]);
    assert.equal(status, 0, stderr);
    const tags = to.storage.repositories.get("team/app")?.tags;
    assert.deepEqual([...(tags?.keys() ?? [])].sort(), ["1.1", "2.0"]);
    for (const [tag, digest] of tags ?? [])
      assert.equal(from.storage.manifest("team/app", tag)?.digest, digest);
    assert.ok(to.storage.manifest("team/tool", "latest"));
  });
});

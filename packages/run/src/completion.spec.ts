import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostIn, runInProcess } from "../../../test/support/in-process.ts";
import { Engine } from "@wherry/core/engine";
import { digestOf } from "@wherry/core/oci";
import { program } from "./program.ts";

describe("completion of wherry", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "complete-"));
    const engine = Engine.open(hostIn(folder));
    const { store } = engine;
    for (const name of ["web", "work", "db"])
      store.containers.insert({
        ...{ id: digestOf(name).slice(7), name, created: "2026-01-01T00:00:00Z" },
        ...{ imageId: "", imageName: "", config: {} },
      });
    store[Symbol.dispose]();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function complete(...words: readonly string[]) {
    const sibling: string[] = [];
    const { out } = await runInProcess(["__completeNoDesc", ...words], hostIn(folder), {
      program,
      becomeSibling: ({ program: name, argv }) => {
        sibling.push(name, ...argv);
        return Promise.reject(new Error("gone"));
      },
    });
    const lines = out.trimEnd().split("\n");
    return { words: lines.filter((line) => !line.startsWith(":")), directive: lines.at(-1), sibling };
  }

  const cases: readonly (readonly [
    words: readonly string[],
    expected: readonly string[],
    directive: string,
  ])[] = [
    [["vol"], ["volume"], ":4"],
    [["volume", "e"], ["exists", "export"], ":4"],
    [["container", "r"], ["rename", "restart", "rm", "run"], ":4"],
    [["--root", "/x", "volume", "p"], ["prune"], ":4"],
    [["--log"], ["--log-level"], ":4"],
    [["ps", "--noh"], ["--noheading"], ":4"],
    [["ps", "--sort", "n"], ["names"], ":4"],
    [["ps", "--sort=n"], ["--sort=names"], ":4"],
    [["ps", "-aq", "--filter", "st"], ["status="], ":6"],
    [["run", "--pull", "a"], ["always"], ":4"],
    [["run", "--cap-add", "sys_t"], ["sys_time"], ":4"],
    [["run", "-it", "--network", "c"], ["container:"], ":6"],
    [["run", "--volumes-from", "w"], ["web", "work"], ":4"],
    [["run", "image", "--na"], [], ":0"],
    [["rm", "w"], ["web", "work"], ":4"],
    [["rm", "web", "d"], ["db"], ":4"],
    [["logs", "-f", "--", "w"], ["web", "work"], ":4"],
    [["inspect", "d"], ["db"], ":4"],
    [["kill", "-s", "SIGK"], ["SIGKILL"], ":4"],
    [["save", "-o", "/tm"], [], ":0"],
    [["completion", "z"], ["zsh"], ":4"],
    [["completion", "bash", ""], [], ":4"],
    [["nosuch", ""], [], ":4"],
  ];
  for (const [words, expected, directive] of cases) {
    it(`completes ${words.join(" ")}`, async () => {
      const found = await complete(...words);
      assert.deepEqual(found.words, expected);
      assert.equal(found.directive, directive);
    });
  }

  it("lets the other programs complete what is theirs", async () => {
    assert.deepEqual((await complete("build", "-")).sibling, [
      "wherry-build",
      "__completeNoDesc",
      "build",
      "-",
    ]);
    const ours = await complete("image", "p");
    assert.deepEqual(ours.sibling, ["wherry-image", "__completeNoDesc", "p"]);
    assert.ok(ours.words.includes("pull"));
  });

  it("hides what is only for itself, and nothing else", async () => {
    const hidden = [];
    for (const [id, load] of Object.entries(program.commands))
      if ((await load()).default.hidden) hidden.push(id);
    assert.deepEqual([...(program.hidden ?? [])].sort(), hidden.sort());
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostIn, runInProcess } from "../../../test/support/in-process.ts";
import { Engine } from "@wherry/core/engine";
import { digestOf } from "@wherry/core/oci";
import { parseReference } from "@wherry/core/reference";
import { program } from "./program.ts";
import { putPlainImage } from "./testdata/plain-image.ts";

describe("completion of wherry", () => {
  let folder: string;
  let imageId: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "complete-"));
    const engine = Engine.open(hostIn(folder));
    const { store } = engine;
    for (const name of ["web", "work", "db"])
      store.containers.insert({
        ...{ id: digestOf(name).slice(7), name, created: "2026-01-01T00:00:00Z" },
        ...{ imageId: "", imageName: "", config: {} },
      });
    const image = await putPlainImage(store, "boat");
    imageId = image.id.slice("sha256:".length);
    store.images.tag(image, parseReference("quay.io/team/boat:1"));
    store.volumes.insert({
      ...{ name: "data", created: "2026-01-01T00:00:00Z", options: {}, labels: {}, uid: 0, gid: 0 },
      ...{ isAnonymous: false, isFresh: true },
    });
    store.secrets.insert({ name: "key", labels: {} }, Buffer.from("x"), { now: new Date() });
    store[Symbol.dispose]();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function complete(...words: readonly string[]) {
    const sibling: string[] = [];
    const { out, err } = await runInProcess(["__completeNoDesc", ...words], hostIn(folder), {
      program,
      becomeSibling: ({ program: name, argv }) => {
        sibling.push(name, ...argv);
        return Promise.reject(new Error("gone"));
      },
    });
    const lines = out.trimEnd().split("\n");
    return { words: lines.filter((line) => !line.startsWith(":")), directive: lines.at(-1), sibling, err };
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
    [["inspect", "d"], ["data", "db"], ":4"],
    [["--log-level", "d"], ["debug"], ":4"],
    [["--cgroup-manager=s"], ["--cgroup-manager=systemd"], ":4"],
    [["--root", ""], [], ":16"],
    [["container", "--"], ["--help"], ":4"],
    [["help", "vol"], ["volume"], ":4"],
    [["help", "volume", "mou"], ["mount"], ":4"],
    [["ps", "--filter", "status=r"], ["status=running", "status=removing"], ":4"],
    [["ps", "--filter=ancestor=b"], ["--filter=ancestor=boat:1"], ":4"],
    [["volume", "ls", "-f", "name="], ["name=data"], ":4"],
    [["run", "-v", "d"], ["data:"], ":2"],
    [["run", "--name", ""], [], ":4"],
    [["run", "--cidfile", ""], [], ":0"],
    [["cp", "w"], ["web:", "work:"], ":2"],
    [["cp", "web:/etc", "d"], ["db:"], ":2"],
    [["run", "q"], ["quay.io/team/boat:1"], ":4"],
    [["run", "b"], ["boat:1"], ":4"],
    [["run", "team"], ["team/boat:1"], ":4"],
    [["login", "q"], ["quay.io"], ":4"],
    [["secret", "rm", ""], ["key"], ":4"],
    [["volume", "rm", "data", ""], ["data"], ":4"],
    [["volume", "exists", "data", ""], [], ":4"],
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

  it("offers ids where their beginning is typed", async () => {
    assert.deepEqual((await complete("rmi", imageId.slice(0, 3))).words, [imageId.slice(0, 12)]);
    assert.deepEqual((await complete("rmi", imageId.slice(0, 20))).words, [imageId.slice(0, 20)]);
    const container = digestOf("db").slice(7);
    assert.deepEqual((await complete("rm", container.slice(0, 4))).words, [container.slice(0, 12)]);
  });

  it("says in cobra's words how it ended, on standard error", async () => {
    for (const [line, words] of [
      [["rm", "w"], "ShellCompDirectiveNoFileComp"],
      [["save", "-o", ""], "ShellCompDirectiveDefault"],
      [["cp", ""], "ShellCompDirectiveNoSpace"],
      [["--root", ""], "ShellCompDirectiveFilterDirs"],
      [["ps", "--filter", "st"], "ShellCompDirectiveNoSpace, ShellCompDirectiveNoFileComp"],
    ] as const)
      assert.equal((await complete(...line)).err, `Completion ended with directive: ${words}\n`);
  });

  describe("answers for every command", () => {
    const hidden = program.hidden ?? [];
    const ids = Object.keys(program.commands).filter((id) => !hidden.includes(id));

    for (const topic of ["", ...Object.keys(program.topics)])
      it(`with the commands of ${topic === "" ? "the program" : topic}`, async () => {
        const { words, directive } = await complete(...(topic === "" ? [] : [topic]), "");
        const depth = topic === "" ? 0 : 1;
        const expected = new Set(
          [...ids, ...Object.keys(program.topics), ...Object.keys(program.siblings ?? {})]
            .filter((id) => topic === "" || id.startsWith(`${topic} `))
            .map((id) => id.split(" ")[depth] ?? ""),
        );
        if (topic === "") expected.add("help");
        assert.deepEqual([words, directive], [[...expected].sort(), ":4"]);
      });

    /** What is there to be offered, by the word that a usage line has for it. */
    const OFFERED: readonly (readonly [word: RegExp, name: string])[] = [
      [/^CONTAINERS?$/, "web"],
      [/^IMAGES?$/, "quay.io/team/boat:1"],
      [/^VOLUMES?$/, "data"],
      [/^SECRETS?$/, "key"],
      [/^OBJECTS?$/, "web"],
    ];

    for (const id of ids)
      it(id, async () => {
        const load = program.commands[id];
        assert.ok(load);
        const { default: command } = await load();
        const line = id.split(" ");
        const flags = await complete(...line, "--");
        const declared = Object.entries(command.flags).filter(
          ([, { hidden: isHidden }]) => isHidden !== true,
        );
        assert.deepEqual(
          [[...flags.words].sort(), flags.directive],
          [[...declared.map(([name]) => `--${name}`), "--help"].sort(), ":4"],
        );
        const args = Object.entries(command.args);
        for (const [index, [name, { multiple }]] of args.entries()) {
          const [, offered] = OFFERED.find(([word]) => word.test(name.toUpperCase())) ?? [];
          if (offered === undefined) continue;
          const before = Array.from({ length: index }, () => "arg");
          for (const more of multiple === true ? [[], ["arg"]] : [[]]) {
            const { words } = await complete(...line, ...before, ...more, "");
            assert.ok(words.includes(offered), `${id} ${name}: ${words.join(" ")}`);
          }
        }
        if (args.some(([, { multiple }]) => multiple === true)) return;
        const rest = await complete(...line, ...args.map(() => "arg"), "");
        assert.deepEqual([rest.words, rest.directive], [[], ":4"], "nothing where nothing may stand");
      });
  });

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

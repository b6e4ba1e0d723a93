import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostIn, runInProcess } from "../../../test/support/in-process.ts";
import { program } from "./program.ts";

/** What a help page claims about its command. */
interface Claims {
  readonly options: boolean;
  /** The arguments as the usage line spells them: `CONTAINER`, `[COMMAND...]`. */
  readonly args: readonly string[];
  readonly takesLatest: boolean;
}

/** `--latest` and a name is not refused by these: their words are the container's, or columns. */
const LATEST_WITH_WORDS = ["exec", "top", "port", "ps", "list", "ls"];

describe("every command does what its help claims", () => {
  let home: string;
  before(() => (home = mkdtempSync(join(tmpdir(), "wherry-help-"))));
  after(() => rmSync(home, { recursive: true }));

  const run = (...argv: readonly string[]) => runInProcess(argv, hostIn(home), { program });

  const ids = Object.keys(program.commands).filter((id) => program.hidden?.includes(id) !== true);
  const groups = ["", ...Object.keys(program.topics)];

  for (const id of ids)
    it(id, async () => {
      const words = id.split(" ");
      const claims = await readClaims(words);
      const { args, takesLatest } = claims;
      const needed = args.filter((arg) => !arg.startsWith("["));
      if (args.length === 0)
        await refuses(
          [...words, "invalid-arg"],
          new RegExp(`^Error: \`wherry ${id}\` takes no arguments\\n`),
        );
      if (needed.length > 0)
        await refuses(words, /^Error: .*(?:require|specif|must|provide|need|choose|accepts)/);
      if (args.length > 0 && !args.some((arg) => arg.includes("...")))
        await refuses(
          [...words, ...args.map((_, index) => `x${index}`), "more"],
          /^Error: .*(?:accepts at most|accepts \d+ arg\(s\), received|accepts between \d+ and \d+ arg\(s\), received)/,
        );
      if (takesLatest && !LATEST_WITH_WORDS.includes(words.at(-1) ?? "")) {
        const together = "cannot be used together";
        await refuses(
          [...words, "--latest", "nonexistent"],
          new RegExp(`^Error: .*--latest and (?:containers|arguments) ${together}`),
        );
        await refuses(
          [...words, "--all", "--latest"],
          new RegExp(
            `^Error: (?:--all and --latest ${together}|--all, --latest and \\w+ ${together}|unknown flag)`,
          ),
        );
      }
    });

  for (const group of groups)
    it(`the group ${group === "" ? "of all" : group} wants one of its commands`, async () => {
      const path = ["wherry", group].filter((word) => word !== "").join(" ");
      const words = group === "" ? [] : [group];
      const without = await run(...words);
      assert.deepEqual([without.status, without.out], [125, ""]);
      assert.match(without.err, /^Usage:\n {2}\S/m);
      assert.ok(without.err.endsWith(`Error: missing command '${path} COMMAND'\n`), without.err);
      await refuses(
        [...words, "NoSuchCommand"],
        new RegExp(`^Error: unrecognized command \`${path} NoSuchCommand\``),
      );
      const listed = await listedCommands(words);
      const own = ids.filter((id) => id.startsWith(group === "" ? "" : `${group} `));
      for (const name of listed) {
        const full = [...words, name].join(" ");
        const isThere =
          own.includes(full) || groups.includes(name) || Object.hasOwn(program.siblings ?? {}, name);
        assert.ok(isThere, `${full} is listed, and does not exist`);
      }
    });

  async function readClaims(words: readonly string[]): Promise<Claims> {
    const { status, out, err } = await run(...words, "--help");
    assert.deepEqual([status, err], [0, ""]);
    const blocks = Array.from(out.matchAll(/^(\w[\w ]*):$/gm), ([, name]) => name ?? "");
    const order = ["Description", "Usage", "Aliases", "Examples", "Options"];
    assert.deepEqual(
      blocks,
      order.filter((name) => blocks.includes(name)),
      "blocks in podman's order",
    );
    const [, usage = ""] = /^Usage:\n {2}(.*)$/m.exec(out) ?? [];
    const path = `wherry ${words.join(" ")}`;
    assert.ok(`${usage} `.startsWith(`${path} `), usage);
    const rest = usage.slice(path.length).trim();
    const options = rest.startsWith("[options]");
    const args = rest.replace(/^\[options\] ?/, "");
    assert.equal(options, blocks.includes("Options"), "[options] where there are Options");
    assert.doesNotMatch(args, /[a-z]/, "arguments in upper case, options before them");
    assert.doesNotMatch(args, /\[.*\] [A-Z]/, "what may be left out comes last");
    return {
      options,
      args: args === "" ? [] : args.split(" "),
      takesLatest: /^ {2}-l, --latest/m.test(out),
    };
  }

  async function listedCommands(words: readonly string[]): Promise<string[]> {
    const { status, out } = await run("help", ...words);
    assert.equal(status, 0);
    const [, list = ""] = /^Available Commands:\n((?: {2}.*\n)+)/m.exec(out) ?? [];
    const names = list
      .trimEnd()
      .split("\n")
      .map((line) => line.trim().split(" ", 1)[0] ?? "");
    assert.ok(names.length > 1 || names[0] !== "", `no commands in the help of ${words.join(" ")}`);
    return names;
  }

  async function refuses(argv: readonly string[], words: RegExp): Promise<void> {
    const { status, out, err } = await run(...argv);
    assert.deepEqual([argv.join(" "), status, out], [argv.join(" "), 125, ""]);
    assert.match(err, words, argv.join(" "));
  }
});

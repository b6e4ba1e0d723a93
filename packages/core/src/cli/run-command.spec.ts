import assert from "node:assert/strict";
import { string as stringArg } from "@oclif/core/args";
import { boolean, integer, string } from "@oclif/core/flags";
import { FileSystemError, WherryError } from "../error/index.ts";
import { OutputClosedError } from "./output.ts";
import { InterruptedError } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import type { Program } from "./program.ts";
import { runCommandLine } from "./run-command.ts";
import { WherryCommand } from "./wherry-command.ts";

/** Says what it was given. */
class Show extends WherryCommand {
  static override readonly usesEngine = false;
  static override baseFlags = { root: string() };
  static override summary = "Show the command line";
  static override description = "Prints its command line as JSON.";
  static override aliases = ["display"];
  static override examples = ["<%= config.bin %> <%= command.id %> -a"];
  static override args = { name: stringArg({ required: true }), rest: stringArg({ multiple: true }) };
  static override flags = {
    all: boolean({ char: "a", description: "Show all", exclusive: ["latest"] }),
    latest: boolean({ description: "Show the latest\nand only that" }),
    count: integer({ char: "n", helpValue: "int", description: "How many" }),
    sort: string({ options: ["id", "name"], description: "Sort by" }),
    env: string({ char: "e", multiple: true, description: "Set" }),
  };

  override async run(): Promise<void> {
    const { args, flags, positionals } = await this.input(Show);
    this.log(JSON.stringify({ args, flags, positionals }));
  }
}

class Bare extends WherryCommand {
  static override readonly usesEngine = false;
  static override summary = "Take nothing";
  override async run(): Promise<void> {
    await this.input(Bare);
    this.exitStatus = 42;
  }
}

class NotFoundError extends WherryError {
  override readonly code = "ERR_WHERRY_NOT_FOUND";
}

const outcomes: Record<string, unknown> = {
  disk: new FileSystemError("write", "/x", Object.assign(new Error("x"), { code: "ENOSPC" })),
  bug: new TypeError("x is not a function"),
  missing: new NotFoundError("no x", { hint: "`wherry ps -a` lists all; `wherry-build ps` others" }),
  closed: new OutputClosedError(),
};

class Fail extends WherryCommand {
  static override readonly usesEngine = false;
  static override args = { how: stringArg({ required: true }) };
  override async run(): Promise<void> {
    const { args } = await this.input(Fail);
    throw outcomes[args.how];
  }
}

class Several extends WherryCommand {
  static override readonly usesEngine = false;
  override async run(): Promise<void> {
    await this.input(Several);
    this.fail(outcomes["disk"]);
    this.log("went on");
  }
}

const program: Program = {
  name: "wherry",
  dialect: "podman",
  summary: "Manage containers",
  version: "1.2.3",
  commands: {
    show: () => Promise.resolve({ default: Show }),
    display: () => Promise.resolve({ default: Show }),
    bare: () => Promise.resolve({ default: Bare }),
    fail: () => Promise.resolve({ default: Fail }),
    "thing several": () => Promise.resolve({ default: Several }),
  },
  topics: { thing: "Manage things" },
  siblings: {
    build: { program: "wherry-build", words: ["build"], summary: "Build" },
    image: { program: "wherry-image", words: [], summary: "Images" },
  },
  globalFlags: Show.baseFlags,
};

class BecameSibling extends Error {}

async function run(line: string, changes: Partial<Invocation> = {}) {
  const result = { status: 0, out: "", err: "", sibling: undefined as unknown };
  const invocation: Invocation = {
    program,
    calledAs: "podman",
    openEngine: () => Promise.reject(new Error("no engine in this test")),
    becomeSibling: (sibling) => {
      result.sibling = sibling;
      return Promise.reject(new BecameSibling());
    },
    out: (text) => void (result.out += String(text)),
    err: (text) => void (result.err += text),
    redirectOutput: () => undefined,
    errIsTerminal: false,
    signal: new AbortController().signal,
    releaseSignals: () => undefined,
    now: () => new Date("2026-11-23T04:00:00.123Z"),
    ...changes,
  };
  result.status = await runCommandLine(line === "" ? [] : line.split(" "), invocation);
  return result;
}

describe("runCommandLine", () => {
  it("gives a command its flags, global ones before its name too, and its positionals in order", async () => {
    const { out, status } = await run("--root /r show -e A=1 a -n3 -e -x b a --sort=id");
    assert.deepEqual(JSON.parse(out), {
      args: { name: "a", rest: ["b", "a"] },
      flags: { root: "/r", count: 3, env: ["A=1", "-x"], sort: "id" },
      positionals: ["a", "b", "a"],
    });
    assert.equal(status, 0);
  });

  it("tells false from absent", async () => {
    assert.deepEqual((JSON.parse((await run("show x --all=false")).out) as { flags: unknown }).flags, {
      all: false,
    });
  });

  it("ends with the status a command sets", async () => {
    assert.equal((await run("bare")).status, 42);
  });

  // what podman 4.3 prints, word for word
  const refused = [
    { line: "show x --foo", err: "Error: unknown flag: --foo\nSee 'podman show --help'\n" },
    { line: "show", err: "Error: requires at least 1 arg(s), only received 0\n" },
    { line: "bare x", err: "Error: `podman bare` takes no arguments\n" },
    {
      line: "show x -n abc",
      err: `Error: invalid argument "abc" for "-n, --count" flag: strconv.ParseInt: parsing "abc": invalid syntax\nSee 'podman show --help'\n`,
    },
    {
      line: "show x --sort size",
      err: `Error: invalid argument "size" for "--sort" flag: "size" is not a valid value.  Choose from: id, name\nSee 'podman show --help'\n`,
    },
    {
      line: "show x --all --latest",
      err: "Error: --latest and --all cannot be set together\nSee 'podman show --help'\n",
    },
    {
      line: "shwo",
      err: "Error: unrecognized command `podman shwo`\n\nDid you mean this?\n\tshow\n\nTry 'podman --help' for more information\n",
    },
    {
      line: "thing foo",
      err: "Error: unrecognized command `podman thing foo`\nTry 'podman thing --help' for more information\n",
    },
    { line: "--foo show", err: "Error: unknown flag: --foo\nSee 'podman --help'\n" },
    { line: "fail missing", err: "Error: no x\n`podman ps -a` lists all; `wherry-build ps` others\n" },
    {
      line: "fail disk",
      err: "Error: cannot write /x: no space left on device\nfree some space on that file system, then try again\n",
    },
  ];
  for (const { line, err } of refused) {
    it(`fails with status 125 and podman's words: ${line}`, async () => {
      assert.deepEqual(await run(line), { status: 125, out: "", err, sibling: undefined });
    });
  }

  it("shows a group's commands and asks for one of them", async () => {
    const { status, err, out } = await run("thing");
    assert.equal(status, 125);
    assert.equal(out, "");
    assert.match(err, /Available Commands:\n {2}several/);
    assert.match(err, /\nError: missing command 'podman thing COMMAND'\n$/);
  });

  it("reports one failure of several, and goes on", async () => {
    const { status, out, err } = await run("thing several");
    assert.deepEqual([status, out], [125, "went on\n"]);
    assert.match(err, /^Error: cannot write/);
  });

  it("calls a bug a bug, with its stack", async () => {
    const { status, err } = await run("fail bug");
    assert.equal(status, 125);
    assert.match(err, /^Error: internal error: x is not a function\n\s+at /);
  });

  it("says nothing when its reader has gone", async () => {
    assert.deepEqual(await run("fail closed"), { status: 141, out: "", err: "", sibling: undefined });
  });

  it("says nothing when a signal ended it", async () => {
    const { status, err } = await run("fail disk", {
      signal: AbortSignal.abort(new InterruptedError("SIGINT", 2)),
    });
    assert.deepEqual([status, err], [130, ""]);
  });

  it("says nothing either when it hears of the signal only after a program that the signal ended", async () => {
    const interruption = new AbortController();
    const later = (work: () => void): void => void setImmediate(() => setImmediate(work));
    const running = run("fail disk", { signal: interruption.signal });
    later(() => interruption.abort(new InterruptedError("SIGINT", 2)));
    const { status, err } = await running;
    assert.deepEqual([status, err], [130, ""]);
  });

  const versions = [
    { calledAs: "wherry", expected: "wherry version 1.2.3\n" },
    { calledAs: "podman", expected: "podman version 5.8.6\n" },
  ];
  for (const { calledAs, expected } of versions) {
    it(`answers --version as ${calledAs}`, async () => {
      assert.equal((await run("--version", { calledAs })).out, expected);
    });
  }

  it("ends with skopeo's status, and under its name in its logger's form", async () => {
    const skopeo: Program = { ...program, name: "wherry-image", dialect: "skopeo" };
    const changes = { program: skopeo, calledAs: "skopeo" };
    assert.deepEqual(await run("show x --foo", changes), {
      status: 1,
      out: "",
      err: `time="2026-11-23T04:00:00Z" level=fatal msg="unknown flag: --foo"\n`,
      sibling: undefined,
    });
    assert.equal(
      (await run("show x --foo", { ...changes, errIsTerminal: true })).err,
      "FATA[0000] unknown flag: --foo\n",
    );
  });

  const siblings = [
    {
      line: "build -t x --help .",
      expected: { program: "wherry-build", argv: ["build", "-t", "x", "--help", "."], calledAs: "podman" },
    },
    {
      line: "image copy a b",
      expected: { program: "wherry-image", argv: ["copy", "a", "b"], calledAs: "podman image" },
    },
  ];
  for (const { line, expected } of siblings) {
    it(`becomes ${expected.program} for ${line}`, async () => {
      assert.deepEqual((await run(line)).sibling, expected);
    });
  }

  it("prints a command's help in podman's form, though an argument is missing", async () => {
    assert.equal(
      (await run("show --help")).out,
      [
        "Show the command line",
        "",
        "Description:",
        "  Prints its command line as JSON.",
        "",
        "Usage:",
        "  podman show [options] NAME [REST...]",
        "",
        "Aliases:",
        "  podman show, podman display",
        "",
        "Examples:",
        "  podman show -a",
        "",
        "Options:",
        "  -a, --all           Show all",
        "  -n, --count int     How many",
        "  -e, --env strings   Set",
        "      --latest        Show the latest",
        "                      and only that",
        "      --sort string   Sort by",
        "",
      ].join("\n"),
    );
  });

  it("lists commands, groups and siblings, but no aliases", async () => {
    const { out } = await run("--help");
    const listed = Array.from(out.matchAll(/^ {2}(\w+) {2,}\w/gm), ([, name]) => name);
    assert.deepEqual(listed, ["bare", "build", "image", "show", "thing"]);
    assert.equal((await run("help show")).out, (await run("show --help")).out);
  });
});

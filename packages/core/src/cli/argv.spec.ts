import assert from "node:assert/strict";
import { boolean, integer, string } from "@oclif/core/flags";
import fc from "fast-check";
import { normaliseArgv } from "./argv.ts";
import { flagTable, withBareValue } from "./flag-table.ts";

const table = flagTable({
  all: boolean({ char: "a" }),
  detach: boolean({ char: "d" }),
  env: string({ char: "e", multiple: true }),
  format: string(),
  interactive: boolean({ char: "i" }),
  name: string(),
  publish: string({ char: "p", multiple: true }),
  pull: withBareValue(string(), "always"),
  rm: boolean(),
  time: integer({ char: "t" }),
});

function normalised(argv: readonly string[], interspersed = true) {
  const { flags, positionals, help } = normaliseArgv(argv, { table, interspersed, commandPath: "podman x" });
  return { flags: flags.map(({ entry, value }) => [entry.name, value]), positionals, help };
}

describe("normaliseArgv", () => {
  const cases: readonly {
    argv: string;
    flags?: unknown[];
    positionals?: string[];
    interspersed?: boolean;
    help?: boolean;
  }[] = [
    { argv: "a b", positionals: ["a", "b"] },
    {
      argv: "-p8080:80 -p 81:81 --publish=82",
      flags: [
        ["publish", "8080:80"],
        ["publish", "81:81"],
        ["publish", "82"],
      ],
    },
    {
      argv: "-aid",
      flags: [
        ["all", true],
        ["interactive", true],
        ["detach", true],
      ],
    },
    {
      argv: "-aeA=b=c",
      flags: [
        ["all", true],
        ["env", "A=b=c"],
      ],
    },
    { argv: "-e=A=b", flags: [["env", "A=b"]] },
    {
      argv: "-ae A",
      flags: [
        ["all", true],
        ["env", "A"],
      ],
    },
    { argv: "--rm=false", flags: [["rm", false]] },
    { argv: "--rm=0 --rm", flags: [["rm", true]] },
    { argv: "-a=false", flags: [["all", false]] },
    { argv: "--format json --format table", flags: [["format", "table"]] },
    { argv: "--timeout 3 x -t4", flags: [["time", "4"]], positionals: ["x"] },
    { argv: "--name --rm x", flags: [["name", "--rm"]], positionals: ["x"] },
    { argv: "--pull x", flags: [["pull", "always"]], positionals: ["x"] },
    { argv: "--pull=missing x", flags: [["pull", "missing"]], positionals: ["x"] },
    { argv: "x --rm -- --name -a", flags: [["rm", true]], positionals: ["x", "--name", "-a"] },
    {
      argv: "--rm alpine ls -la --rm -- x",
      interspersed: false,
      flags: [["rm", true]],
      positionals: ["alpine", "ls", "-la", "--rm", "--", "x"],
    },
    { argv: "-- alpine", interspersed: false, positionals: ["alpine"] },
    { argv: "- x", positionals: ["-", "x"] },
    { argv: "--help x", help: true, positionals: ["x"] },
    { argv: "-ah", help: true, flags: [["all", true]] },
    { argv: "alpine --help", interspersed: false, positionals: ["alpine", "--help"] },
  ];
  for (const { argv, flags = [], positionals = [], interspersed = true, help = false } of cases) {
    it(`reads ${argv}${interspersed ? "" : ", ending at the first positional"}`, () => {
      assert.deepEqual(normalised(argv.split(" "), interspersed), { flags, positionals, help });
    });
  }

  const wrong = [
    { argv: ["--foo"], message: "unknown flag: --foo" },
    { argv: ["--foo=x"], message: "unknown flag: --foo" },
    { argv: ["-aZ"], message: "unknown shorthand flag: 'Z' in -aZ" },
    { argv: ["--name"], message: "flag needs an argument: --name" },
    { argv: ["-ae"], message: "flag needs an argument: 'e' in -ae" },
    {
      argv: ["-a=maybe"],
      message: `invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax`,
    },
  ];
  for (const { argv, message } of wrong) {
    it(`refuses ${argv.join(" ")} in pflag's words`, () => {
      assert.throws(() => normalised(argv), {
        code: "ERR_WHERRY_USAGE",
        message,
        hint: "See 'podman x --help'",
      });
    });
  }

  it("gives every word behind the first positional to the container, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        assert.deepEqual(normalised(["--rm", "image", ...words], false).positionals, ["image", ...words]);
      }),
    );
  });

  it("gives a flag any value that follows =", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        assert.deepEqual(normalised([`--name=${value}`]).flags, [["name", value]]);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostIn, runInProcess } from "../../../test/support/in-process.ts";
import { program } from "./program.ts";

/** Command lines that podman 4.3.1 refuses, each with its words: `Error: ` and `See 'podman … --help'` are on lines of their own. */
const ROWS = JSON.parse(readFileSync(join(import.meta.dirname, "testdata/podman-usage.json"), "utf8")) as [
  string,
  string,
][];

describe("command lines that podman refuses", () => {
  let home: string;
  before(() => (home = mkdtempSync(join(tmpdir(), "wherry-usage-"))));
  after(() => rmSync(home, { recursive: true }));

  const byCommand = Map.groupBy(ROWS, ([line]) => line.replace(/ (?:-.*|a b c d e)$/, ""));
  for (const [command, rows] of byCommand)
    it(`${command}: ${rows.length} refused in the same words`, async () => {
      for (const [line, words] of rows) {
        const { status, out, err } = await runInProcess(line.split(" "), hostIn(home), { program });
        const expected = DIFFERENT.get(line)?.words ?? ourWords(words);
        assert.deepEqual(
          { line, err, out, status },
          { line, err: `Error: ${expected}\n`, out: "", status: 125 },
        );
      }
    });

  it("has a reason for each difference, and no difference that is none", () => {
    const known = new Map(ROWS.map(([line, words]) => [line, ourWords(words)]));
    for (const [line, { words, why }] of DIFFERENT) {
      assert.ok(known.has(line), `${line} is not in the table`);
      assert.notEqual(words, known.get(line), line);
      assert.notEqual(why, "");
    }
  });
});

/** podman's words with our name in them. */
function ourWords(words: string): string {
  return words.replaceAll(/(?<=["'`])podman (?=[a-z])/g, "wherry ");
}

interface Difference {
  readonly words: string;
  readonly why: string;
}

/** Flags of podman that wherry does not have, and so does not know. */
const UNKNOWN_FLAGS: readonly (readonly [line: string, why: string])[] = [
  ["container cleanup --exec", "an exec session leaves nothing to clean up"],
  ["container create --disable-content-trust=x", "podman has it without effect, for docker"],
  ["image push --compress=x", "layers are compressed when they leave, always"],
  ["image save --compress=x", "as push"],
  ["system migrate --new-runtime", "the runtime is probed at each start"],
  ["unshare --rootless-netns=x", "there is no network namespace that containers share yet"],
];

const NO_NAMES = "you must provide at least one name or id";
const CPU = "the limits are read together, when the rest of the line is right, and their range is named";

/** What we say otherwise, on purpose. */
const DIFFERENT = new Map<string, Difference>([
  ...UNKNOWN_FLAGS.map(([line, why]): [string, Difference] => {
    const [, command = "", flag = ""] = /^(.*) (--[a-z-]+)/.exec(line) ?? [];
    return [line, { words: `unknown flag: ${flag}\nSee 'wherry ${command} --help'`, why }];
  }),
  ...["attach", "container logs", "container port", "container start", "container wait"].map(
    (line): [string, Difference] => [
      line,
      { words: NO_NAMES, why: "one sentence of all that take containers" },
    ],
  ),
  ["attach a b c d e", { words: "accepts at most 1 arg(s), received 5", why: "cobra's words, as elsewhere" }],
  ...["container clone", "container create", "container run"].flatMap((command) =>
    ["--cpu-quota x", "--cpu-period x", "--cpus x"].map((flag): [string, Difference] => [
      `${command} ${flag}`,
      {
        words:
          command === "container clone"
            ? "accepts between 1 and 3 arg(s), received 0"
            : "requires at least 1 arg(s), only received 0",
        why: CPU,
      },
    ]),
  ),
  [
    "container update --cpu-quota x",
    { words: 'invalid --cpu-quota "x": expected a whole number of at least -1', why: CPU },
  ],
  [
    "container update --cpu-period x",
    {
      words: 'invalid --cpu-period "x": expected a whole number of at least 1000 and at most 1000000',
      why: CPU,
    },
  ],
  [
    "container update --cpus x",
    { words: 'invalid --cpus "x": expected a number of at least 0.01', why: CPU },
  ],
  ["container update", { words: "must specify at least one thing to change", why: "it takes --latest too" }],
  [
    "container update a b c d e",
    { words: "accepts at most 1 arg(s), received 5", why: "it takes --latest too" },
  ],
  [
    "container diff a b c d e",
    { words: "accepts at most 1 arg(s), received 5", why: "it compares with the image only" },
  ],
  [
    "container list --watch x",
    {
      words: `invalid argument "x" for "-w, --watch" flag: strconv.ParseInt: parsing "x": invalid syntax\nSee 'wherry container list --help'`,
      why: "0 seconds are refused, so the number is none that begins at 0",
    },
  ],
  ...["secret ls", "volume ls"].map((command): [string, Difference] => [
    `${command} --noheading=x`,
    {
      words: `invalid argument "x" for "-n, --noheading" flag: strconv.ParseBool: parsing "x": invalid syntax\nSee 'wherry ${command} --help'`,
      why: "-n is podman 5's",
    },
  ]),
  [
    "volume import",
    { words: "accepts between 1 and 2 arg(s), received 0", why: "the archive may be standard input" },
  ],
  ["volume import a b c d e", { words: "accepts between 1 and 2 arg(s), received 5", why: "the same" }],
]);

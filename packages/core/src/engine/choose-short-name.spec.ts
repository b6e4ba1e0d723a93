import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRegistriesConf, shortNameCandidates, type Environment } from "../config/index.ts";
import { formatReference } from "../reference/index.ts";
import { chooseShortName, type Choose } from "./choose-short-name.ts";
import { Engine } from "./engine.ts";

describe("chooseShortName", () => {
  let home: string;
  let environment: Environment;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "wherry-names-"));
    environment = { env: {}, home, uid: 1000, etc: join(home, "etc"), usrShare: join(home, "usr") };
    mkdirSync(join(home, "etc/containers"), { recursive: true });
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const asked: string[][] = [];
  const second: Choose = (label, choices) => {
    asked.push([label, ...choices]);
    return Promise.resolve(1);
  };
  const nobody: Choose = () => Promise.resolve(undefined);

  async function decide(mode: string, text: string, choose: Choose, more = "") {
    asked.length = 0;
    const conf = `unqualified-search-registries = ["one.test", "two.test:5000"]\nshort-name-mode = "${mode}"\n${more}`;
    writeFileSync(join(home, "etc/containers/registries.conf"), conf);
    const read = await readRegistriesConf(environment);
    const { names, remember } = await chooseShortName(
      { environment, choose },
      read,
      text,
      shortNameCandidates(read, text),
    );
    return { names: names.map(formatReference), remember };
  }

  const both = ["one.test/app", "two.test:5000/app"];
  const cases: readonly {
    readonly what: string;
    readonly mode: string;
    readonly text: string;
    readonly choose: Choose;
    readonly names: readonly string[];
    readonly asks?: boolean;
    readonly more?: string;
  }[] = [
    {
      what: "asks in enforcing mode",
      mode: "enforcing",
      text: "app",
      choose: second,
      names: both.slice(1),
      asks: true,
    },
    {
      what: "asks in permissive mode",
      mode: "permissive",
      text: "app",
      choose: second,
      names: both.slice(1),
      asks: true,
    },
    {
      what: "tries all in permissive mode without a terminal",
      mode: "permissive",
      text: "app",
      choose: nobody,
      names: both,
    },
    { what: "tries all in disabled mode", mode: "disabled", text: "app", choose: second, names: both },
    {
      what: "does not ask for a full name",
      mode: "enforcing",
      text: "x.test/app",
      choose: second,
      names: ["x.test/app"],
    },
    {
      ...{ what: "does not ask where there is an alias", mode: "enforcing", text: "app:1", choose: second },
      ...{ more: '[aliases]\n"app" = "mine.test/app"\n', names: ["mine.test/app:1"] },
    },
  ];
  for (const { what, mode, text, choose, names, asks = false, more = "" } of cases)
    it(what, async () => {
      const decided = await decide(mode, text, choose, more);
      assert.deepEqual(decided.names, names);
      const shown = ["one.test/app:latest", "two.test:5000/app:latest"];
      assert.deepEqual(asked, asks ? [["Please select an image", ...shown]] : []);
      assert.equal(decided.remember !== undefined, asks);
    });

  it("fails in enforcing mode where nobody can be asked", async () => {
    await assert.rejects(decide("enforcing", "app", nobody), {
      code: "ERR_WHERRY_SHORT_NAME_ENFORCED",
      message:
        /short-name resolution enforced but cannot prompt without a TTY: "app" may be one\.test\/app:latest or two/,
    });
  });

  it("is not asked again for what was remembered, with any tag; others stay", async () => {
    const file = join(home, ".cache/containers/short-name-aliases.conf");
    mkdirSync(join(home, ".cache/containers"), { recursive: true });
    writeFileSync(file, '[aliases]\n"other" = "x.test/other"\n');
    const { remember } = await decide("enforcing", "team/app:2", second);
    await remember?.();
    assert.match(
      readFileSync(file, "utf8"),
      /"other" = "x\.test\/other"\n {2}"team\/app" = "two\.test:5000\/team\/app"\n$/,
    );
    const again = await decide("enforcing", "team/app:3", nobody);
    assert.deepEqual(again.names, ["two.test:5000/team/app:3"]);
  });
});

describe("an engine", () => {
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "wherry-names-"));
  });
  after(() => rmSync(home, { recursive: true }));

  it("asks the same once, whoever wants to know", async () => {
    let count = 0;
    const engine = Engine.open(
      {
        ...{
          env: { XDG_RUNTIME_DIR: home },
          home,
          uid: process.getuid?.() ?? 0,
          gid: 0,
          userName: "someone",
        },
        ...{
          procRoot: "/proc",
          etc: home,
          now: () => new Date(0),
          workerProgram: undefined,
          selfProgram: [],
        },
      },
      { choose: () => Promise.resolve(++count) },
    );
    const { choose } = engine;
    assert.ok(choose);
    const answers = [["a", "b"], ["a", "b"], ["c"]].map((choices) => choose("which?", choices));
    assert.deepEqual(await Promise.all(answers), [1, 1, 2]);
  });
});

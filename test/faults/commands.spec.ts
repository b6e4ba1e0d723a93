import assert from "node:assert/strict";
import { commands as wherry } from "../../packages/run/src/commands.ts";
import { commands as wherryBuild } from "../../packages/build/src/commands.ts";
import { commands as wherryImage } from "../../packages/image/src/commands.ts";
import { COMMANDS, LEFT_OUT } from "./commands.ts";

/** Names of every command, those with the same code together. */
const groups = Object.entries({ wherry, "wherry-build": wherryBuild, "wherry-image": wherryImage }).flatMap(
  ([program, commands]) => {
    const bySource = new Map<string, string[]>();
    for (const [id, load] of Object.entries(commands)) {
      const source = load.toString();
      bySource.set(source, [...(bySource.get(source) ?? []), `${program} ${id}`]);
    }
    return [...bySource.values()];
  },
);

describe("the commands to which bad luck happens", () => {
  const lines = COMMANDS.flatMap(({ program, args }) => {
    const line = [program, ...args].join(" ");
    return [line, line.replace(/^\S+ unshare /, "")];
  });
  const isTried = (names: readonly string[]) =>
    names.some((name) => lines.some((line) => line === name || line.startsWith(`${name} `)));
  const reasonFor = (names: readonly string[]) =>
    [...LEFT_OUT].find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];

  it("are all commands, but for those of which it is said why not", () => {
    const forgotten = groups.filter((names) => !isTried(names) && reasonFor(names) === undefined);
    assert.deepEqual(forgotten, []);
  });

  it("are not said to be left out when they are not, or do not exist", () => {
    for (const [pattern, reason] of LEFT_OUT) {
      const named = groups.filter((names) => names.some((name) => pattern.test(name)));
      assert.notEqual(named.length, 0, reason);
      if (/unshare/.test(pattern.source)) continue;
      assert.deepEqual(named.filter(isTried), [], reason);
    }
  });
});

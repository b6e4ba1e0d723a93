import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf, startRegistry, type TestRegistry } from "../support/registry.ts";
import type { Result } from "../support/user.ts";
import { BadWire, type BadLuck } from "./bad-wire.ts";
import type { Command } from "./commands.ts";
import { during, pick, randomNumbers, RUNS, SEED } from "./random.ts";
import { Trials } from "./trials.ts";

const TIMES = RUNS ?? 6;
const KINDS: readonly BadLuck["kind"][] = ["cut", "flip", "slow"];

interface Transfer extends Command {
  /** What is right when it has succeeded; the same every time. */
  readonly result: (ended: Result) => unknown;
  /** The registry's repository that it writes. */
  readonly writes?: string;
}

/**
 * A command that speaks to a registry, over a line that is cut, slow for a while, or changes one bit, at a random byte. What it
 * says that it did is done and right, or it fails with one sentence; and the next attempt succeeds.
 */
describe(`a bad network (seed ${SEED}, ${TIMES} times)`, function () {
  this.timeout(Math.max(120_000, TIMES * 60_000));
  let trials: Trials;
  let registry: TestRegistry;
  let wire: BadWire;
  let transfers: readonly Transfer[];
  const whole = new Map<Transfer, { result: unknown; bytes: { down: number; up: number } }>();

  before(async () => {
    trials = await Trials.open();
    registry = await startRegistry();
    wire = await BadWire.open(registry.host);
    registry.storage.addImage("big", { layers: [randomLayer(), randomLayer()], tag: "1" });
    writeFileSync(join(trials.user.home, "context", "over"), `FROM ${wire.host}/big:1\nCOPY files /files\n`);
    transfers = transfersOver(wire.host, { registry, home: trials.user.home });
  });
  after(async () => {
    await wire[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    await trials[Symbol.asyncDispose]();
  });

  it("damages nothing, and the next attempt succeeds", async () => {
    const random = randomNumbers(SEED);
    for (let run = 1; run <= TIMES; run++) {
      const kind = KINDS[(run - 1) % KINDS.length] ?? "cut";
      const transfer = pick(transfers, random());
      const luck = random();
      const line = [transfer.program, ...transfer.args].join(" ");
      let what = `run ${run}: ${line}, undisturbed`;
      try {
        const { result, bytes } = whole.get(transfer) ?? (await undisturbed(transfer));
        whole.set(transfer, { result, bytes });
        // places in all that goes down and then up
        const place = Math.floor(luck * (bytes.down + bytes.up));
        const bad: BadLuck =
          place < bytes.down
            ? { kind, direction: "down", offset: place }
            : { kind, direction: "up", offset: place - bytes.down };
        what = `run ${run}: ${line}, ${kind} at byte ${bad.offset} of ${bytes[bad.direction]} that go ${bad.direction}`;
        await trials.prepare(transfer);
        wire.strike(bad);
        const ended = await trials.run(transfer);
        wire.strike();
        what += `, which gave ${ended.status ?? ended.signal ?? ""}: ${ended.stderr}`;
        assert.doesNotMatch(ended.stderr, /internal error|\n\s+at .*\(/);
        if (ended.status === 0) assert.deepEqual(transfer.result(ended), result);
        else assert.match(ended.stderr, /^(?:Error: |time=").*/);
        await again(transfer, result);
        await trials.assertWhole();
        await undo(transfer);
      } catch (error) {
        throw during(what, error);
      }
    }
    await trials.assertNothingLeft();
  });

  async function undisturbed(transfer: Transfer) {
    await trials.prepare(transfer);
    wire.strike();
    const ended = await trials.run(transfer);
    assert.equal(ended.status, 0, ended.stderr);
    const result = transfer.result(ended);
    const bytes = wire.strike();
    assert.notEqual(bytes.down + bytes.up, 0, "nothing went over the wire");
    await undo(transfer);
    return { result, bytes };
  }

  async function again(transfer: Transfer, result: unknown): Promise<void> {
    const ended = await trials.run(transfer);
    assert.equal(ended.status, 0, `the next attempt: ${ended.stderr}`);
    assert.deepEqual(transfer.result(ended), result);
  }

  async function undo(transfer: Transfer): Promise<void> {
    await trials.undo(transfer);
    if (transfer.writes !== undefined) registry.storage.repositories.delete(transfer.writes);
  }
});

function transfersOver(
  host: string,
  { registry, home }: { registry: TestRegistry; home: string },
): readonly Transfer[] {
  const transfer = (line: string, rest: Pick<Transfer, "result" | "writes"> & Partial<Command>): Transfer => {
    const [program = "", ...args] = line.split(" ");
    return { before: [], undo: [], ...rest, program, args };
  };
  const printed = ({ stdout }: Result) => stdout.trim();
  const pushed = () => repositoryContent(registry, "pushed");
  const copied = () => layoutContent(join(home, "copies"));
  const forget = ["wherry rmi -f localhost/over", `wherry rmi -f ${host}/big:1`, "wherry-build cache prune"];
  const build = `wherry-build build -q --tls-verify=false -t localhost/over -f HOME/context/over`;
  const cache = `type=registry,ref=${host}/cache`;
  return [
    transfer(`wherry pull -q --tls-verify=false ${host}/big:1`, { result: printed, undo: forget }),
    transfer(`wherry push -q --tls-verify=false bb docker://${host}/pushed:1`, {
      result: pushed,
      writes: "pushed",
    }),
    transfer(`wherry-image copy -q --src-tls-verify=false docker://${host}/big:1 oci:HOME/copies:1`, {
      result: copied,
    }),
    transfer(
      `wherry-image copy -q --dest-tls-verify=false oci:HOME/made/layout:bb docker://${host}/pushed:1`,
      {
        result: pushed,
        writes: "pushed",
      },
    ),
    transfer(`wherry-image sync --src docker --dest oci --src-tls-verify=false ${host}/big HOME/copies`, {
      result: copied,
    }),
    transfer(`${build} HOME/context`, { result: printed, undo: forget }),
    transfer(`${build} --cache-to ${cache} HOME/context`, {
      result: printed,
      undo: forget,
      writes: "cache",
    }),
    transfer(`${build} --cache-from ${cache} HOME/context`, {
      result: printed,
      before: [`${build} --cache-to ${cache} HOME/context`, ...forget],
      undo: forget,
      writes: "cache",
    }),
  ];
}

/** A layer that does not compress. */
function randomLayer(): Buffer {
  const name = randomBytes(8).toString("hex");
  const { stdout } = spawnSync("sh", [
    "-c",
    `dir=$(mktemp -d) && head -c 150000 /dev/urandom >$dir/${name} && tar -C $dir -c ${name}; rm -r $dir`,
  ]);
  return stdout;
}

/** Tags and manifests of a repository, whose blobs are all there and have the right digests. */
function repositoryContent({ storage }: TestRegistry, name: string): unknown {
  const { tags, manifests } = storage.repository(name);
  for (const digest of tags.values()) {
    const manifest = manifests.get(digest);
    assert.ok(manifest !== undefined, `${digest} is tagged and not there`);
    for (const blob of blobsOf(manifest.bytes)) {
      const bytes = storage.blob(name, blob);
      assert.ok(bytes !== undefined, `${blob} is missing`);
      assert.equal(digestOf(bytes), blob);
    }
  }
  return [...tags];
}

/** What an OCI layout's index says, whose blobs all have the right digests. */
function layoutContent(folder: string): unknown {
  const blobs = readdirSync(join(folder, "blobs/sha256"));
  for (const name of blobs)
    assert.equal(digestOf(readFileSync(join(folder, "blobs/sha256", name))), `sha256:${name}`);
  return {
    index: JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as unknown,
    blobs: blobs.sort(),
  };
}

function blobsOf(manifest: Buffer): string[] {
  const { config, layers } = JSON.parse(manifest.toString()) as {
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string }[];
  };
  return [config, ...layers].map(({ digest }) => digest);
}

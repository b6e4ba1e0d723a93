import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostIn } from "../../../../test/support/in-process.ts";
import { startRegistry, type TestRegistry } from "../../../../test/support/registry.ts";
import { Engine, listTaggedNames, searchImages } from "./index.ts";

describe("searchImages", () => {
  let folder: string;
  let catalogue: TestRegistry;
  let first: TestRegistry;
  let engine: Engine;
  const registry = { tlsVerify: false, attempts: 1 };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "search-"));
    catalogue = await startRegistry();
    for (const name of ["team/app", "team/app-test", "other"]) catalogue.storage.repository(name);
    const body = JSON.stringify({
      results: [
        {
          name: "alpine",
          description: "A small\nimage",
          star_count: 7,
          is_official: true,
          is_automated: false,
        },
        { name: "me/alpine", description: null },
      ],
    });
    first = await startRegistry({
      faults: [{ on: /^GET \/v1\/search\?q=alpine&n=\d+$/, status: 200, body, times: 9 }],
    });
    const conf = join(folder, "registries.conf");
    writeFileSync(conf, `unqualified-search-registries = ["${catalogue.host}", "${first.host}"]\n`);
    engine = Engine.open(hostIn(folder), { registriesConf: conf });
  });
  after(async () => {
    await catalogue[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const names = async (text: string, limit = 10) =>
    (await searchImages(engine, text, { registry, limit })).map(({ repository }) => repository);

  it("looks through the catalogue where a registry does not search", async () => {
    const { host } = catalogue;
    assert.deepEqual(await names(`${host}/app`), [`${host}/team/app`, `${host}/team/app-test`]);
    assert.deepEqual(await names(`${host}/app`, 1), [`${host}/team/app`]);
    assert.deepEqual(await names(`${host}/nosuch`), []);
  });

  it("reads the answers of the first API", async () => {
    const found = await searchImages(engine, `${first.host}/alpine`, { registry, limit: 10 });
    assert.deepEqual(found[0], {
      ...{ name: "alpine", description: "A small\nimage", stars: 7, isOfficial: true, isAutomated: false },
      ...{ registry: first.host, repository: `${first.host}/alpine` },
    });
    assert.equal(found[1]?.description, "");
  });

  it("searches all configured registries, and tells of one that fails", async () => {
    assert.deepEqual(await names("app"), [`${catalogue.host}/team/app`, `${catalogue.host}/team/app-test`]);
    catalogue.faults.push({ on: /_catalog/, status: 500, times: 9 });
    const failed: string[] = [];
    await searchImages(engine, "app", { registry, limit: 5, onFailure: (host) => failed.push(host) });
    assert.deepEqual(failed, [catalogue.host]);
  });

  it("lists the tags of the first registry that has a short name", async () => {
    const { host } = catalogue;
    catalogue.storage.repository("team/app").tags.set("1", "sha256:1").set("2", "sha256:2");
    assert.deepEqual(await listTaggedNames(engine, "team/app", registry), [
      `${host}/team/app:1`,
      `${host}/team/app:2`,
    ]);
    assert.deepEqual(await listTaggedNames(engine, `${host}/team/app`, registry, 1), [`${host}/team/app:1`]);
  });
});

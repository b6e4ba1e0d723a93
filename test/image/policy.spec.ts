import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { ImageCli } from "../support/run-image.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

const ACCEPT = [{ type: "insecureAcceptAnything" }];
const REJECT = [{ type: "reject" }];
const SIGNED = [{ type: "sigstoreSigned", keyPath: "/key.pub" }];
const NO_TLS = ["--src-tls-verify=false", "--dest-tls-verify=false"];

describe("wherry-image asks policy.json", function () {
  this.timeout(20_000);
  let cli: ImageCli;
  let registry: TestRegistry;

  before(async () => {
    registry = await startRegistry();
    for (const repository of ["team/app", "signed/app", "other/app"])
      registry.storage.addImage(repository, { tag: "1", layers: [Buffer.from(repository)] });
  });
  after(() => registry[Symbol.asyncDispose]());
  beforeEach(() => {
    cli = new ImageCli();
    const { host } = registry;
    mkdirSync(cli.path("etc/containers"), { recursive: true });
    writeFileSync(
      cli.path("etc/containers/policy.json"),
      JSON.stringify({
        default: REJECT,
        transports: { docker: { [`${host}/team`]: ACCEPT, [`${host}/signed`]: SIGNED } },
      }),
    );
    writeFileSync(cli.path("open.json"), JSON.stringify({ default: ACCEPT }));
    writeFileSync(cli.path("odd.json"), JSON.stringify({ default: [{ type: "acceptAll" }] }));
  });
  afterEach(() => cli[Symbol.dispose]());

  const source = (name: string): string => `docker://${registry.host}/${name}:1`;
  const copy = (from: string, ...before: readonly string[]) =>
    cli.run(...before, "copy", ...NO_TLS, from, `dir:${cli.path("out")}`);

  it("before a copy, by the name the user typed, and asks no registry for what is refused", async () => {
    assert.equal((await copy(source("team/app"))).status, 0);
    const asked = registry.requests.length;
    const refused = await copy(source("other/app"));
    assert.equal(refused.status, 1);
    assert.match(
      refused.err,
      /Source image rejected: Running image docker:.*other\/app:1 is rejected by policy/,
    );
    assert.match(refused.err, /policy\.json, default/);
    const signed = await copy(source("signed/app"));
    assert.equal(signed.status, 1);
    assert.match(signed.err, /sigstoreSigned.*verifying such signatures is not yet supported\n.*--policy/s);
    const fromFolder = await copy(`dir:${cli.path("out")}`);
    assert.match(fromFolder.err, /rejected by policy/);
    assert.equal(registry.requests.length, asked);
  });

  it("of another file, of none, or of one that makes no sense", async () => {
    assert.equal((await copy(source("other/app"), "--policy", cli.path("open.json"))).status, 0);
    assert.equal((await copy(source("signed/app"), "--insecure-policy")).status, 0);
    const odd = await copy(source("other/app"), "--policy", cli.path("odd.json"));
    assert.equal(odd.status, 1);
    assert.match(odd.err, /odd\.json: default/);
    assert.equal((await copy(source("other/app"), "--policy", cli.path("nosuch.json"))).status, 1);
  });

  it("for each image of a sync, in a plan too, and for files that leave an image", async () => {
    writeFileSync(
      cli.path("sync.yml"),
      `${registry.host}:\n  tls-verify: false\n  images:\n    team/app: ["1"]\n    other/app: ["1"]\n`,
    );
    const words = ["-s", "yaml", "-d", "dir", "--scoped", cli.path("sync.yml"), cli.path("mirror")];
    const planned = await cli.run("sync", "--dry-run", ...words);
    assert.match(planned.err, /other\/app:1.*rejected by policy/);
    const synced = await cli.run("sync", ...words);
    assert.equal(synced.status, 5);
    assert.match(synced.err, /other\/app:1.*rejected by policy/);
    assert.ok(existsSync(cli.path("mirror", `${registry.host}/team/app:1`)));
    const exported = await cli.run(
      "export",
      "--tls-verify=false",
      "-o",
      cli.path("x.tar"),
      source("other/app"),
    );
    assert.match(exported.err, /rejected by policy/);
    assert.deepEqual(
      readdirSync(cli.folder).filter((name) => name.includes("x.tar")),
      [],
    );
    assert.equal((await cli.run("inspect", "--tls-verify=false", source("other/app"))).status, 0);
  });

  it("of images in the store, by the store and the name that what was typed turns out to mean", async () => {
    const root = cli.path(".local/share/wherry");
    const policy = (scopes: object): string => {
      writeFileSync(
        cli.path("store.json"),
        JSON.stringify({ default: ACCEPT, transports: { "containers-storage": scopes } }),
      );
      return cli.path("store.json");
    };
    const open = cli.path("open.json");
    for (const name of ["good", "bad"])
      assert.equal(
        (
          await copy(source("team/app"), ...["--policy", open]).then(() =>
            cli.run(
              "--policy",
              open,
              "copy",
              "-q",
              `dir:${cli.path("out")}`,
              `containers-storage:localhost/${name}:1`,
            ),
          )
        ).status,
        0,
      );
    const file = policy({ [`[${root}]`]: REJECT, [`[overlay@${root}]localhost/good`]: ACCEPT });
    for (const { image, isAllowed } of [
      { image: "good:1", isAllowed: true },
      { image: "localhost/good:1", isAllowed: true },
      { image: "bad:1", isAllowed: false },
      { image: "nosuch:1", isAllowed: false },
    ]) {
      const { status, err } = await copy(`containers-storage:${image}`, "--policy", file);
      assert.equal(status === 0, isAllowed, `${image}: ${err}`);
      if (image === "bad:1") assert.ok(err.includes(`containers-storage "[${root}]"`), err);
    }
    const elsewhere = policy({ "[/elsewhere]": REJECT });
    assert.equal((await copy("containers-storage:bad:1", "--policy", elsewhere)).status, 0);
  });
});

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf, type Manifest } from "@wherry/core/oci";
import { writeLayout } from "../../../test/support/layout.ts";
import { startRegistry, type TestRegistry } from "../../../test/support/registry.ts";
import { ImageCli } from "../../../test/support/run-image.ts";

describe("wherry-image", function () {
  this.timeout(30_000);
  let cli: ImageCli;
  let folder = "";
  let registry: TestRegistry;
  let image: Manifest;

  before(async () => {
    cli = new ImageCli({ authFile: "auth.json" });
    folder = cli.folder;
    const tree = join(folder, "tree");
    mkdirSync(tree);
    writeFileSync(join(tree, "hello"), "hello\n");
    image = writeLayout(join(folder, "layout"), "one", [tree], { Env: ["A=1"], Labels: { b: "2", a: "1" } });
    registry = await startRegistry({ auth: { kind: "basic", username: "me", password: "secret" } });
  });
  after(async () => {
    await registry[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  /** Runs a command line in this process; `R` stands for the registry, `T` for the folder of the test, `␠` for a blank in a word. */
  async function run(line: string) {
    const words = line
      .split(" ")
      .map((word) =>
        word.replace(/\bR\//, `${registry.host}/`).replace(/\bT\//, `${folder}/`).replaceAll("␠", " "),
      );
    return await cli.run(...words.filter((word) => word !== ""));
  }

  const access = "--tls-verify=false --creds me:secret";

  it("copies to a registry, tells about it on standard error, and writes the digest", async () => {
    const { status, out, err } = await run(
      `copy --dest-creds me:secret --dest-tls-verify=false --digestfile T/digest oci:T/layout:one docker://R/app:1`,
    );
    assert.deepEqual([status, out], [0, ""]);
    assert.match(err, /^Copying (?:blob|config) [0-9a-f]{12}\n/);
    assert.match(err, /Writing manifest to image destination\n$/);
    assert.equal(readFileSync(join(folder, "digest"), "utf8"), image.descriptor.digest);
  });

  it("tells once what is wrong with the configuration", async () => {
    writeFileSync(join(folder, "bad.conf"), "unqualified-search-registries = 1\n");
    const { status, err } = await run("--registries-conf T/bad.conf digest docker://R/app:1");
    assert.equal(status, 1);
    assert.match(err, /^Error: .*bad\.conf.*\n(?!Error:)/);
    assert.equal(err.match(/Error:/g)?.length, 1, err);
  });

  it("takes a time-out that is longer than any timer", async () => {
    const { status, err } = await run("--command-timeout 1000h digest oci:T/layout:one");
    assert.deepEqual([status, err], [0, ""]);
    const copied = await run(`--command-timeout 1000h digest ${access} docker://R/app:1`);
    assert.deepEqual([copied.status, copied.err], [0, ""]);
  });

  it("says nothing when it shall be quiet", async () => {
    const copied = await run(
      `copy -q ${access.replace("--creds", "--src-creds")} docker://R/app:1 dir:T/dir`,
    );
    assert.deepEqual(copied, { status: 0, out: "", err: "" });
  });

  it("inspects in skopeo's shape", async () => {
    const { out, err, status } = await run(`inspect ${access} docker://R/app:1`);
    assert.deepEqual([status, err], [0, ""]);
    assert.match(out, /^\{\n {4}"Name"/);
    const summary = JSON.parse(out) as Record<string, unknown>;
    assert.deepEqual(Object.keys(summary), [
      "Name",
      "Digest",
      "RepoTags",
      "Created",
      "DockerVersion",
      "Labels",
      "Architecture",
      "Os",
      "Layers",
      "LayersData",
      "Env",
    ]);
    assert.equal(summary["Name"], `${registry.host}/app`);
    assert.equal(summary["Digest"], image.descriptor.digest);
    assert.deepEqual(summary["RepoTags"], ["1"]);
  });

  it("asks the registry once for a manifest, and for no tags when none are wanted", async () => {
    const seen = registry.requests.length;
    await run(`inspect -n ${access} docker://R/app:1`);
    const asked = registry.requests
      .slice(seen)
      .filter(({ status }) => status === 200)
      .map(({ path }) => path);
    assert.equal(asked.filter((path) => path.includes("/manifests/")).length, 1);
    assert.equal(asked.filter((path) => path.includes("/tags/")).length, 0);
  });

  it("prints raw bytes, the config, and templates over either", async () => {
    assert.equal((await run("inspect --raw oci:T/layout:one")).out, Buffer.from(image.bytes).toString());
    const raw = (await run("inspect --config --raw oci:T/layout:one")).out;
    assert.equal(digestOf(raw), image.kind === "image" ? image.content.config.digest : undefined);
    assert.deepEqual(JSON.parse((await run("inspect --config oci:T/layout:one")).out), JSON.parse(raw));
    assert.equal(
      (await run("inspect --format {{.Labels}}:{{index␠.Env␠0}}:{{len␠.Layers}} oci:T/layout:one")).out,
      "map[a:1 b:2]:A=1:1\n",
    );
    assert.equal((await run("inspect --config --format {{.config.Labels.b}} oci:T/layout:one")).out, "2\n");
  });

  it("lists tags as skopeo does", async () => {
    assert.equal(
      (await run(`list-tags ${access} docker://R/app`)).out,
      `{\n    "Repository": "${registry.host}/app",\n    "Tags": [\n        "1"\n    ]\n}\n`,
    );
  });

  it("logs in, says who is, uses the login, logs out", async () => {
    const target = registry.host;
    assert.deepEqual(await run(`login --tls-verify=false -u me -p secret ${target}`), {
      status: 0,
      out: "Login Succeeded!\n",
      err: "",
    });
    assert.equal((await run(`login --get-login ${target}`)).out, "me\n");
    assert.equal(
      (await run(`login --tls-verify=false ${target}`)).out.split("\n")[1],
      `Existing credentials are valid. Already logged in to ${target}`,
    );
    assert.equal((await run("inspect --tls-verify=false docker://R/app:1")).status, 0);
    assert.equal((await run(`logout ${target}`)).out, `Removed login credentials for ${target}\n`);
    assert.deepEqual(await run(`logout ${target}`), {
      status: 1,
      out: "",
      err: `Error: not logged into ${target}\n`,
    });
    assert.equal((await run("inspect --tls-verify=false docker://R/app:1")).status, 3);
  });

  it("refuses a wrong password, and keeps none", async () => {
    const { status, err } = await run(`login --tls-verify=false -u me -p wrong ${registry.host}`);
    assert.equal(status, 3);
    assert.equal(err, `Error: logging into "${registry.host}": invalid username/password\n`);
    assert.equal((await run(`login --get-login ${registry.host}`)).status, 1);
  });

  it("deletes a tag", async () => {
    await run(`copy -q --dest-creds me:secret --dest-tls-verify=false oci:T/layout:one docker://R/gone:1`);
    assert.deepEqual(await run(`delete ${access} docker://R/gone:1`), { status: 0, out: "", err: "" });
    assert.equal((await run(`inspect ${access} docker://R/gone:1`)).status, 2);
  });

  const failures = [
    { line: "copy a", status: 1, err: /^Error: Exactly two arguments expected\n$/ },
    { line: "inspect", status: 1, err: /^Error: Exactly one argument expected\n$/ },
    { line: "inspect nosuch", status: 1, err: /^Error: Invalid image name "nosuch"/ },
    { line: `inspect ${access} docker://R/app:nosuch`, status: 2, err: /^Error: manifest unknown/ },
    { line: "inspect oci:T/layout:nosuch", status: 2, err: /is not there; it has one/ },
    { line: "inspect --tls-verify=false docker://127.0.0.1:1/x", status: 1, err: /connection refused/ },
    {
      line: "inspect --tls-verify=false docker://R/app:1",
      status: 3,
      err: /unauthorized: authentication required/,
    },
    { line: "list-tags dir:T/dir", status: 1, err: /unsupported transport 'dir' for tag listing/ },
    { line: "inspect --format {{.Nope}} oci:T/layout:one", status: 1, err: /can't evaluate field Nope/ },
    { line: "login --password-stdin R/", status: 1, err: /Must provide --username with --password-stdin/ },
  ];
  for (const { line, status, err } of failures) {
    it(`ends with status ${status}: ${line}`, async () => {
      const result = await run(line);
      assert.match(result.err, err);
      assert.equal(result.status, status);
    });
  }
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createManifest, MEDIA_TYPE } from "@wherry/core/oci";
import { startRegistry } from "../support/registry.ts";
import { ImageCli } from "../support/run-image.ts";

describe("wherry-image and registries that mean harm", function () {
  this.timeout(20_000);
  let cli: ImageCli;
  beforeEach(() => {
    cli = new ImageCli();
  });
  afterEach(() => cli[Symbol.dispose]());

  it("shows a mirror no login that was given for the registry", async () => {
    await using mirror = await startRegistry({ auth: { kind: "basic", username: "me", password: "secret" } });
    await using primary = await startRegistry({
      auth: { kind: "basic", username: "me", password: "secret" },
    });
    mirror.storage.addImage("app", { tag: "1" });
    const { digest } = primary.storage.addImage("app", { tag: "1" });
    const conf = cli.path("registries.conf");
    writeFileSync(
      conf,
      `[[registry]]\nlocation = "${primary.host}"\ninsecure = true\n[[registry.mirror]]\nlocation = "${mirror.host}"\ninsecure = true\n`,
    );
    const words = ["--creds=me:secret", `docker://${primary.host}/app:1`];
    const { out, status, err } = await cli.run(
      "inspect",
      "--registries-conf",
      conf,
      "--format={{.Digest}}",
      ...words,
    );
    assert.deepEqual([status, out], [0, `${digest}\n`], err);
    assert.ok(mirror.requests.length > 0);
    assert.ok(mirror.requests.every(({ headers }) => headers.authorization === undefined));
  });

  it("ends when indexes are nested without end", async () => {
    await using registry = await startRegistry();
    const { digest, bytes } = registry.storage.addImage("app", { tag: "1" });
    let inner = { mediaType: MEDIA_TYPE.ociManifest as string, digest, size: bytes.length };
    for (let depth = 0; depth < 20; depth++) {
      const index = createManifest({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [inner] });
      registry.storage.addManifest("app", index.bytes, MEDIA_TYPE.ociIndex, "deep");
      const { mediaType, digest: outer, size } = index.descriptor;
      inner = { mediaType, digest: outer as typeof digest, size };
    }
    const name = `docker://${registry.host}/app:deep`;
    const { status, err } = await cli.run(
      "copy",
      "--all",
      "--src-tls-verify=false",
      name,
      `oci:${cli.path("x")}`,
    );
    assert.equal(status, 1);
    assert.match(err, /lies more than 8 indexes deep/);
    assert.equal((await cli.run("inspect", "--tls-verify=false", name)).status, 1);
  });
});

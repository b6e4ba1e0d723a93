import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { makeTlsFiles, startRegistry, tlsMissing, type TestRegistry } from "../support/registry.ts";
import { ImageCli } from "../support/run-image.ts";

const LAUNCHER = join(import.meta.dirname, "../../packages/image/bin/wherry-image");
const BASIC = { kind: "basic", username: "me", password: "secret" } as const;

describe("wherry-image reads the containers' configuration", function () {
  this.timeout(30_000);
  let cli: ImageCli;
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(cli.path(path)), { recursive: true });
    writeFileSync(cli.path(path), content);
  };
  beforeEach(() => {
    cli = new ImageCli();
  });
  afterEach(() => cli[Symbol.dispose]());

  describe("registries.conf", () => {
    let main: TestRegistry;
    let mirror: TestRegistry;
    let digest = "";

    before(async () => {
      [main, mirror] = [await startRegistry(), await startRegistry()];
      for (const [registry, names] of [
        [main, ["team/app", "moved/app"]],
        [mirror, ["cache/app"]],
      ] as const)
        for (const name of names)
          digest = registry.storage.addImage(name, { tag: "1", layers: [Buffer.from("x")] }).digest;
    });
    after(async () => {
      for (const registry of [main, mirror]) await registry[Symbol.asyncDispose]();
    });

    const atMain = (path = ""): string => `location = "MAIN${path}"\ninsecure = true\n`;
    const mirrored = (more = ""): string =>
      `[[registry]]\nprefix = "r.example.com/team"\n${atMain("/team")}[[registry.mirror]]\nlocation = "MIRROR/cache"\ninsecure = true\n${more}`;
    interface Row {
      readonly what: string;
      readonly conf: string;
      /** More, in registries.conf.d. */
      readonly dropIn?: string;
      readonly name?: string;
      /** Repositories asked for manifests: at the registry, at the mirror. */
      readonly asked?: readonly [main: readonly string[], mirror: readonly string[]];
      readonly refused?: RegExp;
    }
    const rows: readonly Row[] = [
      {
        what: "a location that is rewritten",
        conf: `[[registry]]\nprefix = "r.example.com"\n${atMain()}`,
        asked: [["team/app"], []],
      },
      {
        what: "the longest prefix",
        conf: `[[registry]]\nprefix = "r.example.com"\nlocation = "nowhere.invalid"\n[[registry]]\nprefix = "r.example.com/team"\n${atMain("/moved")}`,
        asked: [["moved/app"], []],
      },
      {
        what: "a wildcard",
        conf: `[[registry]]\nprefix = "*.example.com"\n${atMain()}`,
        asked: [["team/app"], []],
      },
      {
        what: "a drop-in, which replaces what the file says of the same prefix",
        conf: `[[registry]]\nprefix = "r.example.com"\nblocked = true\nlocation = "r.example.com"\n`,
        dropIn: `[[registry]]\nprefix = "r.example.com"\n${atMain()}`,
        asked: [["team/app"], []],
      },
      { what: "a mirror first", conf: mirrored(), asked: [[], ["cache/app"]] },
      {
        what: "a mirror without the image, then the registry",
        conf: mirrored().replace("MIRROR/cache", "MIRROR/empty"),
        asked: [["team/app"], ["empty/app"]],
      },
      {
        what: "a mirror for digests, not for tags",
        conf: mirrored('pull-from-mirror = "digest-only"\n'),
        asked: [["team/app"], []],
      },
      {
        what: "a mirror for digests, by digest",
        conf: mirrored('pull-from-mirror = "digest-only"\n'),
        name: "r.example.com/team/app@DIGEST",
        asked: [[], ["cache/app"]],
      },
      {
        what: "a mirror for tags, by digest",
        conf: mirrored('pull-from-mirror = "tag-only"\n'),
        name: "r.example.com/team/app@DIGEST",
        asked: [["team/app"], []],
      },
      {
        what: "mirror-by-digest-only, by tag",
        conf: mirrored().replace("[[registry.mirror]]", "mirror-by-digest-only = true\n[[registry.mirror]]"),
        asked: [["team/app"], []],
      },
      {
        what: "a registry that is blocked",
        conf: `[[registry]]\nprefix = "r.example.com/team"\nblocked = true\nlocation = "MAIN"\n`,
        refused: /blocked/,
      },
      {
        what: "a file that is no TOML, by file and line",
        conf: `[[registry]]\nprefix = \n`,
        refused: /registries\.conf:2/,
      },
      ...["enforcing", "permissive", "disabled"].map((mode) => ({
        what: `a short name in the mode ${mode}: it means Docker Hub, as for skopeo, whatever aliases say`,
        conf: `unqualified-search-registries = ["MIRROR"]\nshort-name-mode = "${mode}"\n[aliases]\n"app" = "MIRROR/cache/app"\n[[registry]]\nprefix = "docker.io/library"\n${atMain("/team")}`,
        name: "app:1",
        asked: [["team/app"], []] as const,
      })),
    ];
    it("takes a short name for Docker Hub's in a copy too, on both sides", async () => {
      put(
        "etc/containers/registries.conf",
        `unqualified-search-registries = ["${mirror.host}"]\n[aliases]\n"app" = "${mirror.host}/cache/app"\n[[registry]]\nprefix = "docker.io/library"\n${atMain("/team").replaceAll("MAIN", main.host)}`,
      );
      const before = mirror.requests.length;
      const { status, err } = await cli.run("copy", "-q", "docker://app:1", "docker://app:copied");
      assert.equal(status, 0, err);
      assert.equal(main.storage.repositories.get("team/app")?.tags.get("copied"), digest);
      assert.equal(mirror.requests.length, before);
    });

    for (const { what, conf, dropIn, name = "r.example.com/team/app:1", asked, refused } of rows) {
      it(`follows ${what}`, async () => {
        const filled = (text: string): string =>
          text.replaceAll("MAIN", main.host).replaceAll("MIRROR", mirror.host).replaceAll("DIGEST", digest);
        put("etc/containers/registries.conf", filled(conf));
        if (dropIn !== undefined) put("etc/containers/registries.conf.d/10-more.conf", filled(dropIn));
        const before = [main.requests.length, mirror.requests.length];
        const { status, out, err } = await cli.run(
          "inspect",
          "--format={{.Digest}}",
          `docker://${filled(name)}`,
        );
        const seen = [main, mirror].map(({ requests }, index) => [
          ...new Set(
            requests
              .slice(before[index])
              .flatMap(({ path }) => /^\/v2\/(.+)\/manifests\//.exec(path)?.[1] ?? []),
          ),
        ]);
        if (refused === undefined) {
          assert.equal(status, 0, err);
          assert.equal(out.trim(), digest);
          assert.deepEqual(seen, asked);
        } else {
          assert.notEqual(status, 0);
          assert.match(err, refused);
          assert.deepEqual(seen, [[], []]);
        }
      });
    }
  });

  describe("logins", () => {
    let registry: TestRegistry;
    beforeEach(async () => {
      registry = await startRegistry({ auth: BASIC });
      registry.storage.addImage("team/app", { tag: "1" });
    });
    afterEach(() => registry[Symbol.asyncDispose]());
    const inspect = () => cli.run("inspect", "--tls-verify=false", `docker://${registry.host}/team/app:1`);

    it("asks a helper program that credHelpers names, and shows nothing of what it says", async () => {
      put(
        "bin/docker-credential-kept",
        `#!/bin/sh\n[ "$1" = get ] && [ "$(cat)" = "${registry.host}" ] &&\n  echo '{"Username":"me","Secret":"secret"}'\n`,
      );
      chmodSync(cli.path("bin/docker-credential-kept"), 0o755);
      cli.env = { PATH: `${cli.path("bin")}:/usr/bin:/bin` };
      put(".docker/config.json", JSON.stringify({ credHelpers: { [registry.host]: "kept" } }));
      const found = await inspect();
      assert.equal(found.status, 0, found.err);
      put("bin/docker-credential-kept", "#!/bin/sh\necho secret >&2\nexit 7\n");
      const broken = await inspect();
      assert.notEqual(broken.status, 0);
      assert.match(broken.err, /docker-credential-kept/);
      assert.doesNotMatch(broken.err, /secret/);
    });

    it("takes the login of the repository before that of the host", async () => {
      const entry = (password: string) => ({ auth: Buffer.from(`me:${password}`).toString("base64") });
      put(
        ".config/containers/auth.json",
        JSON.stringify({
          auths: { [registry.host]: entry("wrong"), [`${registry.host}/team`]: entry("secret") },
        }),
      );
      assert.equal((await inspect()).status, 0);
    });

    it("goes through the proxy that the environment names, not for what NO_PROXY names", async () => {
      const asked: string[] = [];
      const proxy = createServer((incoming, answer) => {
        asked.push(new URL(incoming.url ?? "").host);
        const { pathname, search } = new URL(incoming.url ?? "");
        const { method, headers } = incoming;
        const passed = request(
          { host: "127.0.0.1", port: registry.port, method, path: pathname + search, headers },
          (given) => given.pipe(answer.writeHead(given.statusCode ?? 500, given.headers)),
        );
        incoming.pipe(passed);
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      try {
        const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
        put("etc/containers/registries.conf", `[[registry]]\nlocation = "in.invalid:80"\ninsecure = true\n`);
        const get = () => cli.run("inspect", "--creds=me:secret", "docker://in.invalid:80/team/app:1");
        cli.env = { HTTP_PROXY };
        const { status, err } = await get();
        assert.equal(status, 0, err);
        assert.deepEqual([...new Set(asked)], ["in.invalid"]);
        cli.env = { HTTP_PROXY, NO_PROXY: "invalid" };
        assert.match((await get()).err, /in\.invalid:80.*no such host|name service/);
      } finally {
        proxy.close().closeAllConnections();
      }
    });
  });

  describe(`certificates${tlsMissing() === undefined ? "" : ` (skipped: ${tlsMissing() ?? ""})`}`, () => {
    let registry: TestRegistry;
    before(async function () {
      if (tlsMissing() !== undefined) this.skip();
      registry = await startRegistry({ tls: makeTlsFiles(), requestCert: true });
      registry.storage.addImage("app", { tag: "1" });
    });
    after(() => registry[Symbol.asyncDispose]());
    const name = (): string => `docker://${registry.host}/app:1`;

    it("are those of certs.d, a client's pair too, by the port that is in its folder's name", async () => {
      const { ca, cert, key } = makeTlsFiles();
      const unknown = await cli.run("inspect", name());
      assert.match(unknown.err, /certificate is not trusted/);
      const [host = ""] = registry.host.split(":");
      put(`.config/containers/certs.d/${host}/ca.crt`, ca);
      assert.notEqual((await cli.run("inspect", name())).status, 0);
      put(`etc/containers/certs.d/${registry.host}/ca.crt`, ca);
      put(`etc/containers/certs.d/${registry.host}/client.cert`, cert);
      put(`etc/containers/certs.d/${registry.host}/client.key`, key);
      const { status, err } = await cli.run("inspect", name());
      assert.equal(status, 0, err);
      assert.equal(registry.requests.at(-1)?.clientCertificate, "wherry test");
      rmSync(cli.path(`etc/containers/certs.d/${registry.host}/client.key`));
      assert.match((await cli.run("inspect", name())).err, /client\.cert/);
    });

    for (const variable of ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])
      it(`are also those of the system: ${variable}`, async () => {
        put("ca.pem", makeTlsFiles().ca);
        const env = { ...process.env, HOME: cli.folder, [variable]: cli.path("ca.pem") };
        const child = spawn(LAUNCHER, ["inspect", "-n", name()], {
          env,
          stdio: ["ignore", "ignore", "pipe"],
        });
        let err = "";
        child.stderr.on("data", (piece: Buffer) => (err += piece.toString()));
        const status = await new Promise((resolve) => child.once("close", resolve));
        assert.equal(status, 0, err);
      });
  });
});

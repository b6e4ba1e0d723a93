import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readContainersConf, readStorageConf, resolveModules, type Environment } from "./index.ts";

describe("containers.conf and storage.conf", () => {
  let root: string;
  let environment: Environment;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const withEnv = (env: Record<string, string>) => (environment = { ...environment, env });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-conf-"));
    environment = {
      env: {},
      home: join(root, "home"),
      uid: 1000,
      etc: join(root, "etc"),
      usrShare: join(root, "share"),
    };
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  describe("containers.conf", () => {
    it("is not needed", async () => {
      const { containers, engine, network } = await readContainersConf(environment);
      assert.deepEqual([containers, network], [{}, {}]);
      assert.deepEqual(engine, { runtimes: new Map() });
    });

    it("merges the files in podman's order, field by field", async () => {
      const set = (path: string, runtime: string, more = "") =>
        write(path, `[engine]\nruntime = "${runtime}"\n${more}`);
      const runtime = async () => (await readContainersConf(environment)).engine.runtime;
      set(
        "share/containers/containers.conf",
        "share",
        `stop_timeout = 3\n[engine.runtimes]\ncrun = ["/a/crun"]\n`,
      );
      assert.equal(await runtime(), "share");
      set("etc/containers/containers.conf", "etc", `[engine.runtimes]\nrunc = ["/a/runc"]\n`);
      assert.equal(await runtime(), "etc");
      set("etc/containers/containers.conf.d/b.conf", "b");
      set("etc/containers/containers.conf.d/a.conf", "a");
      assert.equal(await runtime(), "b");
      set("home/.config/containers/containers.conf", "user");
      assert.equal(await runtime(), "user");
      set("home/.config/containers/containers.conf.d/x.conf", "user-dropin");
      const { engine } = await readContainersConf(environment);
      assert.equal(engine.runtime, "user-dropin");
      assert.equal(engine.stopTimeout, 3);
      assert.deepEqual(
        [...engine.runtimes],
        [
          ["crun", ["/a/crun"]],
          ["runc", ["/a/runc"]],
        ],
      );
      set("only.conf", "only");
      withEnv({ CONTAINERS_CONF: join(root, "only.conf") });
      const only = await readContainersConf(environment);
      assert.deepEqual([only.engine.runtime, only.engine.stopTimeout], ["only", undefined]);
      write("override.conf", `[engine]\nruntime = "override"\n`);
      withEnv({
        CONTAINERS_CONF: join(root, "only.conf"),
        CONTAINERS_CONF_OVERRIDE: join(root, "override.conf"),
      });
      assert.equal(await runtime(), "override");
    });

    const lists = [
      { what: "replaces", files: [`["a"]`, `["b"]`], expected: ["b"] },
      { what: "appends", files: [`["a"]`, `["b", {append=true}]`], expected: ["a", "b"] },
      { what: "goes on appending", files: [`["a", {append=true}]`, `["b"]`], expected: ["a", "b"] },
      {
        what: "stops appending",
        files: [`["a", {append=true}]`, `["b"]`, `["c", {append=false}]`, `["d"]`],
        expected: ["d"],
      },
      { what: "appends to nothing", files: [`["a", {append=true}]`], expected: ["a"] },
      { what: "empties", files: [`["a"]`, `[]`], expected: [] },
    ];
    for (const { what, files, expected } of lists) {
      it(`${what}: ${files.join(" then ")}`, async () => {
        files.forEach((list, index) =>
          write(`etc/containers/containers.conf.d/${index}.conf`, `[containers]\nenv = ${list}\n`),
        );
        assert.deepEqual((await readContainersConf(environment)).containers.env, expected);
      });
    }

    it("keeps what has no type yet", async () => {
      write("etc/containers/containers.conf", `[machine]\ncpus = 4\n`);
      assert.deepEqual({ ...(await readContainersConf(environment)).table }, { machine: { cpus: 4 } });
    });

    const wrong = [
      { text: `[containers]\nenv = "A=1"\n`, message: /containers\.env must be a list of strings/ },
      { text: `[containers]\n\nenv = [\n`, message: /containers\.conf:\d+: / },
      { text: `containers = 1\n`, message: /containers must be a table/ },
      { text: `[engine]\nstop_timeout = 1.5\n`, message: /whole number/ },
      { text: `[engine\n`, message: /containers\.conf:1: / },
    ];
    for (const { text, message } of wrong) {
      it(`refuses ${JSON.stringify(text)}`, async () => {
        write("etc/containers/containers.conf", text);
        await assert.rejects(readContainersConf(environment), {
          code: "ERR_WHERRY_INVALID_CONFIGURATION",
          message,
        });
      });
    }

    describe("modules", () => {
      const modules = "containers/containers.conf.modules";
      const places = [
        { name: "m", uid: 1000, found: `home/.config/${modules}/m` },
        { name: "m", uid: 0, found: `etc/${modules}/m` },
        { name: "deep/of-etc.conf", uid: 1000, found: `etc/${modules}/deep/of-etc.conf` },
        { name: "of-share", uid: 1000, found: `share/${modules}/of-share` },
      ];
      for (const { name, uid, found } of places) {
        it(`finds ${name} for user ${uid} in ${found}`, () => {
          for (const path of [`home/.config/${modules}/m`, `etc/${modules}/m`, found]) write(path, "");
          assert.deepEqual(resolveModules({ ...environment, uid }, [name]), [join(root, found)]);
        });
      }

      it("go over the files in the order given, and below the override", async () => {
        const set = (path: string, runtime: string, env: string) =>
          write(path, `[engine]\nruntime = "${runtime}"\n[containers]\nenv = ["${env}=1", {append=true}]\n`);
        set("etc/containers/containers.conf", "etc", "ETC");
        set(`etc/${modules}/one`, "one", "ONE");
        set("two.conf", "two", "TWO");
        const named = resolveModules(environment, ["one", join(root, "two.conf")]);
        const { engine, containers } = await readContainersConf(environment, named);
        assert.deepEqual([engine.runtime, containers.env], ["two", ["ETC=1", "ONE=1", "TWO=1"]]);
        set("over.conf", "over", "OVER");
        withEnv({ CONTAINERS_CONF_OVERRIDE: join(root, "over.conf") });
        assert.equal((await readContainersConf(environment, named)).engine.runtime, "over");
      });

      it("that are nowhere are named, with the places", () => {
        assert.throws(() => resolveModules(environment, ["nosuch"]), {
          code: "ERR_WHERRY_CONF_MODULE_MISSING",
          message: /^could not resolve module "nosuch": .*home.*etc.*share/,
        });
        assert.throws(() => resolveModules(environment, ["/no/such"]), /there is no \/no\/such$/);
      });
    });

    it("misses a file that a variable names", async () => {
      withEnv({ CONTAINERS_CONF: join(root, "missing.conf") });
      await assert.rejects(readContainersConf(environment), /named by CONTAINERS_CONF, but missing/);
    });
  });

  describe("storage.conf", () => {
    it("has podman's defaults", async () => {
      const { table: _, ...conf } = await readStorageConf(environment);
      assert.deepEqual(conf, {
        driver: "overlay",
        transientStore: false,
        graphRoot: join(root, "home/.local/share/containers/storage"),
        runRoot: "/run/user/1000/containers",
        additionalImageStores: [],
        ignoreChownErrors: false,
      });
      assert.equal(
        (await readStorageConf({ ...environment, uid: 0 })).graphRoot,
        "/var/lib/containers/storage",
      );
    });

    it("takes all but the folders from the system's file", async () => {
      write(
        "etc/containers/storage.conf",
        `[storage]\ndriver = "vfs"\ngraphroot = "/sys"\nrootless_storage_path = "$HOME/mine"\nimagestore = "$HOME/images"\ntransient_store = true\n[storage.options]\nadditionalimagestores = ["/ro"]\n[storage.options.overlay]\nmount_program = "/usr/bin/fuse-overlayfs"\n`,
      );
      const conf = await readStorageConf(environment);
      assert.equal(conf.graphRoot, join(root, "home/mine"));
      assert.deepEqual([conf.imageStore, conf.transientStore], [join(root, "home/images"), true]);
      assert.equal(conf.driver, "vfs");
      assert.deepEqual(conf.additionalImageStores, ["/ro"]);
      assert.equal(conf.mountProgram, "/usr/bin/fuse-overlayfs");
      assert.equal((await readStorageConf({ ...environment, uid: 0 })).graphRoot, "/sys");
    });

    it("prefers the user's file, and the one a variable names", async () => {
      write("home/.config/containers/storage.conf", `[storage]\ngraphroot = "/user"\n`);
      assert.equal((await readStorageConf(environment)).graphRoot, "/user");
      write("x.conf", `[storage]\ngraphroot = "/x"\n`);
      withEnv({ CONTAINERS_STORAGE_CONF: join(root, "x.conf") });
      assert.equal((await readStorageConf(environment)).graphRoot, "/x");
    });
  });
});

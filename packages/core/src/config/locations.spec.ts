import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locate, type Environment } from "./index.ts";

describe("locate", () => {
  let root: string;
  let environment: Environment;
  const uid = process.getuid?.() ?? 0;
  const within = (env: Record<string, string>): Environment => ({ ...environment, env });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-locate-"));
    for (const name of ["run", "tmp", "session"]) mkdirSync(join(root, name));
    // as an ordinary user's id, so that root is tested like others
    environment = { env: {}, home: "/home/me", uid, run: join(root, "none"), tmp: join(root, "tmp") };
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const cases = [
    {
      env: {},
      dataDir: "/home/me/.local/share/wherry",
      configDir: "/home/me/.config/containers",
      cacheDir: "/home/me/.cache/wherry",
    },
    {
      env: { XDG_DATA_HOME: "/data/", XDG_CONFIG_HOME: "/config", XDG_CACHE_HOME: "/cache" },
      dataDir: "/data/wherry",
      configDir: "/config/containers",
      cacheDir: "/cache/wherry",
    },
    {
      env: { XDG_DATA_HOME: "relative", XDG_CONFIG_HOME: "", XDG_CACHE_HOME: "./x" },
      dataDir: "/home/me/.local/share/wherry",
      configDir: "/home/me/.config/containers",
      cacheDir: "/home/me/.cache/wherry",
    },
    {
      env: { WHERRY_ROOT: "/else", XDG_DATA_HOME: "/data" },
      dataDir: "/else",
      configDir: "/home/me/.config/containers",
      cacheDir: "/home/me/.cache/wherry",
    },
  ];
  for (const { env, ...expected } of cases) {
    it(`finds the folders with ${JSON.stringify(env)}`, () => {
      const { runtimeDir: _, ...found } = locate(within(env));
      assert.deepEqual(found, expected);
    });
  }

  it("uses the session's runtime folder", () => {
    const session = join(root, "session");
    assert.equal(locate(within({ XDG_RUNTIME_DIR: session })).runtimeDir, `${session}/wherry`);
  });

  it("does not use a runtime folder that is missing or of another user", () => {
    const other = uid === 0 ? join(root, "other") : "/";
    if (uid === 0) {
      mkdirSync(other);
      environment = { ...environment, uid: 4711 };
      assert.throws(() => locate(within({ XDG_RUNTIME_DIR: other })), {
        code: "ERR_WHERRY_UNSAFE_RUNTIME_FOLDER",
      });
      return; // its fallback in tmp is made by root here, so it is refused as well
    }
    assert.equal(
      locate(within({ XDG_RUNTIME_DIR: other })).runtimeDir,
      join(root, "tmp", `wherry-run-${uid}`),
    );
  });

  it("finds /run/user/UID without a variable", () => {
    const run = join(root, "run");
    mkdirSync(join(run, "user", String(uid)), { recursive: true });
    environment = { ...environment, run };
    const expected = uid === 0 ? join(run, "wherry") : join(run, "user", String(uid), "wherry");
    assert.equal(locate(environment).runtimeDir, expected);
  });

  it("makes a private folder in /tmp as a last resort", () => {
    const { runtimeDir } = locate(within({ XDG_RUNTIME_DIR: join(root, "missing") }));
    assert.equal(runtimeDir, join(root, "tmp", `wherry-run-${uid}`));
    assert.equal(statSync(runtimeDir).mode & 0o777, 0o700);
    assert.equal(locate(environment).runtimeDir, runtimeDir);
  });

  const unsafe = [
    {
      what: "open to others",
      make: (path: string) => {
        mkdirSync(path);
        chmodSync(path, 0o755);
      },
    },
    {
      what: "a symbolic link",
      make: (path: string) => {
        symlinkSync(join(root, "session"), path);
      },
    },
  ];
  for (const { what, make } of unsafe) {
    it(`refuses a folder in /tmp that is ${what}`, () => {
      make(join(root, "tmp", `wherry-run-${uid}`));
      assert.throws(() => locate(environment), { code: "ERR_WHERRY_UNSAFE_RUNTIME_FOLDER" });
    });
  }
});

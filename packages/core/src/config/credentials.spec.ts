import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { longestMatch, normaliseAuthKey } from "./auth-keys.ts";
import { CredentialStore, type CredentialStoreOptions, type Environment } from "./index.ts";

const auth = (pair: string) => ({ auth: Buffer.from(pair).toString("base64") });
const login = (username: string, password: string) => ({ username, password });

describe("normaliseAuthKey", () => {
  const cases = [
    ["quay.io", "quay.io"],
    ["quay.io:443/a/b/", "quay.io:443/a/b"],
    ["https://quay.io", "quay.io"],
    ["http://localhost:5000/v2/", "localhost:5000"],
    ["https://index.docker.io/v1/", "docker.io"],
    ["index.docker.io", "docker.io"],
    ["registry-1.docker.io", "docker.io"],
    ["docker.io/library/x", "docker.io/library/x"],
  ] as const;
  for (const [key, expected] of cases) {
    it(`reads ${key} as ${expected}`, () => assert.equal(normaliseAuthKey(key), expected));
  }
});

describe("longestMatch", () => {
  const keys = ["quay.io", "quay.io/a", "quay.io/a/b", "host:80", "host:443/x", "$HOME", "io"];
  const cases = [
    { name: "quay.io/a/b/c", expected: "quay.io/a/b" },
    { name: "quay.io/a/bc", expected: "quay.io/a" },
    { name: "quay.io/ab", expected: "quay.io" },
    { name: "quay.io", expected: "quay.io" },
    { name: "host:80/x", expected: "host:80" },
    { name: "host/x", expected: undefined },
    { name: "host:443/x/y", expected: "host:443/x" },
    { name: "notquay.io/a", expected: undefined },
    { name: "quay.io.evil.org/a", expected: undefined },
  ];
  for (const { name, expected } of cases) {
    it(`finds ${expected ?? "nothing"} for ${name}`, async () => {
      assert.equal(await longestMatch(keys, name), expected);
    });
  }

  it("agrees with a plain search", async () => {
    const part = fc.constantFrom("a", "b", "ab", "a-b", "a.b");
    const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { maxLength: 6 }), name, async (keys, wanted) => {
        const expected = keys
          .filter((key) => wanted === key || wanted.startsWith(`${key}/`))
          .sort((a, b) => b.length - a.length)[0];
        assert.equal(await longestMatch(keys, wanted), expected);
      }),
    );
  });
});

describe("CredentialStore", () => {
  let root: string;
  let environment: Environment;
  const path = (name: string) => join(root, name);
  const write = (name: string, content: object | string) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), typeof content === "string" ? content : JSON.stringify(content));
  };
  const store = (options: CredentialStoreOptions = {}) => new CredentialStore(environment, options);
  const user = async (registry: string, repository?: string, options?: CredentialStoreOptions) => {
    const found = await store(options).find(registry, repository);
    return found !== undefined && "username" in found.credentials ? found.credentials.username : found;
  };
  const setEnv = (env: Record<string, string>) =>
    (environment = { ...environment, env: { ...environment.env, ...env } });
  /** A helper that keeps logins as files in a folder. */
  const addHelper = (name: string, body: string) => {
    write(`bin/docker-credential-${name}`, `#!/bin/sh\necho "$1" >> ${path(`${name}.log`)}\n${body}`);
    chmodSync(path(`bin/docker-credential-${name}`), 0o755);
  };
  const keeping = () => {
    mkdirSync(path("kept"), { recursive: true });
    return `dir=${path("kept")}
case "$1" in
get) key=$(cat | tr -c 'a-zA-Z0-9\\n' _); [ -f "$dir/$key" ] && cat "$dir/$key" || { echo "credentials not found in native keychain"; exit 1; } ;;
store) input=$(cat); key=$(printf '%s\\n' "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/' | tr -c 'a-zA-Z0-9\\n' _); printf '%s' "$input" > "$dir/$key" ;;
erase) key=$(cat | tr -c 'a-zA-Z0-9\\n' _); rm "$dir/$key" ;;
list) echo '{"quay.io":"kept"}' ;;
esac
`;
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-auth-"));
    mkdirSync(path("session"));
    environment = {
      env: { XDG_RUNTIME_DIR: path("session"), PATH: `${path("bin")}:/usr/bin:/bin` },
      home: path("home"),
      uid: 1000,
      run: path("run"),
    };
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it("finds nothing where nothing is", async () => {
    assert.equal(await store().find("quay.io", "a"), undefined);
    assert.deepEqual(await store().list(), []);
    assert.equal(await store().remove("quay.io"), false);
  });

  it("asks the files in podman's order", async () => {
    write("home/.dockercfg", { "quay.io": auth("oldest:p") });
    assert.equal(await user("quay.io"), "oldest");
    write("home/.docker/config.json", { auths: { "quay.io": auth("docker:p") } });
    assert.equal(await user("quay.io"), "docker");
    setEnv({ DOCKER_CONFIG: path("dockerdir") });
    assert.equal(await user("quay.io"), "oldest");
    write("dockerdir/config.json", { auths: { "quay.io": auth("dockerdir:p") } });
    assert.equal(await user("quay.io"), "dockerdir");
    write("home/.config/containers/auth.json", { auths: { "quay.io": auth("config:p") } });
    assert.equal(await user("quay.io"), "config");
    write("session/containers/auth.json", { auths: { "quay.io": auth("session:p") } });
    assert.equal(await user("quay.io"), "session");
    write("explicit.json", { auths: { "other.io": auth("explicit:p") } });
    setEnv({ REGISTRY_AUTH_FILE: path("explicit.json") });
    assert.equal(await user("quay.io"), undefined, "an explicit file is the only one");
    assert.equal(await user("other.io"), "explicit");
    write("flag.json", { auths: { "other.io": auth("flag:p") } });
    assert.equal(await user("other.io", undefined, { authFile: path("flag.json") }), "flag");
  });

  it("complains when an explicit file is missing", async () => {
    await assert.rejects(store({ authFile: path("missing.json") }).find("quay.io"), {
      code: "ERR_WHERRY_CREDENTIAL_FILE",
      message: /missing\.json does not exist/,
    });
  });

  it("takes the longest key that fits, and never a part of a host's name", async () => {
    write("session/containers/auth.json", {
      auths: { "quay.io": auth("host:p"), "quay.io/org": auth("org:p"), "quay.io/org/app": auth("app:p") },
    });
    assert.equal(await user("quay.io", "org/app"), "app");
    assert.equal(await user("quay.io", "org/other"), "org");
    assert.equal(await user("quay.io", "organisation/x"), "host");
    assert.equal(await user("notquay.io", "org/app"), undefined);
    assert.equal(await user("quay.io:8443", "org/app"), undefined);
    assert.match(
      (await store().find("quay.io", "org/x"))?.from ?? "",
      /session\/containers\/auth\.json, key quay\.io\/org$/,
    );
  });

  const hubKeys = ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"];
  for (const key of hubKeys) {
    it(`reads ${key} as Docker Hub`, async () => {
      write("home/.docker/config.json", { auths: { [key]: auth("hub:p") } });
      assert.equal(await user("docker.io", "library/alpine"), "hub");
    });
  }

  const entries = [
    { what: "auth", entry: auth("u:p:with:colons"), expected: login("u", "p:with:colons") },
    {
      what: "username and password",
      entry: { username: "u", password: "$HOME" },
      expected: login("u", "$HOME"),
    },
    {
      what: "identitytoken",
      entry: { ...auth("<token>:"), identitytoken: "t" },
      expected: { identityToken: "t" },
    },
    { what: "registrytoken", entry: { registrytoken: "t" }, expected: { registryToken: "t" } },
    { what: "an empty entry", entry: {}, expected: undefined },
    { what: "an auth without colon", entry: auth("nonsense"), expected: undefined },
  ];
  for (const { what, entry, expected } of entries) {
    it(`reads ${what}`, async () => {
      write("session/containers/auth.json", { auths: { "q.io": entry } });
      assert.deepEqual((await store().find("q.io"))?.credentials, expected);
    });
  }

  const damaged = [
    { what: "no JSON", content: "{auths: secret}", message: /is not JSON$/ },
    { what: "a wrong type", content: `{"auths":{"q.io":"secret"}}`, message: /wrong value at auths/ },
  ];
  for (const { what, content, message } of damaged) {
    it(`refuses ${what} without showing it, to read and to write`, async () => {
      write("session/containers/auth.json", content);
      const refused = (error: Error & { code: string }) => {
        assert.equal(error.code, "ERR_WHERRY_CREDENTIAL_FILE");
        assert.match(error.message, message);
        assert.doesNotMatch(`${error.stack ?? ""}${String(error.cause)}`, /secret/);
        return true;
      };
      await assert.rejects(store().find("q.io"), refused);
      await assert.rejects(store().save("q.io", login("u", "p")), refused);
      assert.equal(readFileSync(path("session/containers/auth.json"), "utf8"), content);
    });
  }

  it("writes for its owner only, and keeps what it does not know", async () => {
    write("session/containers/auth.json", {
      auths: { "https://q.io": { ...auth("old:p"), email: "x" }, "other.io": { ...auth("o:p"), email: "y" } },
      HttpHeaders: { a: "b" },
    });
    chmodSync(path("session/containers/auth.json"), 0o644);
    assert.equal(await store().save("q.io", login("u", "p")), path("session/containers/auth.json"));
    assert.equal(statSync(path("session/containers/auth.json")).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(path("session/containers/auth.json"), "utf8")), {
      auths: { "other.io": { ...auth("o:p"), email: "y" }, "q.io": auth("u:p") },
      HttpHeaders: { a: "b" },
    });
    assert.deepEqual(readdirSync(path("session/containers")).sort(), ["auth.json", "auth.json.lock"]);
  });

  it("keeps a login as docker reads it in a file of docker's", async () => {
    const docker = () => store({ authFile: path("docker/config.json"), dockerCompatible: true });
    await docker().save("docker.io", login("u", "p"));
    await docker().save("q.io:5000", login("u", "p"));
    const { auths } = JSON.parse(readFileSync(path("docker/config.json"), "utf8")) as { auths: object };
    assert.deepEqual(Object.keys(auths).sort(), ["https://index.docker.io/v1/", "q.io:5000"]);
    assert.deepEqual((await docker().find("docker.io", "library/x"))?.credentials, login("u", "p"));
    await assert.rejects(docker().save("q.io/team", login("u", "p")), {
      code: "ERR_WHERRY_NAMESPACED_LOGIN",
      message: /q\.io\/team.*hosts only/,
    });
    assert.equal(await docker().remove("docker.io"), true);
  });

  it("gives back what it saved, until it is removed", async () => {
    for (const credentials of [login("u", "p"), { identityToken: "t" }, { registryToken: "r" }]) {
      await store().save("q.io/org", credentials);
      assert.deepEqual((await store().find("q.io", "org/app"))?.credentials, credentials);
      assert.equal(await store().remove("q.io/org"), true);
      assert.equal(await store().find("q.io", "org/app"), undefined);
      assert.equal(await store().remove("q.io/org"), false);
    }
  });

  it("writes to ~/.config when there is no session", async () => {
    environment = { ...environment, env: { PATH: "/usr/bin:/bin" } };
    assert.equal(await store().save("q.io", login("u", "p")), path("home/.config/containers/auth.json"));
    assert.equal(await user("q.io"), "u");
  });

  describe("with helper programs", () => {
    it("asks credHelpers first, then entries, then credsStore", async () => {
      addHelper("special", `echo '{"ServerURL":"","Username":"special","Secret":"s"}'`);
      addHelper("all", `echo '{"ServerURL":"","Username":"all","Secret":"s"}'`);
      write("session/containers/auth.json", {
        auths: { "q.io": auth("entry:p"), "r.io": auth("entry:p"), "s.io": {} },
        credHelpers: { "q.io": "special" },
        credsStore: "all",
      });
      assert.equal(await user("q.io", "a"), "special");
      assert.equal(await user("r.io", "a"), "entry");
      assert.equal(await user("s.io", "a"), "all");
    });

    it("goes on when a helper has no such login", async () => {
      addHelper("none", `echo "credentials not found in native keychain"; exit 1`);
      write("session/containers/auth.json", {
        auths: { "q.io": auth("entry:p") },
        credHelpers: { "q.io": "none" },
      });
      assert.equal(await user("q.io"), "entry");
    });

    it("takes the user <token> for an identity token", async () => {
      addHelper("t", `echo '{"ServerURL":"","Username":"<token>","Secret":"identity"}'`);
      write("session/containers/auth.json", { credsStore: "t" });
      assert.deepEqual((await store().find("q.io"))?.credentials, { identityToken: "identity" });
    });

    it("asks for Docker Hub by docker's own key", async () => {
      addHelper(
        "hub",
        `[ "$(cat)" = https://index.docker.io/v1/ ] && echo '{"Username":"hub","Secret":"s"}'`,
      );
      write("home/.docker/config.json", { credsStore: "hub", auths: { "https://index.docker.io/v1/": {} } });
      assert.equal(await user("docker.io", "library/alpine"), "hub");
    });

    it("follows the order of registries.conf", async () => {
      addHelper("first", `echo '{"Username":"first","Secret":"s"}'`);
      write("session/containers/auth.json", { auths: { "q.io": auth("file:p") } });
      assert.equal(await user("q.io", "a", { helpers: ["first", "containers-auth.json"] }), "first");
      assert.equal(await user("q.io", "a", { helpers: ["containers-auth.json", "first"] }), "file");
      assert.equal(await user("other.io", "a", { helpers: ["containers-auth.json", "first"] }), "first");
    });

    const failing = [
      { what: "is missing", name: "missing", body: undefined, message: /it is not installed/ },
      {
        what: "fails",
        name: "fails",
        body: `echo secret; echo secret >&2; exit 3`,
        message: /failed with status 3$/,
      },
      { what: "hangs", name: "hangs", body: `exec sleep 30`, message: /did not end within 0\.2 s/ },
      { what: "talks nonsense", name: "nonsense", body: `echo secret`, message: /as the protocol asks$/ },
      { what: "has a path for a name", name: "../x", body: undefined, message: /not a program's name/ },
    ];
    for (const { what, name, body, message } of failing) {
      it(`says which helper it is when it ${what}, without its output`, async () => {
        if (body !== undefined) addHelper(name, body);
        write("session/containers/auth.json", { credsStore: name });
        await assert.rejects(
          store({ helperTimeoutMs: 200 }).find("q.io"),
          (error: Error & { code: string }) => {
            assert.equal(error.code, "ERR_WHERRY_CREDENTIAL_HELPER");
            assert.match(error.message, message);
            assert.ok(error.message.includes(`docker-credential-${name}`));
            assert.doesNotMatch(`${error.stack ?? ""}${String(error.cause)}`, /secret/);
            return true;
          },
        );
      });
    }

    it("saves to the helper and removes from it", async () => {
      addHelper("keep", keeping());
      write("session/containers/auth.json", { credHelpers: { "q.io": "keep" } });
      assert.equal(await store().save("q.io", login("u", "p")), "docker-credential-keep");
      assert.ok(!readFileSync(path("session/containers/auth.json"), "utf8").includes("auths"));
      assert.deepEqual((await store().find("q.io"))?.credentials, login("u", "p"));
      assert.equal(existsSync(path("kept/q_io")), true);
      assert.equal(await store().remove("q.io"), true);
      assert.equal(existsSync(path("kept/q_io")), false);
      assert.equal(await store().remove("q.io"), false);
    });

    it("refuses to give a helper credentials of a namespace", async () => {
      addHelper("keep", keeping());
      write("session/containers/auth.json", { credsStore: "keep" });
      await assert.rejects(store().save("q.io/org", login("u", "p")), {
        code: "ERR_WHERRY_NAMESPACED_CREDENTIALS",
        message: /hosts only/,
      });
    });

    it("lists entries and what helpers hold", async () => {
      addHelper("keep", keeping());
      write("session/containers/auth.json", {
        auths: { "q.io": auth("u:p"), "empty.io": {} },
        credsStore: "keep",
      });
      assert.deepEqual(await store().list(), [
        { registry: "q.io", username: "u", from: path("session/containers/auth.json") },
        { registry: "quay.io", username: "kept", from: "docker-credential-keep" },
      ]);
    });
  });
});

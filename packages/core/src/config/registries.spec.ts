import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseReference, formatReference } from "../reference/index.ts";
import { endpointsFor, readRegistriesConf, shortNameCandidates, type Environment } from "./index.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("registries.conf", () => {
  let root: string;
  let environment: Environment;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const endpoints = async (name: string) =>
    endpointsFor(await readRegistriesConf(environment), parseReference(name));
  const pullsFrom = async (name: string) =>
    (await endpoints(name)).pull.map(({ location, repository }) => `${location}/${repository}`);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-registries-"));
    environment = {
      env: {},
      home: join(root, "home"),
      uid: 1000,
      etc: join(root, "etc"),
      usrShare: join(root, "share"),
      varCache: join(root, "cache"),
    };
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it("is not needed", async () => {
    const { blocked, pull, primary } = await endpoints("quay.io/a/b:1");
    assert.equal(blocked, false);
    assert.deepEqual(pull, [primary]);
    assert.deepEqual(primary, { location: "quay.io", repository: "a/b", insecure: false, isMirror: false });
  });

  const rewrites = [
    {
      prefix: "quay.io",
      location: "mirror.local:5000",
      name: "quay.io/a/b",
      expected: ["mirror.local:5000/a/b"],
    },
    { prefix: "quay.io/a", location: "mirror.local/x/", name: "quay.io/a/b", expected: ["mirror.local/x/b"] },
    { prefix: "quay.io/a", location: "mirror.local/x", name: "quay.io/ab/b", expected: ["quay.io/ab/b"] },
    { prefix: "quay.io/a/b", location: "m.local/c", name: "quay.io/a/b:1", expected: ["m.local/c"] },
    { prefix: "quay.io", location: "m.local", name: "quay.io:5000/a", expected: ["quay.io:5000/a"] },
    { prefix: "quay.io/a/b:1", location: "m.local/c", name: "quay.io/a/b:1", expected: ["m.local/c"] },
    { prefix: "quay.io/a/b:1", location: "m.local/c", name: "quay.io/a/b:12", expected: ["quay.io/a/b"] },
    { prefix: "docker.io", location: "m.local", name: "alpine", expected: ["m.local/library/alpine"] },
    { prefix: "*.example.com", location: "m.local", name: "a.example.com/x/y", expected: ["m.local/x/y"] },
    { prefix: "*.example.com", location: "m.local", name: "a.b.example.com:5000/x", expected: ["m.local/x"] },
    { prefix: "*.example.com", location: "m.local", name: "example.com/x", expected: ["example.com/x"] },
    {
      prefix: "*.example.com",
      location: "m.local",
      name: "badexample.com/x",
      expected: ["badexample.com/x"],
    },
    { prefix: "*.example.com", location: "", name: "a.example.com/x", expected: ["a.example.com/x"] },
    {
      prefix: "*.example.com/x",
      location: "m.local/z",
      name: "a.example.com/x/y",
      expected: ["m.local/z/y"],
    },
  ];
  for (const { prefix, location, name, expected } of rewrites) {
    it(`turns ${name} into ${expected.join()} by ${prefix} → ${location === "" ? "(nothing)" : location}`, async () => {
      const line = location === "" ? "" : `location = "${location}"`;
      write("etc/containers/registries.conf", `[[registry]]\nprefix = "${prefix}"\n${line}\n`);
      assert.deepEqual(await pullsFrom(name), expected);
    });
  }

  it("lets the longest prefix decide, whatever the order", async () => {
    write(
      "etc/containers/registries.conf",
      ["quay.io/a/b", "quay.io", "quay.io/a", "*.io"]
        .map((prefix, index) => `[[registry]]\nprefix="${prefix}"\nlocation="m${index}.local"\n`)
        .join(""),
    );
    assert.deepEqual(await pullsFrom("quay.io/a/b/c"), ["m0.local/c"]);
    assert.deepEqual(await pullsFrom("quay.io/a/x"), ["m2.local/x"]);
    assert.deepEqual(await pullsFrom("quay.io/z"), ["m1.local/z"]);
    assert.deepEqual(await pullsFrom("ghcr.io/z"), ["m3.local/z"]);
  });

  const mirrors = `
[[registry]]
location = "quay.io"
insecure = true
[[registry.mirror]]
location = "all.local/q"
[[registry.mirror]]
location = "digest.local"
pull-from-mirror = "digest-only"
insecure = true
[[registry.mirror]]
location = "tag.local"
pull-from-mirror = "tag-only"
`;
  it("asks mirrors in order, then the primary, and never writes to a mirror", async () => {
    write("etc/containers/registries.conf", mirrors);
    assert.deepEqual(await pullsFrom("quay.io/a:1"), ["all.local/q/a", "tag.local/a", "quay.io/a"]);
    assert.deepEqual(await pullsFrom(`quay.io/a@${DIGEST}`), [
      "all.local/q/a",
      "digest.local/a",
      "quay.io/a",
    ]);
    const { primary, pull } = await endpoints(`quay.io/a@${DIGEST}`);
    assert.deepEqual(primary, { location: "quay.io", repository: "a", insecure: true, isMirror: false });
    assert.deepEqual(
      pull.map(({ insecure, isMirror }) => [insecure, isMirror]),
      [
        [false, true],
        [true, true],
        [true, false],
      ],
    );
  });

  it("knows the older mirror-by-digest-only", async () => {
    write(
      "etc/containers/registries.conf",
      `[[registry]]\nlocation="q.io"\nmirror-by-digest-only=true\nmirror=[{location="m.io"}]\n`,
    );
    assert.deepEqual(await pullsFrom("q.io/a:1"), ["q.io/a"]);
    assert.deepEqual(await pullsFrom(`q.io/a@${DIGEST}`), ["m.io/a", "q.io/a"]);
  });

  it("says what is blocked", async () => {
    write("etc/containers/registries.conf", `[[registry]]\nlocation = "quay.io/bad"\nblocked = true\n`);
    assert.equal((await endpoints("quay.io/bad/x")).blocked, true);
    assert.equal((await endpoints("quay.io/good")).blocked, false);
  });

  const search = (name: string) => `unqualified-search-registries = ["${name}"]\n`;
  const searched = async () => (await readRegistriesConf(environment)).unqualifiedSearchRegistries;

  it("prefers the user's file to that of /etc, and that to /usr/share", async () => {
    write("share/containers/registries.conf", search("share"));
    assert.deepEqual(await searched(), ["share"]);
    write("etc/containers/registries.conf", search("etc"));
    assert.deepEqual(await searched(), ["etc"]);
    write("etc/containers/registries.conf.d/10-x.conf", search("etc-dropin"));
    assert.deepEqual(await searched(), ["etc-dropin"]);
    write("home/.config/containers/registries.conf.d/10-x.conf", search("user-dropin"));
    assert.deepEqual(await searched(), ["user-dropin"]);
    rmSync(join(root, "home"), { recursive: true });
    write("home/.config/containers/registries.conf", search("user"));
    assert.deepEqual(await searched(), ["user"], "the user's file switches the system's drop-ins off");
    write("chosen.conf", search("chosen"));
    environment = { ...environment, env: { CONTAINERS_REGISTRIES_CONF: join(root, "chosen.conf") } };
    rmSync(join(root, "etc"), { recursive: true });
    assert.deepEqual(await searched(), ["chosen"]);
  });

  it("lets a drop-in replace an entry of the same prefix", async () => {
    write("etc/containers/registries.conf", `[[registry]]\nlocation = "quay.io"\nblocked = true\n`);
    write("etc/containers/registries.conf.d/a.conf", `[[registry]]\nprefix = "quay.io"\nlocation = "m.io"\n`);
    write("etc/containers/registries.conf.d/a.txt", `not toml`);
    assert.deepEqual(await endpoints("quay.io/a"), {
      blocked: false,
      pull: [{ location: "m.io", repository: "a", insecure: false, isMirror: false }],
      primary: { location: "m.io", repository: "a", insecure: false, isMirror: false },
    });
  });

  const wrong = [
    { what: "a syntax error, with its line", text: `a = 1\nb = = 2\n`, message: /registries\.conf:2: / },
    { what: "version 1", text: `[registries.search]\nregistries = ["a"]\n`, message: /version 1/ },
    { what: "a scheme", text: `[[registry]]\nlocation = "https://q.io"\n`, message: /without a scheme/ },
    {
      what: "an entry that names nothing",
      text: `[[registry]]\nblocked = true\n`,
      message: /prefix or a location/,
    },
    {
      what: "a prefix without location",
      text: `[[registry]]\nprefix = "q.io"\n`,
      message: /q\.io needs a location/,
    },
    {
      what: "a wildcard inside",
      text: `[[registry]]\nprefix = "a.*.io"\nlocation="b"\n`,
      message: /wildcard/,
    },
    {
      what: "a wrong type",
      text: `unqualified-search-registries = "a"\n`,
      message: /must be a list of strings/,
    },
    { what: "an unknown mode", text: `short-name-mode = "loose"\n`, message: /none of enforcing/ },
    {
      what: "two entries that disagree",
      text: `[[registry]]\nprefix="a"\nlocation="q.io"\ninsecure=true\n[[registry]]\nprefix="b"\nlocation="q.io"\n`,
      message: /defined twice/,
    },
    {
      what: "both mirror settings",
      text: `[[registry]]\nlocation="q.io"\nmirror-by-digest-only=true\nmirror=[{location="m",pull-from-mirror="all"}]\n`,
      message: /exclude each other/,
    },
  ];
  for (const { what, text, message } of wrong) {
    it(`refuses ${what}, naming the file`, async () => {
      write("etc/containers/registries.conf", text);
      await assert.rejects(readRegistriesConf(environment), (error: Error & { code: string }) => {
        assert.equal(error.code, "ERR_WHERRY_INVALID_CONFIGURATION");
        assert.match(error.message, message);
        assert.ok(error.message.includes(join(root, "etc/containers/registries.conf")));
        return true;
      });
    });
  }

  it("refuses a location that leaves no repository", async () => {
    write("etc/containers/registries.conf", `[[registry]]\nprefix = "q.io/a"\nlocation = "m.io"\n`);
    await assert.rejects(endpoints("q.io/a"), { code: "ERR_WHERRY_INVALID_CONFIGURATION" });
  });

  describe("shortNameCandidates", () => {
    const candidates = async (text: string) =>
      shortNameCandidates(await readRegistriesConf(environment), text).map(formatReference);

    it("leaves full names alone", async () => {
      assert.deepEqual(await candidates("quay.io/a:1"), ["quay.io/a:1"]);
      assert.deepEqual(await candidates("localhost/a"), ["localhost/a"]);
    });

    it("prefers an alias and keeps tag and digest", async () => {
      write(
        "etc/containers/registries.conf",
        `${search("docker.io")}[aliases]\nfedora = "registry.fedoraproject.org/fedora"\n"ubi8/ubi" = "r.io/ubi8/ubi"\n`,
      );
      assert.deepEqual(await candidates("fedora:40"), ["registry.fedoraproject.org/fedora:40"]);
      assert.deepEqual(await candidates(`ubi8/ubi@${DIGEST}`), [`r.io/ubi8/ubi@${DIGEST}`]);
      assert.deepEqual(await candidates("alpine"), ["docker.io/library/alpine"]);
    });

    for (const mode of ["enforcing", "permissive", "disabled"] as const)
      for (const { text, expected } of [
        { text: "app", expected: ["r.io/team/app"] },
        { text: "app:2", expected: ["r.io/team/app:2"] },
        { text: "other", expected: ["quay.io/other", "docker.io/library/other"] },
        { text: "team/other:1", expected: ["quay.io/team/other:1", "docker.io/team/other:1"] },
        { text: "r.io/app", expected: ["r.io/app"] },
        { text: "localhost:5000/app", expected: ["localhost:5000/app"] },
      ])
        it(`gives what podman tries for ${text} in the mode ${mode}`, async () => {
          write(
            "etc/containers/registries.conf",
            `unqualified-search-registries = ["quay.io", "docker.io"]\nshort-name-mode = "${mode}"\n[aliases]\n"app" = "r.io/team/app"\n`,
          );
          const conf = await readRegistriesConf(environment);
          assert.equal(conf.shortNameMode, mode);
          assert.deepEqual(shortNameCandidates(conf, text).map(formatReference), expected);
        });

    it("tries each search registry", async () => {
      write(
        "etc/containers/registries.conf",
        `unqualified-search-registries = ["quay.io", "docker.io", "r.io:5000"]\n`,
      );
      assert.deepEqual(await candidates("a:1"), ["quay.io/a:1", "docker.io/library/a:1", "r.io:5000/a:1"]);
    });

    it("lets a later file take an alias away, and the user's decisions win", async () => {
      write("etc/containers/registries.conf", `[aliases]\na = "q.io/a"\nb = "q.io/b"\n`);
      write("home/.config/containers/registries.conf.d/x.conf", `[aliases]\na = ""\n`);
      write("home/.cache/containers/short-name-aliases.conf", `[aliases]\nb = "mine.io/b"\n`);
      assert.deepEqual(await candidates("b"), ["mine.io/b"]);
      await assert.rejects(candidates("a"), { code: "ERR_WHERRY_SHORT_NAME" });
    });

    it("says in podman's words that it cannot resolve a name", async () => {
      await assert.rejects(candidates("alpine"), {
        code: "ERR_WHERRY_SHORT_NAME",
        message: `short-name "alpine" did not resolve to an alias and no unqualified-search registries are defined in ${JSON.stringify(join(root, "etc/containers/registries.conf"))}`,
      });
    });
  });
});

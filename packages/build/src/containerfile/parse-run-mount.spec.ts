import assert from "node:assert/strict";
import { parseRunMount } from "./parse-run-mount.ts";

describe("parseRunMount", () => {
  const owner = { uid: 0, gid: 0 };
  const cases: { text: string; expected: object }[] = [
    { text: "target=/a", expected: { type: "bind", source: "/", target: "/a", readOnly: true } },
    {
      text: "type=bind,from=build,src=out,dst=rel,rw",
      expected: { type: "bind", from: "build", source: "out", target: "rel", readOnly: false },
    },
    {
      text: "TYPE=Bind,Destination=/a,RW=false",
      expected: { type: "bind", source: "/", target: "/a", readOnly: true },
    },
    {
      text: '"type=bind","source=a,b",target=/a,z',
      expected: { type: "bind", source: "a,b", target: "/a", readOnly: true },
    },
    { text: '"target=/a ""b"""', expected: { type: "bind", source: "/", target: '/a "b"', readOnly: true } },
    {
      text: "type=cache,target=/c",
      expected: {
        type: "cache",
        target: "/c",
        sharing: "shared",
        source: "/",
        readOnly: false,
        mode: 0o755,
        ...owner,
      },
    },
    {
      text: "type=cache,id=x,target=/c,sharing=locked,mode=0700,uid=5,gid=6,ro,from=seed,source=/s",
      expected: {
        ...{ type: "cache", id: "x", from: "seed", source: "/s", target: "/c", sharing: "locked" },
        ...{ readOnly: true, mode: 0o700, uid: 5, gid: 6 },
      },
    },
    {
      text: "type=secret,id=token",
      expected: {
        type: "secret",
        id: "token",
        target: "/run/secrets/token",
        required: false,
        mode: 0o400,
        ...owner,
      },
    },
    {
      text: "type=secret,target=/etc/x.key,required,mode=444",
      expected: { type: "secret", id: "x.key", target: "/etc/x.key", required: true, mode: 0o444, ...owner },
    },
    {
      text: "type=secret,id=token,env=TOKEN",
      expected: { type: "secret", id: "token", env: "TOKEN", required: false, mode: 0o400, ...owner },
    },
    { text: "type=ssh", expected: { type: "ssh", id: "default", required: false, mode: 0o600, ...owner } },
    {
      text: "type=ssh,id=k,target=/s,required=true,uid=1",
      expected: { type: "ssh", id: "k", target: "/s", required: true, mode: 0o600, uid: 1, gid: 0 },
    },
    { text: "type=tmpfs,target=/t,size=1.5m", expected: { type: "tmpfs", target: "/t", size: 1_572_864 } },
    {
      text: "type=tmpfs,target=/t,tmpfs-size=64MiB,tmpfs-mode=1770",
      expected: { type: "tmpfs", target: "/t", size: 2 ** 26, mode: 0o1770 },
    },
  ];
  for (const { text, expected } of cases)
    it(`reads ${text}`, () => {
      assert.deepEqual(parseRunMount(text), expected);
    });

  it("replaces variables in values, after the fields were split", () => {
    const mount = parseRunMount("type=cache,target=$a,uid=$b", (value) =>
      value.replace("$a", "/x,y").replace("$b", "7"),
    );
    assert.partialDeepStrictEqual(mount, { target: "/x,y", uid: 7 });
  });

  it("does not look at values that are to be replaced", () => {
    assert.partialDeepStrictEqual(parseRunMount("type=cache,target=$a,uid=$b"), { target: "$a", uid: 0 });
  });

  const failures: [text: string, message: RegExp][] = [
    ["type=bin,target=/a", /unsupported mount type "bin"; did you mean bind\?/],
    ["type=volume,target=/a", /unsupported mount type "volume"; it is bind, cache, secret, ssh, tmpfs/],
    ["type=bind", /type=bind needs a target/],
    ["type=tmpfs,target=//./", /cannot have \/ as its target/],
    ["tagret=/a", /unexpected key "tagret" of --mount=type=bind; did you mean target\?/],
    ["type=secret,sharing=locked", /unexpected key "sharing"/],
    ["type=bind,target", /it must be target=VALUE/],
    ["type=cache,target=/a,sharing=all", /unsupported sharing "all"/],
    ["type=cache,target=/a,source=sub", /source of --mount=type=cache is a folder of from, which is missing/],
    ["type=cache,target=/a,source=../..", /source of --mount=type=cache is a folder of from/],
    ["type=cache,target=/a,mode=rw", /invalid mode "rw"/],
    ["type=cache,target=/a,uid=me", /invalid uid "me"/],
    ["type=tmpfs,target=/a,size=many", /invalid size "many"/],
    ["type=secret", /needs an id/],
    ["type=secret,id=x,required=maybe", /required of --mount must be true or false/],
    ["from=$x,target=/a", /from of --mount takes no variables/],
    ['target="/a"', /a quote stands where none may be/],
    ["target=/a,,ro", /empty field/],
  ];
  for (const [text, message] of failures)
    it(`refuses ${text}`, () => {
      assert.throws(() => parseRunMount(text), message);
    });
});

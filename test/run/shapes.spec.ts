import assert from "node:assert/strict";
import { openBox, type Box } from "../support/box.ts";

/** The keys programs look for in `ps --format json`, in podman's order. */
const PS_KEYS =
  "AutoRemove Command CreatedAt CIDFile Exited ExitedAt ExitCode ExposedPorts Id Image ImageID IsInfra Labels Mounts Names Namespaces Networks Pid Pod PodName Ports Restarts Size StartedAt State Status Created".split(
    " ",
  );

/** Of what podman tells about a container, in its order, what we must tell. */
const INSPECT_KEYS =
  "Id Created Path Args State Image ImageDigest ImageName ResolvConfPath HostnamePath HostsPath StaticDir OCIConfigPath OCIRuntime ConmonPidFile PidFile Name RestartCount Driver EffectiveCaps BoundingCaps GraphDriver Mounts NetworkSettings Config HostConfig".split(
    " ",
  );

/** The keys of a line of `system df --format json`, in alphabetical order. */
const DF_KEYS = "Active RawReclaimable RawSize Reclaimable Size Total TotalCount Type".split(" ");

/** What the tests look at. */
interface Inspected {
  readonly Id: string;
  readonly State: { readonly Status: string };
  readonly Config: { readonly Hostname: string; readonly Env: readonly string[] };
  readonly HostConfig: { readonly ReadonlyRootfs: boolean; readonly PortBindings: object };
  readonly Mounts: readonly object[];
}

describe("what programs read of wherry", function () {
  this.timeout(60_000);
  let box: Box;
  let id: string;

  before(async () => {
    box = await openBox({
      Cmd: ["sh"],
      Env: ["PATH=/bin"],
      Labels: { made: "here" },
      ExposedPorts: { "80/tcp": {} },
    });
    id = await box.ok(
      ...["create", "--name", "web", "-p", "18080:80", "-v", "/tmp:/mnt:ro", "-e", "A=b"],
      ...[
        "--label",
        "k=v",
        "--read-only",
        "--hostname",
        "boat",
        "bb",
        "sh",
        "-c",
        "exit 3; this is a long command",
      ],
    );
    await box.ok("create", "--name", "db", "--network", "none", "bb", "true");
    await box.ok("start", "-a", "db");
  });
  after(() => box[Symbol.asyncDispose]());

  const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse(await box.ok(...args));

  describe("ps", () => {
    it("prints podman's table", async () => {
      const [heading = "", ...rows] = (await box.ok("ps", "-a")).split("\n");
      assert.match(heading, /^CONTAINER ID {2}IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$/);
      assert.equal(rows.length, 2);
      assert.match(
        rows[0] ?? "",
        new RegExp(
          `^${id.slice(0, 12)}  localhost/bb:latest  sh -c exit 3; thi\\.\\.\\. .* ago +Created +0\\.0\\.0\\.0:18080->80/tcp +web$`,
        ),
      );
      assert.match(rows[1] ?? "", /Exited \(0\) .* ago +80\/tcp +db$/);
    });

    it("prints podman's JSON", async () => {
      const [web] = (await json("ps", "-a", "--format", "json")) as [Record<string, unknown>];
      assert.deepEqual(Object.keys(web), PS_KEYS);
      assert.equal(web["Id"], id);
      assert.deepEqual(web["Names"], ["web"]);
      assert.deepEqual(web["Labels"], { k: "v", made: "here" });
      assert.deepEqual(web["Mounts"], ["/mnt"]);
      assert.deepEqual(web["Ports"], [
        { container_port: 80, host_ip: "", host_port: 18080, protocol: "tcp", range: 1 },
      ]);
      assert.equal(web["State"], "created");
    });

    it("prints an empty list as JSON", async () => {
      assert.deepEqual(await json("ps", "--format", "json"), []);
      assert.match(await box.ok("ps"), /^CONTAINER ID.*NAMES$/);
    });

    const templates = [
      {
        args: ["--filter", "name=w.b", "--format", "{{.Names}} {{.ID}}"],
        prints: () => `web ${id.slice(0, 12)}`,
      },
      {
        args: ["--no-trunc", "--filter", "name=web", "--format", "{{.ID}} {{.Command}}"],
        prints: () => `${id} sh -c exit 3; this is a long command`,
      },
      { args: ["--filter", "name=web", "--format", "{{.Labels}}"], prints: () => "k=v,made=here" },
      { args: ["--filter", "name=web", "--format", '{{.Label "k"}}'], prints: () => "v" },
      { args: ["--filter", "status=exited", "--format", "{{.Names}} {{.ExitCode}}"], prints: () => "db 0" },
      { args: ["--filter", "label=k", "-q", "--no-trunc"], prints: () => id },
      { args: ["--filter", "label=k=w", "-q"], prints: () => "" },
      { args: ["--filter", "ancestor=bb", "--format", "{{.Names}}"], prints: () => "web\ndb" },
      { args: ["--filter", "since=web", "--format", "{{.Names}}"], prints: () => "db" },
      { args: ["-n", "1", "--format", "{{.Names}}"], prints: () => "db" },
      { args: ["--sort", "names", "--format", "{{.Names}}"], prints: () => "db\nweb" },
      {
        args: ["--noheading", "--filter", "name=db", "--format", "table {{.Names}}\t{{.State}}"],
        prints: () => "db          exited",
      },
    ];
    for (const { args, prints } of templates) {
      it(`understands ${args.join(" ")}`, async () => {
        assert.equal(await box.ok("ps", "-a", ...args), prints());
      });
    }

    const wrong = [
      { args: ["--filter", "frob=1"], says: /frob is an invalid filter/ },
      { args: ["--filter", "status=frob"], says: /unknown container state: frob: invalid argument/ },
      { args: ["--format", "{{.Frob}}"], says: /can't evaluate field Frob/ },
      { args: ["--last", "1", "--latest"], says: /last and latest are mutually exclusive/ },
      { args: ["something"], says: /takes no arguments/ },
    ];
    for (const { args, says } of wrong) {
      it(`refuses ${args.join(" ")}`, async () => {
        const { status, stderr } = await box.wherry(["ps", "-a", ...args]);
        assert.equal(status, 125);
        assert.match(stderr, says);
      });
    }
  });

  describe("inspect", () => {
    it("prints podman's JSON of a container", async () => {
      const [web] = (await json("inspect", "web")) as [Inspected];
      assert.deepEqual(
        Object.keys(web).filter((key) => INSPECT_KEYS.includes(key)),
        INSPECT_KEYS,
      );
      assert.equal(web.Id, id);
      assert.equal(web.State.Status, "created");
      assert.equal(web.Config.Hostname, "boat");
      assert.equal(web.Config.Env.includes("A=b"), true);
      assert.equal(web.HostConfig.ReadonlyRootfs, true);
      assert.deepEqual(web.HostConfig.PortBindings, { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "18080" }] });
      assert.deepEqual(web.Mounts, [
        {
          Type: "bind",
          Source: "/tmp",
          Destination: "/mnt",
          Driver: "",
          Mode: "",
          Options: ["rbind"],
          RW: false,
          Propagation: "rprivate",
        },
      ]);
    });

    const templates = [
      { format: "{{.State.Status}} {{.State.Running}} {{.State.ExitCode}}", prints: "exited false 0" },
      { format: "{{.Config.Image}}", prints: "localhost/bb:latest" },
      { format: '{{index .Config.Labels "made"}}', prints: "here" },
      { format: "{{json .Config.Cmd}}", prints: '["true"]' },
      { format: "{{range .Mounts}}{{.Source}}{{end}}", prints: "" },
      { format: "{{.HostConfig.NetworkMode}} {{.HostConfig.AutoRemove}}", prints: "none false" },
      { format: "{{.Config.StopSignal}}", prints: "SIGTERM" },
    ];
    for (const { format, prints } of templates) {
      it(`understands ${format}`, async () => {
        assert.equal(await box.ok("inspect", "--format", format, "db"), prints);
      });
    }

    it("falls through to images", async () => {
      const [image] = (await json("inspect", "bb")) as [
        {
          readonly RepoTags: readonly string[];
          readonly Os: string;
          readonly Config: { readonly Cmd: readonly string[] };
        },
      ];
      assert.equal(image.RepoTags.includes("localhost/bb:latest"), true);
      assert.equal(image.Os, "linux");
      assert.deepEqual(image.Config.Cmd, ["sh"]);
      assert.equal(await box.ok("inspect", "--type", "image", "--format", "{{.Labels.made}}", "bb"), "here");
    });

    it("prints what there is, then fails for what there is not", async () => {
      const { status, stdout, stderr } = await box.wherry(["inspect", "web", "nosuch"]);
      assert.equal(status, 125);
      assert.equal((JSON.parse(stdout) as unknown[]).length, 1);
      assert.match(stderr, /no such object: "nosuch"/);
      const other = await box.wherry(["inspect", "--type", "container", "bb"]);
      assert.equal(other.stdout, "[]\n");
      assert.match(other.stderr, /no such container/);
    });
  });

  it("system df tells what scripts ask for", async () => {
    const format = "{{.Type}}:{{.Total}}:{{.TotalCount}}:{{.Active}}:{{.Size}}:{{.RawSize}}:{{.Reclaimable}}";
    const lines = (await box.ok("system", "df", "--format", format)).split("\n");
    assert.match(lines[0] ?? "", /^Images:1:1:1:[\d.]+MB:\d+:0B \(0%\)$/);
    assert.match(lines[1] ?? "", /^Containers:2:2:0:[\d.]+kB:\d+:[\d.]+kB \(100%\)$/);
    assert.match(lines[2] ?? "", /^Local Volumes:0:0:0:0B:0:0B \(0%\)$/);
    const [images] = (await json("system", "df", "--format", "json")) as [Record<string, unknown>];
    assert.deepEqual(Object.keys(images).sort(), DF_KEYS);
  });

  it("info and version tell what scripts ask for", async () => {
    const format =
      "{{.Host.Arch}} {{.Host.Security.Rootless}} {{.Store.GraphDriverName}} {{.Store.ContainerStore.Number}}";
    assert.match(await box.ok("info", "--format", format), /^(?:amd64|arm64) true overlay 2$/);
    const info = (await json("info", "-f", "json")) as { host: { conmon: { path: string } } };
    assert.match(info.host.conmon.path, /conmon$/);
    assert.match(await box.ok("info"), /^host:\n {2}arch: /);
    assert.match(await box.ok("version"), /^Client: +Wherry\nVersion: +\d/);
    assert.match(await box.ok("version", "-f", "{{.Client.Version}}"), /^\d+\.\d+\.\d+$/);
  });

  it("doctor finds that containers run here, and says so in JSON too", async () => {
    const { status, stdout } = await box.wherry(["doctor", "--json"]);
    const checks = JSON.parse(stdout) as { id: string; level: string; found: string; fix?: string }[];
    const failures = checks.filter(({ level }) => level === "failure");
    assert.deepEqual(failures, []);
    assert.equal(status, checks.some(({ level }) => level === "warning") ? 1 : 0);
    for (const id of ["sub-ids", "user-namespace", "runtime", "conmon", "overlay"])
      assert.equal(checks.find((check) => check.id === id)?.level, "ok", id);
    for (const { level, fix, id } of checks) assert.equal(level === "ok", fix === undefined, id);
    assert.match((await box.wherry(["doctor"])).stdout, /^ok +user-namespace +made$/m);
  });
});

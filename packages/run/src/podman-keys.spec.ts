import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "@wherry/core/engine";
import { parseReference } from "@wherry/core/reference";
import { hostIn, runInProcess } from "../../../test/support/in-process.ts";
import { program } from "./program.ts";
import { putContainer, putPlainImage } from "./testdata/plain-image.ts";

/** The keys that podman 4.3.1 prints as JSON, by command and the object they are in; those of `inspect` have a spec of their own. */
const PODMAN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ps -a --format json": {
    "0":
      "AutoRemove Command CreatedAt Exited ExitedAt ExitCode Id Image ImageID IsInfra Labels Mounts Names Namespaces " +
      "Networks Pid Pod PodName Ports Size StartedAt State Status Created",
  },
  "images --format json": {
    "0":
      "Id ParentId RepoTags RepoDigests Size SharedSize VirtualSize Labels Containers Names Digest History Created " +
      "CreatedAt",
  },
  "image inspect boat:1": {
    "0":
      "Id Digest RepoTags RepoDigests Parent Comment Created Config Version Author Architecture Os Size VirtualSize " +
      "GraphDriver RootFS Labels Annotations ManifestType User History NamesHistory",
    "0.GraphDriver": "Name Data",
    "0.RootFS": "Type Layers",
  },
  "volume inspect data": {
    "0": "Name Driver Mountpoint CreatedAt Labels Scope Options MountCount NeedsCopyUp NeedsChown",
  },
  "volume ls --format json": {
    "0": "Name Driver Mountpoint CreatedAt Labels Scope Options MountCount NeedsCopyUp NeedsChown",
  },
  "secret inspect key": {
    "0": "ID CreatedAt UpdatedAt Spec",
    "0.Spec": "Name Driver Labels",
    "0.Spec.Driver": "Name Options",
  },
  "history --format json boat:1": { "0": "id created CreatedBy size comment Created" },
  "version --format json": {
    Client: "APIVersion Version GoVersion GitCommit BuiltTime Built OsArch Os",
  },
  "info --format json": {
    "": "host store registries plugins version",
    host:
      "arch buildahVersion cgroupManager cgroupVersion cgroupControllers conmon cpus cpuUtilization distribution " +
      "eventLogger hostname idMappings kernel logDriver memFree memTotal networkBackend ociRuntime os remoteSocket " +
      "serviceIsRemote security slirp4netns swapFree swapTotal uptime linkmode",
    "host.conmon": "package path version",
    "host.cpuUtilization": "userPercent systemPercent idlePercent",
    "host.distribution": "distribution version",
    "host.idMappings": "gidmap uidmap",
    "host.ociRuntime": "name package path version",
    "host.remoteSocket": "path",
    "host.security": "apparmorEnabled capabilities rootless seccompEnabled seccompProfilePath selinuxEnabled",
    "host.slirp4netns": "executable package version",
    store:
      "configFile containerStore graphDriverName graphOptions graphRoot graphRootAllocated graphRootUsed graphStatus " +
      "imageCopyTmpDir imageStore runRoot volumePath",
    "store.containerStore": "number paused running stopped",
    "store.imageStore": "number",
    plugins: "volume network log authorization",
    version: "APIVersion Version GoVersion GitCommit BuiltTime Built OsArch Os",
  },
  "events --stream=false --format json": { "": "ID Image Name Status Time Type Attributes" },
};

/** Keys of podman that ours does not have, with the reason. */
const WITHOUT: Readonly<Record<string, string>> = {
  "info --format json host.linkmode": "how Go's linker was called",
};

describe("JSON beside podman's keys", () => {
  let home: string;
  before(async () => {
    home = mkdtempSync(join(tmpdir(), "wherry-keys-"));
    await using engine = Engine.open(hostIn(home));
    const { store } = engine;
    const image = await putPlainImage(store, "boat");
    store.images.tag(image, parseReference("localhost/boat:1"));
    const id = putContainer(store, "web", image.id);
    const { config, ...record } = store.containers.get(id);
    await store.containers.remove(id);
    store.containers.insert({ ...record, config: { ...(config as object), autoRemove: false } });
    store.volumes.insert({
      ...{ name: "data", created: "2026-01-01T00:00:00Z", options: {}, labels: {}, uid: 0, gid: 0 },
      ...{ isAnonymous: false, isFresh: true },
    });
    store.secrets.insert({ name: "key", labels: {} }, Buffer.from("x"), { now: new Date() });
    store.events.record({ type: "container", status: "start", id, name: "web", image: "localhost/boat:1" });
  });
  after(() => rmSync(home, { recursive: true }));

  const isRoot = process.getuid?.() === 0;
  for (const [command, objects] of Object.entries(PODMAN)) {
    const isSkipped = command.startsWith("info") && !isRoot;
    it(`${command}${isSkipped ? " (skipped: this host gives an ordinary user no ids)" : ""}`, async function () {
      if (isSkipped) this.skip();
      const { status, out, err } = await runInProcess(command.split(" "), hostIn(home), { program });
      assert.deepEqual([status, err], [0, ""]);
      const text = command.startsWith("events") ? (out.trim().split("\n").at(-1) ?? "") : out;
      const printed: unknown = JSON.parse(text);
      for (const [path, keys] of Object.entries(objects)) {
        const object = at(printed, path);
        const missing = keys.split(" ").filter((key) => !Object.hasOwn(object, key));
        const unexplained = missing.filter((key) => WITHOUT[`${command} ${path}.${key}`] === undefined);
        assert.deepEqual(unexplained, [], `of ${path === "" ? "the whole" : path}`);
      }
    });
  }

  it("has a reason for each key that is not there, of keys that podman has", () => {
    for (const [place, why] of Object.entries(WITHOUT)) {
      const [, command = "", path = "", key = ""] = /^(.*) (\S*)\.(\w+)$/.exec(place) ?? [];
      assert.ok(PODMAN[command]?.[path]?.split(" ").includes(key), place);
      assert.notEqual(why, "");
    }
  });

  function at(printed: unknown, path: string): object {
    const found = path
      .split(".")
      .filter((part) => part !== "")
      .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], printed);
    assert.ok(typeof found === "object" && found !== null, `there is no ${path}`);
    return found;
  }
});

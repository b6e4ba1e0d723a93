import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "@wherry/core/engine";
import { parseReference } from "@wherry/core/reference";
import { hostIn, runInProcess } from "../../../test/support/in-process.ts";
import { program } from "./program.ts";
import { putContainer, putPlainImage } from "./testdata/plain-image.ts";

const NO_CONTAINER = 'no container with name or ID "nosuch" found: no such container';

/**
 * Command lines, each with the exit status and what scripts look for in what podman 4.3.1 says: the sentinel at the end, or the
 * whole where it is the same. HOME is a folder.
 */
const ROWS: readonly (readonly [line: string, status: number, words: string])[] = [
  ["rm nosuch", 1, NO_CONTAINER],
  ["stop nosuch", 125, NO_CONTAINER],
  ["start nosuch", 125, NO_CONTAINER],
  ["logs nosuch", 125, NO_CONTAINER],
  ["port nosuch", 125, NO_CONTAINER],
  ["wait nosuch", 125, NO_CONTAINER],
  ["kill nosuch", 125, NO_CONTAINER],
  ["pause nosuch", 125, NO_CONTAINER],
  ["init nosuch", 125, NO_CONTAINER],
  ["attach nosuch", 125, NO_CONTAINER],
  ["top nosuch", 125, NO_CONTAINER],
  ["stats --no-stream nosuch", 125, NO_CONTAINER],
  ["commit nosuch", 125, NO_CONTAINER],
  ["export nosuch", 125, NO_CONTAINER],
  ["mount nosuch", 125, NO_CONTAINER],
  ["unmount nosuch", 125, NO_CONTAINER],
  ["healthcheck run nosuch", 125, NO_CONTAINER],
  ["container clone nosuch", 125, NO_CONTAINER],
  ["update --cpus 1 nosuch", 125, NO_CONTAINER],
  ["exec nosuch true", 125, NO_CONTAINER],
  ["rename nosuch x", 125, NO_CONTAINER],
  ["create --network container:nosuch boat:1 true", 125, NO_CONTAINER],
  ["create --pid container:nosuch boat:1 true", 125, NO_CONTAINER],
  ["create --requires nosuch boat:1 true", 125, NO_CONTAINER],
  ["inspect nosuch", 125, 'no such object: "nosuch"'],
  ["container inspect nosuch", 125, "no such container nosuch"],
  ["image inspect nosuch", 125, "nosuch: image not known"],
  ["inspect --type volume nosuch", 125, "no such volume nosuch"],
  ["volume inspect nosuch", 125, "no such volume"],
  ["volume rm nosuch", 1, 'no volume with name "nosuch" found: no such volume'],
  ["volume rm data", 2, "volume is being used"],
  ["volume create data", 125, "volume with name data already exists: volume already exists"],
  ["volume create b@d", 125, "names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument"],
  ["secret rm nosuch", 125, 'no secret with name or id "nosuch": no such secret'],
  ["secret inspect nosuch", 125, 'no secret with name or id "nosuch": no such secret'],
  ["secret create key HOME/file", 125, "key: secret name in use"],
  ["create --secret nosuch boat:1 true", 125, 'no secret with name or id "nosuch": no such secret'],
  ["rmi nosuch", 1, "nosuch: image not known"],
  ["rmi boat:1", 2, ": image is in use by a container"],
  ["tag nosuch x", 125, "nosuch: image not known"],
  ["untag nosuch", 125, "nosuch: image not known"],
  ["push nosuch", 125, "nosuch: image not known"],
  ["history nosuch", 125, "nosuch: image not known"],
  ["image tree nosuch", 125, "nosuch: image not known"],
  ["image mount nosuch", 125, "nosuch: image not known"],
  ["run --pull never nosuch", 125, "nosuch: image not known"],
  ["save -o HOME/archive nosuch", 125, "nosuch: image not known"],
  ["untag boat:1 other", 125, ": tag not known"],
  ["pause web", 125, ": container state improper"],
  ["kill web", 125, ": container state improper"],
  ["exec web true", 125, ": container state improper"],
  ["unpause web", 125, ": container state improper"],
  ["kill -s FROB web", 125, "invalid signal: FROB"],
  ["create --name web boat:1 true", 125, 'the container name "web" is already in use by'],
  ["create --name ../x boat:1 true", 125, "names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument"],
  ["create -v /tmp:/x -v /var:/x boat:1 true", 125, "/x: duplicate mount destination"],
  ["create --tmpfs /x -v /var:/x/ boat:1 true", 125, "/x: duplicate mount destination"],
  ["create -v /no/such/dir:/x boat:1 true", 125, "statfs /no/such/dir: no such file or directory"],
  [
    "create --network nosuch boat:1 true",
    125,
    "unable to find network with name or ID nosuch: network not found",
  ],
  ["create --restart frob boat:1 true", 125, '"frob" is not a valid restart policy'],
  ["create --log-driver frob boat:1 true", 125, "invalid log driver"],
  ["create --cap-add frob boat:1 true", 125, '"CAP_FROB": unknown capability'],
  ["create --device /no/such boat:1 true", 125, "stat /no/such: no such file or directory"],
  ["create --env-file /no/such boat:1 true", 125, "open /no/such: no such file or directory"],
  ["create --label-file /no/such boat:1 true", 125, "open /no/such: no such file or directory"],
  ["create --mount type=frob,target=/x boat:1 true", 125, 'invalid filesystem type "frob"'],
  ["load -i /no/such/file", 125, "/no/such/file: no such file or directory"],
  ["import /no/such/file", 125, "open /no/such/file: no such file or directory"],
  ["cp /no/such web:/", 125, '"/no/such" could not be found on the host: no such file or directory'],
  ["stop -l web", 125, "--latest and containers cannot be used together"],
  ["stop --all web", 125, "no arguments are needed with --all"],
  ["rm", 125, "you must provide at least one name or id"],
  ["rm --all --latest", 125, "--all and --latest cannot be used together"],
  [
    "stop -t -1 web",
    125,
    'invalid argument "-1" for "-t, --time" flag: strconv.ParseUint: parsing "-1": invalid syntax',
  ],
  [
    "logs --tail x web",
    125,
    'invalid argument "x" for "--tail" flag: strconv.ParseInt: parsing "x": invalid syntax',
  ],
  ["ps --frob", 125, "unknown flag: --frob"],
  ["ps -j", 125, "unknown shorthand flag: 'j' in -j"],
  ["ps --filter", 125, "flag needs an argument: --filter"],
  ["ps --filter frob=1", 125, "frob is an invalid filter"],
  ["ps --filter status=frob", 125, "unknown container state: frob: invalid argument"],
  ["ps --last 1 --latest", 125, "last and latest are mutually exclusive"],
  ["ps --size --ns", 125, "size and namespace options conflict"],
  ["images --sort frob", 125, '"frob" is not a valid field for sorting. Choose from:'],
  ["images --filter frob=x", 125, 'unsupported image filter "frob'],
  ["volume ls --filter frob=x", 125, '"frob" is an invalid volume filter'],
  ["pull UPPER/Case", 125, "repository name must be lowercase"],
  ["login --username x", 125, "no registries found in registries.conf, a registry must be provided"],
  [
    "pull boat",
    125,
    'short-name "boat" did not resolve to an alias and no unqualified-search registries are defined in',
  ],
];

describe("the words of errors that scripts look for", () => {
  let home: string;
  before(async () => {
    home = mkdtempSync(join(tmpdir(), "wherry-words-"));
    writeFileSync(join(home, "file"), "x");
    await using engine = Engine.open(hostIn(home));
    const { store } = engine;
    const image = await putPlainImage(store, "boat");
    store.images.tag(image, parseReference("localhost/boat:1"));
    const id = putContainer(store, "web", image.id);
    const mounts = [{ type: "volume", name: "data", destination: "/data", isAnonymous: false }];
    const { config, ...record } = store.containers.get(id);
    await store.containers.remove(id);
    store.containers.insert({ ...record, config: { ...(config as object), mounts, stopSignal: "SIGTERM" } });
    store.volumes.insert({
      ...{ name: "data", created: "2026-01-01T00:00:00Z", options: {}, labels: {}, uid: 0, gid: 0 },
      ...{ isAnonymous: false, isFresh: true },
    });
    store.secrets.insert({ name: "key", labels: {} }, Buffer.from("x"), { now: new Date() });
  });
  after(() => rmSync(home, { recursive: true }));

  for (const [line, status, words] of ROWS)
    it(`${line}: … ${words}`, async () => {
      const argv = line.split(" ").map((word) => word.replace("HOME", home));
      const result = await runInProcess(argv, hostIn(home), { program });
      assert.equal(result.status, status, result.err);
      const [first = ""] = result.err.split("\n");
      assert.match(first, /^Error: /);
      assert.ok(first.includes(words), `${first}\nhas not\n${words}`);
    });
});

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

describe("logs and their drivers", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());

  const run = (name: string, flags: readonly string[], script: string) =>
    box.ok("run", "--name", name, "--network", "none", ...flags, "bb", "sh", "-c", script);
  const shell = async (script: string): Promise<string> => {
    const { status, stdout, stderr } = await box.user.run("sh", ["-c", script]);
    assert.equal(status, 0, stderr);
    return stdout;
  };

  it("keep bytes as they are, and lines that have no end", async () => {
    const script = "head -c 100000 /bin/busybox; echo; printf 'no end'";
    const printed = await shell(`wherry run --name bytes --network none bb sh -c "${script}" | sha256sum`);
    assert.equal(await shell("wherry logs bytes | sha256sum"), printed);
    assert.equal(await shell("wherry logs --tail 1 bytes"), "no end");
    assert.match(
      await shell("wherry logs -t bytes | tail -n 1"),
      /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) no end$/,
    );
  });

  it("begin anew at their size, and logs -f loses nothing of that", async () => {
    const loop =
      "until [ -e /go ]; do sleep 0.05; done; i=0; while [ $i -lt 1500 ]; do echo line $i; i=$((i+1)); [ $((i % 100)) = 0 ] && sleep 0.1; done";
    await run("small", ["-d", "--log-opt", "max-size=10kb"], loop);
    const following = box.wherry(["logs", "-f", "small"]);
    await box.ok("exec", "small", "sh", "-c", "sleep 0.5; touch /go");
    const { stdout } = await following;
    assert.deepEqual(
      stdout.trimEnd().split("\n"),
      Array.from({ length: 1500 }, (_, index) => `line ${index}`),
    );
    const path = await box.ok("inspect", "-f", "{{.HostConfig.LogConfig.Path}}", "small");
    assert.ok(statSync(path).size <= 10_000);
    assert.equal(await box.ok("inspect", "-f", "{{.HostConfig.LogConfig.Size}}", "small"), "10kB");
    assert.equal(await box.ok("logs", "--tail", "2", "small"), "line 1498\nline 1499");
  });

  it("of several containers have the ID or the name before each line", async () => {
    const id = await run("one", ["-d"], "echo first; echo second");
    await run("two", [], "echo other");
    await box.until("one", "exited");
    const short = id.slice(0, 12);
    assert.match(
      await box.ok("logs", "one", "two"),
      new RegExp(`^${short} first\n${short} second\n[0-9a-f]{12} other$`),
    );
    assert.equal(await box.ok("logs", "-n", "--tail", "1", "one", "two"), "one second\ntwo other");
    assert.equal(await box.ok("logs", "--latest"), "other");
  });

  it("go where --log-opt path says", async () => {
    await run(
      "elsewhere",
      ["--log-driver", "json-file", "--log-opt", "path=own.log", "--log-opt", "tag=t"],
      "echo hello",
    );
    const shown = "{{with .HostConfig.LogConfig}}{{.Type}} {{.Path}} {{.Tag}}{{end}}";
    const path = join(box.user.home, "own.log");
    assert.equal(await box.ok("inspect", "-f", shown, "elsewhere"), `json-file ${path} t`);
    assert.equal(await box.ok("logs", "elsewhere"), "hello");
    await box.ok("rm", "elsewhere");
    assert.ok(existsSync(path), "a file of the user's own stays");
  });

  it("are none with the driver none, which leaves the output to whoever attaches", async () => {
    assert.equal(await run("mute", ["--log-driver", "none"], "echo hello"), "hello");
    const { status, stderr } = await box.wherry(["logs", "mute"]);
    assert.equal(status, 125);
    assert.match(stderr, /using the 'none' log driver, cannot read logs/);
  });

  it("are the caller's own streams with passthrough, whose files stay the caller's", async () => {
    const flags = "--rm --network none --log-driver passthrough -u 7";
    assert.equal(await shell(`echo in | wherry run -i ${flags} bb sh -c 'cat; echo out'`), "in\nout\n");
    await shell(`wherry run ${flags} bb sh -c 'echo to a file; echo error >&2' >out.txt 2>err.txt`);
    const path = join(box.user.home, "out.txt");
    assert.equal(readFileSync(path, "utf8"), "to a file\n");
    assert.equal(readFileSync(join(box.user.home, "err.txt"), "utf8"), "error\n");
    assert.equal(statSync(path).uid, box.user.uid);
    await shell(`wherry run -d --name passed ${flags} bb sh -c 'sleep 0.2; echo later' >id.txt`);
    await box.wherry(["wait", "passed"]);
    for (
      let tries = 0;
      tries < 100 && !readFileSync(join(box.user.home, "id.txt"), "utf8").includes("later");
      tries++
    )
      await shell("sleep 0.05");
    assert.match(readFileSync(join(box.user.home, "id.txt"), "utf8"), /^[0-9a-f]{64}\nlater\n$/);
  });

  it("follow containers.conf, and say which driver there is not", async () => {
    const conf = join(box.user.home, "c.conf");
    writeFileSync(conf, '[containers]\nlog_driver = "none"\nlog_size_max = 9000\n');
    const env = { CONTAINERS_CONF_OVERRIDE: conf };
    await box.wherry(["create", "--name", "conf", "bb", "true"], { env });
    const shown = "{{.HostConfig.LogConfig.Type}} {{.HostConfig.LogConfig.Size}}";
    assert.equal(await box.ok("inspect", "-f", shown, "conf"), "none 9kB");
    const { status, stderr } = await box.wherry(["create", "--log-driver", "journald", "bb", "true"], {
      env,
    });
    assert.equal(status, 125);
    assert.match(
      stderr,
      /invalid log driver "journald": known are k8s-file, json-file, none, passthrough: invalid argument/,
    );
  });
});

import { readFileSync } from "node:fs";
import { arch, cpus, freemem, hostname, release, totalmem, uptime } from "node:os";
import { string } from "@oclif/core/flags";
import { boolean } from "@oclif/core/flags";
import { goJson, renderObject, StoreCommand } from "@wherry/core/cli";
import { findProgram } from "@wherry/core/process";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

export default class Info extends StoreCommand {
  static override summary = "Display information about the host and the store";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --format '{{.store.GraphRoot}}'",
  ];
  static override flags = {
    debug: boolean({ char: "d", description: "Display the version and the program too" }),
    format: string({ helpValue: "template", description: "Print by a Go template" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Info);
    const { engine } = this;
    const { host, store, locations } = engine;
    const runtime =
      engine.options.runtime ??
      ["crun", "runc"].find((name) => findProgram(name, host.env["PATH"]) !== undefined);
    const facts = {
      ...(flags.debug
        ? {
            debug: {
              "buildah version": this.invocation.program.version,
              compiler: "node",
              "go version": process.version,
              "git commit": "",
            },
          }
        : {}),
      host: {
        Distribution: distribution(host.etc),
        MemFree: freemem(),
        MemTotal: totalmem(),
        OCIRuntime: runtime ?? "",
        arch: ARCHITECTURES[arch()] ?? arch(),
        cpus: cpus().length,
        hostname: hostname(),
        kernel: release(),
        os: "linux",
        rootless: host.uid !== 0,
        uptime: `${Math.floor(uptime() / 3600)}h ${Math.floor(uptime() / 60) % 60}m ${(uptime() % 60).toFixed(2)}s`,
      },
      store: {
        ContainerStore: { number: store.working.list().length + store.containers.list().length },
        GraphDriverName: "overlay",
        GraphOptions: engine.options.storageOptions ?? [],
        GraphRoot: store.root,
        GraphStatus: {},
        ImageStore: { number: store.images.list().length },
        RunRoot: locations.runtimeDir,
      },
    };
    if (flags.format === undefined) this.log(goJson(facts, "    "));
    else this.print(renderObject(facts, flags.format, "info"));
  }
}

function distribution(etc: string): { distribution: string; version: string } {
  let text = "";
  try {
    text = readFileSync(`${etc}/os-release`, "utf8");
  } catch {
    // a host that does not say
  }
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, "m").exec(text)?.[1] ?? "";
  return { distribution: field("ID"), version: field("VERSION_ID") };
}

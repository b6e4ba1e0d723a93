import { string as stringArg } from "@oclif/core/args";
import { boolean, string } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";
import { changeWorking } from "../working/change.ts";
import { changeWorkingConfig } from "../working/change-config.ts";

const several = { multiple: true as const, multipleNonGreedy: true };

export default class Config extends StoreCommand {
  static override summary = "Update image configuration settings";
  static override description = `Says how containers of the image will run. NAME- takes a variable, label, annotation, port or
volume away, - all of them.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --cmd '/usr/bin/app --serve' --port 8080 $container",
    `<%= config.bin %> <%= command.id %> --entrypoint '["/usr/bin/app"]' --env MODE=prod --label version=1.2 $container`,
    "<%= config.bin %> <%= command.id %> --env DEBUG- --user app --workingdir /srv $container",
  ];
  static override args = { container: stringArg({ required: true, description: "working container" }) };
  static override arity = "container ID must be specified";
  static override flags = {
    "add-history": boolean({ description: "Add an entry to the image's history ($BUILDAH_HISTORY)" }),
    annotation: string({ char: "a", ...several, helpValue: "NAME=VALUE", description: "Add an annotation" }),
    arch: string({ helpValue: "ARCH", description: "Architecture of the image" }),
    author: string({ helpValue: "TEXT", description: "Author of the image" }),
    cmd: string({ helpValue: "COMMAND", description: "Default command: words, or a JSON list" }),
    comment: string({ helpValue: "TEXT", description: "Comment of the image (docker format only)" }),
    "created-by": string({ helpValue: "TEXT", description: "How the image was created" }),
    domainname: string({ helpValue: "NAME", description: "Domain name of containers (docker format only)" }),
    entrypoint: string({
      helpValue: "PROGRAM",
      description: "Entrypoint: a JSON list, or a text for the shell",
    }),
    env: string({ char: "e", ...several, helpValue: "NAME=VALUE", description: "Set a variable" }),
    healthcheck: string({ helpValue: "COMMAND", description: "Health check: CMD …, CMD-SHELL … or NONE" }),
    "healthcheck-interval": string({ helpValue: "DURATION", description: "Time between health checks" }),
    "healthcheck-retries": string({ helpValue: "NUMBER", description: "Failures that make it unhealthy" }),
    "healthcheck-start-interval": string({
      helpValue: "DURATION",
      description: "Time between checks while it starts",
    }),
    "healthcheck-start-period": string({ helpValue: "DURATION", description: "Time before failures count" }),
    "healthcheck-timeout": string({ helpValue: "DURATION", description: "Time one check may take" }),
    "history-comment": string({ helpValue: "TEXT", description: "Comment of the new history entry" }),
    hostname: string({ helpValue: "NAME", description: "Host name of containers (docker format only)" }),
    label: string({ char: "l", ...several, helpValue: "NAME=VALUE", description: "Add a label" }),
    onbuild: string({ ...several, helpValue: "INSTRUCTION", description: "Add an ONBUILD trigger" }),
    os: string({ helpValue: "OS", description: "Operating system of the image" }),
    "os-version": string({ helpValue: "VERSION", description: "Version of the operating system" }),
    port: string({
      char: "p",
      ...several,
      helpValue: "PORT[/PROTOCOL]",
      description: "Port that containers serve",
    }),
    shell: string({ helpValue: "SHELL", description: "Shell of RUN and of shell forms" }),
    "stop-signal": string({ helpValue: "SIGNAL", description: "Signal that stops containers" }),
    "unset-label": string({
      ...several,
      aliases: ["unsetlabel"],
      helpValue: "NAME",
      description: "Take a label away",
    }),
    user: string({ char: "u", helpValue: "USER[:GROUP]", description: "Default user" }),
    variant: string({ helpValue: "VARIANT", description: "Variant of the architecture" }),
    volume: string({ char: "v", ...several, helpValue: "PATH", description: "Add a default volume" }),
    workingdir: string({ helpValue: "PATH", description: "Working directory" }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.input(Config);
    const { env } = this.engine.host;
    const history = flags["add-history"] || env["BUILDAH_HISTORY"] === "true";
    await changeWorking(this.engine, args.container, ({ state }) => {
      const { state: after, warnings } = changeWorkingConfig(state, flags, env);
      for (const warning of warnings) this.warn(warning);
      if (!history) return Promise.resolve(after);
      return Promise.resolve({
        ...after,
        added: [...after.added, `/bin/sh -c #(nop) ${historyText(flags)}`],
      });
    });
  }
}

/** The changes as instructions of a Containerfile would have made them. */
function historyText(flags: Readonly<Record<string, unknown>>): string {
  const names: Readonly<Record<string, string>> = {
    cmd: "CMD",
    entrypoint: "ENTRYPOINT",
    env: "ENV",
    label: "LABEL",
    port: "EXPOSE",
    user: "USER",
    volume: "VOLUME",
    workingdir: "WORKDIR",
  };
  return Object.entries(names)
    .filter(([flag]) => flags[flag] !== undefined)
    .map(([flag, name]) => `${name} ${[flags[flag]].flat().join(" ")}`)
    .join("; ");
}

import { boolean, string } from "@oclif/core/flags";
import { parseDuration, renderDebug, WherryCommand } from "@wherry/core/cli";
import type { EngineOptions } from "@wherry/core/engine";
import { observePrograms } from "@wherry/core/process";
import type { Platform } from "@wherry/core/oci";
import { CommandTimeoutError } from "./errors.ts";

/** A timer for longer than 24 days would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** skopeo's flags before the command's name. */
export const globalFlags = {
  "command-timeout": string({ helpValue: "duration", description: "Timeout for the command execution" }),
  debug: boolean({ description: "Tell of every request and every program on standard error" }),
  "insecure-policy": boolean({ description: "Run the tool without any policy check" }),
  "override-arch": string({
    helpValue: "ARCH",
    description: "Use ARCH instead of the architecture of the machine for choosing images",
  }),
  "override-os": string({
    helpValue: "OS",
    description: "Use OS instead of the running OS for choosing images",
  }),
  "override-variant": string({
    helpValue: "VARIANT",
    description: "Use VARIANT instead of the running architecture variant for choosing images",
  }),
  policy: string({
    helpValue: "path",
    exclusive: ["insecure-policy"],
    description: "Use this file instead of the usual policy.json",
  }),
  "registries-conf": string({
    helpValue: "path",
    description: "Use this file instead of the usual registries.conf",
  }),
  "registries.d": string({
    helpValue: "path",
    description: "Use this folder instead of the usual registries.d, which says where signatures are",
  }),
  "require-signed": boolean({
    exclusive: ["insecure-policy"],
    description: "Take no image of which the policy asks no signature",
  }),
  tmpdir: string({
    helpValue: "path",
    description: "Folder for big temporary files (default $TMPDIR or /var/tmp)",
  }),
  "user-agent-prefix": string({
    helpValue: "TEXT",
    description: "Put before the name that registries are told",
  }),
  "tls-verify": boolean({ description: "Require HTTPS and verify certificates when accessing the registry" }),
};

/** Which platform of an index is meant, in the way of podman and docker. */
export const platformFlag = {
  platform: string({ helpValue: "OS/ARCH[/VARIANT]", description: "Choose images for this platform" }),
};

/** Base of the commands of `wherry-image`. */
export abstract class ImageCommand extends WherryCommand {
  static override baseFlags = globalFlags;

  /** What is told of while the command goes on, beside its results. */
  protected readonly others = {
    warn: (line: string): void => void this.warn(line),
    fail: (error: unknown): void => this.fail(error),
  };

  protected override begin(flags: Readonly<Record<string, unknown>>): void {
    if (flags["debug"] === true)
      observePrograms((argv) =>
        this.invocation.err(renderDebug(`running ${JSON.stringify(argv)}`, this.invocation)),
      );
  }

  protected override engineOptions(flags: Readonly<Record<string, unknown>>): EngineOptions {
    const { debug, tmpdir, policy, "registries-conf": conf, "user-agent-prefix": prefix } = flags;
    const lookasides = flags["registries.d"];
    const options: EngineOptions = {
      ...super.engineOptions(flags),
      ...(typeof tmpdir === "string" && tmpdir !== "" ? { temporaryDirectory: tmpdir } : {}),
      ...(typeof conf === "string" && conf !== "" ? { registriesConf: conf } : {}),
      ...(typeof lookasides === "string" && lookasides !== "" ? { registriesD: lookasides } : {}),
      policy: {
        insecure: flags["insecure-policy"] === true,
        requiresSignatures: flags["require-signed"] === true,
        ...(typeof policy === "string" ? { file: policy } : {}),
      },
      registryDefaults: {
        ...(typeof prefix === "string" && prefix !== "" ? { userAgentPrefix: prefix } : {}),
        ...(debug === true
          ? { onRequest: (line) => this.invocation.err(renderDebug(line, this.invocation)) }
          : {}),
      },
    };
    const text = flags["command-timeout"];
    const timeoutMs = typeof text === "string" ? parseDuration(text) : 0;
    if (timeoutMs <= 0) return options;
    const timeout = new AbortController();
    setTimeout(
      () => timeout.abort(new CommandTimeoutError(String(text))),
      Math.min(timeoutMs, LONGEST_TIMER_MS),
    ).unref();
    return { ...options, signal: AbortSignal.any([timeout.signal, this.invocation.signal]) };
  }
}

/**
 * The platform that flags ask for; undefined when this machine's is meant.
 *
 * @throws {InvalidPlatformError}
 */
export async function platformAmong(flags: Readonly<Record<string, unknown>>): Promise<Platform | undefined> {
  const { parsePlatform, platformWith } = await import("@wherry/core/oci");
  const { platform } = flags;
  if (typeof platform === "string") return parsePlatform(platform);
  const [os, arch, variant] = ["os", "arch", "variant"].map((part) => textOf(flags[`override-${part}`]));
  if (os === undefined && arch === undefined && variant === undefined) return undefined;
  return platformWith({ os, arch, variant });
}

function textOf(flag: unknown): string | undefined {
  return typeof flag === "string" ? flag : undefined;
}

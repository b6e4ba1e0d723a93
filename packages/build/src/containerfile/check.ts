import { posix } from "node:path";
import type { Containerfile, Stage } from "./parse-containerfile.ts";
import type { StageInstruction } from "./instruction.ts";

/** Something that is allowed, but hardly meant; named as BuildKit names its rules. */
export interface Finding {
  readonly rule: CheckRule;
  readonly line: number;
  readonly message: string;
}

/** BuildKit's rules, as far as a Containerfile alone can tell. */
export type CheckRule =
  | "ConsistentInstructionCasing"
  | "DuplicateStageName"
  | "ExposeInvalidFormat"
  | "ExposeProtoCasing"
  | "FromAsCasing"
  | "FromPlatformFlagConstDisallowed"
  | "JSONArgsRecommended"
  | "LegacyKeyValueFormat"
  | "MaintainerDeprecated"
  | "MultipleInstructionsDisallowed"
  | "NoEmptyContinuation"
  | "RedundantTargetPlatform"
  | "ReservedStageName"
  | "SecretsUsedInArgOrEnv"
  | "StageNameCasing"
  | "UndefinedArgInFrom"
  | "UndefinedVar"
  | "WorkdirRelativePath";

/** Whether `# check=…;error=true` makes errors of the findings. */
export function checksAreErrors({ directives }: Containerfile): boolean {
  return fieldOf(directives.check, "error").toLowerCase() === "true";
}

/** A field of `skip=RULE,RULE;error=true`. */
function fieldOf(check = "", name: string): string {
  const field = check.split(";").find((each) => each.trim().startsWith(`${name}=`));
  return field?.slice(field.indexOf("=") + 1).trim() ?? "";
}

/** Looks for what is allowed but hardly meant, in the file's order, without what its `# check=` skips. */
export function checkContainerfile(containerfile: Containerfile): Finding[] {
  const skip = new Set(
    fieldOf(containerfile.directives.check, "skip")
      .split(",")
      .map((rule) => rule.trim()),
  );
  const checks = [casing, names, froms, variables, lines];
  return checks
    .flatMap((check) => check(containerfile))
    .concat(containerfile.stages.flatMap((stage) => stageFindings(stage)))
    .filter(({ rule }) => !skip.has("all") && !skip.has(rule))
    .sort((a, b) => a.line - b.line);
}

function casing({ keywords }: Containerfile): Finding[] {
  const isUpper = (word: string) => word === word.toUpperCase();
  const isLower = (word: string) => word === word.toLowerCase();
  const count = (test: (word: string) => boolean) => keywords.filter(({ keyword }) => test(keyword)).length;
  const upper = count(isUpper) >= count(isLower);
  return keywords
    .filter(({ keyword }) => !(upper ? isUpper(keyword) : isLower(keyword)))
    .map(({ keyword, line }) => ({
      rule: "ConsistentInstructionCasing",
      line,
      message: `command ${JSON.stringify(keyword)} should match the case of the others (${upper ? "upper" : "lower"}case)`,
    }));
}

function names({ stages, keywords }: Containerfile): Finding[] {
  const seen = new Set<string>();
  return stages.flatMap(({ from }): Finding[] => {
    const { name, line, text } = from;
    if (name === undefined) return [];
    const found: Finding[] = [];
    const written = text.split(/\s+/).at(-1) ?? "";
    if (seen.has(name))
      found.push({
        rule: "DuplicateStageName",
        line,
        message: `stage name ${JSON.stringify(name)} is used twice: names should be unique`,
      });
    if (name === "scratch" || name === "context")
      found.push({
        rule: "ReservedStageName",
        line,
        message: `stage name ${JSON.stringify(name)} is reserved`,
      });
    if (written !== name)
      found.push({
        rule: "StageNameCasing",
        line,
        message: `stage name ${JSON.stringify(written)} should be lowercase`,
      });
    const as = text.split(/\s+/).at(-2) ?? "";
    const keyword = keywords.find((each) => each.line === line)?.keyword ?? "FROM";
    if (as !== (keyword === keyword.toUpperCase() ? "AS" : "as"))
      found.push({
        rule: "FromAsCasing",
        line,
        message: `${JSON.stringify(as)} and ${JSON.stringify(keyword)} differ in case`,
      });
    seen.add(name);
    return found;
  });
}

function froms({ stages }: Containerfile): Finding[] {
  return stages.flatMap(({ from }): Finding[] => {
    const { platform, line } = from;
    if (platform === undefined) return [];
    if (/^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(platform))
      return [{ rule: "RedundantTargetPlatform", line, message: `--platform=${platform} is the default` }];
    return platform.includes("$")
      ? []
      : [
          {
            rule: "FromPlatformFlagConstDisallowed",
            line,
            message: `--platform should not be the constant ${JSON.stringify(platform)}`,
          },
        ];
  });
}

const BUILT_IN =
  /^(?:(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT|OSVERSION|STAGE)|(?:https?|ftp|no|all)_proxy|(?:HTTPS?|FTP|NO|ALL)_PROXY)$/;
const VARIABLE = /(?<![\\'])\$(?:\{([A-Za-z_]\w*)([^}]*)\}|([A-Za-z_]\w*))/g;
/** Kinds whose text the shell expands, or that wait for a child. */
const NOT_EXPANDED = new Set(["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL", "ONBUILD", "MAINTAINER"]);

function variables({ globalArgs, stages }: Containerfile): Finding[] {
  const globals = new Set(globalArgs.flatMap(({ args }) => args.map(({ name }) => name)));
  const byStage = new Map<string, ReadonlySet<string>>();
  return stages.flatMap((stage): Finding[] => {
    const { from, instructions } = stage;
    const found: Finding[] = unknownIn(from.image, (name) => globals.has(name) || BUILT_IN.test(name)).map(
      (name) => ({
        rule: "UndefinedArgInFrom",
        line: from.line,
        message: `FROM argument ${JSON.stringify(name)} is not declared`,
      }),
    );
    const inherited = byStage.get(from.image.toLowerCase());
    // what the variables of an image are is not known before it is read
    const isClosed = from.image.toLowerCase() === "scratch" || inherited !== undefined;
    const known = new Set(["PATH", ...(inherited ?? [])]);
    for (const instruction of instructions) {
      if (isClosed && !NOT_EXPANDED.has(instruction.kind))
        for (const name of unknownIn(instruction.text, (variable) => known.has(variable)))
          found.push({
            rule: "UndefinedVar",
            line: instruction.line,
            message: `usage of undefined variable "$${name}"`,
          });
      declare(instruction, known);
    }
    if (from.name !== undefined && isClosed) byStage.set(from.name, known);
    return found;
  });
}

function declare(instruction: StageInstruction, known: Set<string>): void {
  if (instruction.kind === "ARG") for (const { name } of instruction.args) known.add(name);
  if (instruction.kind === "ENV") for (const { name } of instruction.pairs) known.add(name);
}

/** Variables without a value of their own (`${v:-w}`) that nobody declares. */
function unknownIn(text: string, isKnown: (name: string) => boolean): string[] {
  return [...text.matchAll(VARIABLE)].flatMap(([, braced, modifier = "", plain]) => {
    const name = braced ?? plain ?? "";
    return isKnown(name) || /^:?[-+?]/.test(modifier) ? [] : [name];
  });
}

function lines({ emptyContinuationLines }: Containerfile): Finding[] {
  return emptyContinuationLines.map((line) => ({
    rule: "NoEmptyContinuation",
    line,
    message: "empty continuation line",
  }));
}

const SECRET = /(?:^|_)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const NO_SECRET = /(?:^|_)(?:public|file|path)(?:_|$)/i;

function stageFindings({ instructions }: Stage): Finding[] {
  let workdirIsSet = false;
  const found: Finding[] = [];
  const add = (rule: CheckRule, { line }: StageInstruction, message: string) =>
    found.push({ rule, line, message });
  for (const instruction of instructions) {
    const { kind } = instruction;
    if (kind === "MAINTAINER")
      add(
        "MaintainerDeprecated",
        instruction,
        "MAINTAINER is deprecated in favor of LABEL org.opencontainers.image.authors",
      );
    if (
      (kind === "CMD" || kind === "ENTRYPOINT") &&
      instruction.command.form === "shell" &&
      instruction.command.text !== "" &&
      !hasShell(instructions)
    )
      add(
        "JSONArgsRecommended",
        instruction,
        `JSON arguments recommended for ${kind}: a shell in between takes signals`,
      );
    if ((kind === "ENV" || kind === "LABEL") && !/^\w+\s+\S*=/.test(instruction.text))
      add(
        "LegacyKeyValueFormat",
        instruction,
        `"${kind} key=value" should be used instead of "${kind} key value"`,
      );
    if (kind === "ENV" || kind === "ARG")
      for (const name of namesOf(instruction))
        if (SECRET.test(name) && !NO_SECRET.test(name))
          add(
            "SecretsUsedInArgOrEnv",
            instruction,
            `do not use ARG or ENV for sensitive data (${kind} ${JSON.stringify(name)}): RUN --mount=type=secret keeps it out of the image`,
          );
    if (kind === "WORKDIR") {
      if (!workdirIsSet && !posix.isAbsolute(instruction.value) && !instruction.value.startsWith("$"))
        add(
          "WorkdirRelativePath",
          instruction,
          `relative workdir ${JSON.stringify(instruction.value)} depends on the base image`,
        );
      workdirIsSet = true;
    }
    if (kind === "EXPOSE")
      for (const value of instruction.values) {
        const [, protocol = ""] = value.split("/");
        if (protocol !== protocol.toLowerCase())
          add("ExposeProtoCasing", instruction, `protocol of ${JSON.stringify(value)} should be lowercase`);
        if (/:/.test(value) && !value.includes("$"))
          add(
            "ExposeInvalidFormat",
            instruction,
            `EXPOSE ${value} should not name an address or a port of the host`,
          );
      }
  }
  for (const kind of ["CMD", "ENTRYPOINT", "HEALTHCHECK"])
    for (const instruction of instructions.filter((each) => each.kind === kind).slice(0, -1))
      add(
        "MultipleInstructionsDisallowed",
        instruction,
        `multiple ${kind} instructions: only the last one counts`,
      );
  return found;
}

function hasShell(instructions: readonly StageInstruction[]): boolean {
  return instructions.some(({ kind }) => kind === "SHELL");
}

function namesOf(instruction: StageInstruction): string[] {
  if (instruction.kind === "ARG") return instruction.args.map(({ name }) => name);
  return instruction.kind === "ENV" ? instruction.pairs.map(({ name }) => name) : [];
}

import { posix } from "node:path";
import { checkVariables, type ImageVariables } from "./check-variables.ts";
import type { Containerfile, Stage } from "./parse-containerfile.ts";
import type { StageInstruction } from "./instruction.ts";

/** Something that is allowed, but hardly meant; named as BuildKit names its rules. */
export interface Finding {
  readonly rule: CheckRule;
  readonly line: number;
  readonly message: string;
}

/** BuildKit's rules. */
export type CheckRule =
  | "ConsistentInstructionCasing"
  | "CopyIgnoredFile"
  | "DuplicateStageName"
  | "ExposeInvalidFormat"
  | "ExposeProtoCasing"
  | "FromAsCasing"
  | "FromPlatformFlagConstDisallowed"
  | "InvalidDefaultArgInFrom"
  | "InvalidDefinitionDescription"
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

/** What is known beside the Containerfile. */
export interface CheckKnowledge {
  /** Says by what file a path of the context is ignored; undefined when it is not. */
  readonly whyIgnored?: (path: string) => string | undefined;
  readonly variablesOf?: ImageVariables;
}

/** Rules that only those get who ask for them by `# check=experimental=RULE`. */
const EXPERIMENTAL: readonly CheckRule[] = ["InvalidDefinitionDescription"];

/** Looks for what is allowed but hardly meant, in the file's order, without what its `# check=` skips. */
export function checkContainerfile(
  containerfile: Containerfile,
  { whyIgnored = () => undefined, variablesOf = () => undefined }: CheckKnowledge = {},
): Finding[] {
  const rulesOf = (field: string) =>
    new Set(
      fieldOf(containerfile.directives.check, field)
        .split(",")
        .map((rule) => rule.trim().toLowerCase()),
    );
  const [skip, experimental] = [rulesOf("skip"), rulesOf("experimental")];
  const has = (rules: ReadonlySet<string>, rule: CheckRule) =>
    rules.has("all") || rules.has(rule.toLowerCase());
  return [casing, names, froms, lines, descriptions]
    .flatMap((check) => check(containerfile))
    .concat(checkVariables(containerfile, variablesOf))
    .concat(containerfile.stages.flatMap((stage) => [...stageFindings(stage), ...ignored(stage, whyIgnored)]))
    .filter(({ rule }) => !has(skip, rule) && (!EXPERIMENTAL.includes(rule) || has(experimental, rule)))
    .sort((a, b) => a.line - b.line);
}

/** Files of the context that COPY and ADD name and the ignore file leaves out. */
function ignored({ instructions }: Stage, whyIgnored: NonNullable<CheckKnowledge["whyIgnored"]>): Finding[] {
  return instructions.flatMap((instruction): Finding[] => {
    if ((instruction.kind !== "COPY" && instruction.kind !== "ADD") || instruction.from !== undefined)
      return [];
    return instruction.sources.flatMap((source): Finding[] => {
      const why = /[$*?[\\]/.test(source)
        ? undefined
        : whyIgnored(posix.normalize(`/${source}`).replace(/^\/|\/$/g, ""));
      if (why === undefined) return [];
      return [
        {
          rule: "CopyIgnoredFile",
          line: instruction.line,
          message: `attempting to ${instruction.kind} file ${JSON.stringify(source)}: ${why}`,
        },
      ];
    });
  });
}

/** A comment right above a stage or ARG describes it, and begins with its name. */
function descriptions({ globalArgs, stages, comments }: Containerfile): Finding[] {
  const byLine = new Map(
    comments
      .filter(({ text }) => !/^(?:syntax|check|escape)\s*=/i.test(text))
      .map(({ line, text }) => [line, text]),
  );
  const argsOf = (instructions: readonly StageInstruction[]) =>
    instructions.flatMap((instruction) =>
      instruction.kind === "ARG" ? [{ ...instruction, names: instruction.args.map(({ name }) => name) }] : [],
    );
  const defined = [
    ...argsOf(globalArgs),
    ...stages.flatMap(({ from, instructions }) => [
      ...(from.name === undefined ? [] : [{ ...from, names: [from.name] }]),
      ...argsOf(instructions),
    ]),
  ];
  return defined.flatMap(({ kind, line, names }): Finding[] => {
    const [first] = byLine.get(line - 1)?.split(/\s+/) ?? [];
    if (first === undefined || names.some((name) => name.toLowerCase() === first.toLowerCase())) return [];
    const name = names.length === 1 ? (names[0] ?? "") : "<arg_key>";
    return [
      {
        rule: "InvalidDefinitionDescription",
        line,
        message: `comment for ${kind} should follow the format: \`# ${name} <description>\``,
      },
    ];
  });
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

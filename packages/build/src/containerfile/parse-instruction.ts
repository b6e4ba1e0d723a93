import { parseDuration } from "./duration.ts";
import { at, SyntaxProblem } from "./errors.ts";
import { readFlags, type FlagTable, type FlagValues } from "./flags.ts";
import type { CommandLine, HealthcheckInstruction, Instruction, OnBuild } from "./instruction.ts";
import { splitInstruction, type RawInstruction } from "./lexer.ts";
import { parseCopy, withoutUndefined } from "./parse-copy.ts";
import { parseRunMount } from "./parse-run-mount.ts";
import { nearestWord } from "./suggest.ts";
import { parseJsonList, parsePairs, splitBlanks, splitWords } from "./words.ts";

type Arguments<T> = T extends Instruction ? Omit<T, "line" | "endLine" | "column" | "text"> : never;
type Parser = (raw: RawInstruction, escape: string) => Arguments<Instruction>;

const PARSERS: Readonly<Record<Instruction["kind"], Parser>> = {
  FROM: parseFrom,
  ARG: parseArg,
  ENV: (raw, escape) => ({ kind: "ENV", pairs: parsePairs("ENV", plain(raw), escape) }),
  LABEL: (raw, escape) => ({ kind: "LABEL", pairs: parsePairs("LABEL", plain(raw), escape) }),
  COPY: (raw) => parseCopy("COPY", raw),
  ADD: (raw) => parseCopy("ADD", raw),
  RUN: parseRun,
  CMD: (raw) => ({ kind: "CMD", command: commandLine(plain(raw)) }),
  ENTRYPOINT: (raw) => ({ kind: "ENTRYPOINT", command: commandLine(plain(raw)) }),
  SHELL: parseShell,
  WORKDIR: (raw) => ({ kind: "WORKDIR", value: one(raw) }),
  USER: (raw) => ({ kind: "USER", value: one(raw) }),
  STOPSIGNAL: (raw) => ({ kind: "STOPSIGNAL", value: one(raw) }),
  MAINTAINER: (raw) => ({ kind: "MAINTAINER", value: one(raw) }),
  EXPOSE: (raw) => ({ kind: "EXPOSE", values: atLeastOne("EXPOSE", splitBlanks(plain(raw))) }),
  VOLUME: parseVolume,
  HEALTHCHECK: parseHealthcheck,
  ONBUILD: parseOnBuild,
};

/**
 * Reads one instruction by the rules of its keyword, which may be in any case. Variables are not replaced yet.
 *
 * @throws {ContainerfileError} with the instruction's place.
 */
export function parseInstruction(raw: RawInstruction, file: string, escape: string): Instruction {
  const keyword = raw.keyword.toUpperCase();
  const place = { line: raw.line, endLine: raw.endLine, column: raw.column };
  return at(file, place, () => {
    if (!isKeyword(keyword)) throw new SyntaxProblem(unknownKeyword(raw.keyword));
    if (raw.rest === "" && raw.flags.length === 0 && keyword !== "CMD" && keyword !== "ENTRYPOINT")
      throw new SyntaxProblem(`${keyword} requires at least one argument`);
    const parsed = PARSERS[keyword](raw, escape);
    return { ...parsed, ...place, text: `${keyword} ${raw.text}`.trim() };
  });
}

function isKeyword(word: string): word is Instruction["kind"] {
  return Object.hasOwn(PARSERS, word);
}

function unknownKeyword(word: string): string {
  const near = nearestWord(word.toUpperCase(), Object.keys(PARSERS));
  return `unknown instruction ${word}${near === undefined ? "" : `; did you mean ${near}?`}`;
}

function parseFrom(raw: RawInstruction): Arguments<Instruction> {
  const flags = readFlags("FROM", raw.flags, { platform: "value" });
  const [image = "", as, name, ...more] = splitBlanks(raw.rest);
  if (
    image === "" ||
    more.length > 0 ||
    (as !== undefined && (as.toUpperCase() !== "AS" || name === undefined))
  )
    throw new SyntaxProblem("FROM requires either one argument, or three: IMAGE AS NAME");
  const stage = name?.toLowerCase();
  if (stage !== undefined && !/^[a-z][a-z0-9._-]*$/.test(stage))
    throw new SyntaxProblem(
      `invalid name for build stage: ${JSON.stringify(name)}; names start with a letter and have letters, digits, "_", "-" or "."`,
    );
  return {
    kind: "FROM",
    image,
    ...withoutUndefined({ platform: flags.value("platform"), name: stage }),
  };
}

function parseArg(raw: RawInstruction, escape: string): Arguments<Instruction> {
  const args = splitWords(plain(raw), escape).map((word) => {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    if (name === "") throw new SyntaxProblem("ARG names can not be blank");
    return equals < 0 ? { name } : { name, default: word.slice(equals + 1) };
  });
  return { kind: "ARG", args };
}

const RUN_FLAGS: FlagTable = { mount: "values", network: "value", security: "value", device: "values" };

function parseRun(raw: RawInstruction): Arguments<Instruction> {
  const mounts = readFlags("RUN", raw.flags, RUN_FLAGS).values("mount");
  if (raw.rest === "") throw new SyntaxProblem("RUN requires a command");
  const heredocs = raw.heredocs.map(({ name, content, stripTabs }) => ({ name, content, stripTabs }));
  return {
    kind: "RUN",
    command: commandLine(raw.rest),
    heredocs,
    flags: raw.flags,
    mounts: mounts.map((mount) => parseRunMount(mount)),
  };
}

function parseShell(raw: RawInstruction): Arguments<Instruction> {
  const shell = parseJsonList(plain(raw));
  if (shell === undefined || shell.length === 0)
    throw new SyntaxProblem('SHELL requires its arguments in JSON form, such as ["/bin/bash", "-c"]');
  return { kind: "SHELL", shell };
}

function parseVolume(raw: RawInstruction): Arguments<Instruction> {
  const text = plain(raw);
  const values = (parseJsonList(text) ?? splitBlanks(text)).map((value) => value.trim());
  if (values.includes("")) throw new SyntaxProblem("VOLUME specified can not be an empty string");
  return { kind: "VOLUME", values: atLeastOne("VOLUME", values) };
}

const HEALTHCHECK_FLAGS: FlagTable = {
  interval: "value",
  timeout: "value",
  "start-period": "value",
  "start-interval": "value",
  retries: "value",
};

function parseHealthcheck(
  raw: RawInstruction,
): Omit<HealthcheckInstruction, "line" | "endLine" | "column" | "text"> {
  const flags = readFlags("HEALTHCHECK", raw.flags, HEALTHCHECK_FLAGS);
  const [, type = "", rest = ""] = /^(\S*)\s*([^]*)$/.exec(raw.rest) ?? [];
  if (type.toUpperCase() === "NONE") {
    if (rest !== "") throw new SyntaxProblem("HEALTHCHECK NONE takes no arguments");
    return { kind: "HEALTHCHECK" };
  }
  if (type.toUpperCase() !== "CMD")
    throw new SyntaxProblem(`unknown type ${JSON.stringify(type)} in HEALTHCHECK; it is CMD or NONE`);
  const command = commandLine(rest);
  if (command.form === "exec" ? command.args.length === 0 : command.text === "")
    throw new SyntaxProblem("missing command after HEALTHCHECK CMD");
  const times = {
    interval: interval(flags, "interval"),
    timeout: interval(flags, "timeout"),
    startPeriod: interval(flags, "start-period"),
    startInterval: interval(flags, "start-interval"),
    retries: retries(flags.value("retries")),
  };
  return { kind: "HEALTHCHECK", check: { command, ...withoutUndefined(times) } };
}

/** Nanoseconds; 0 means "as the base image has it" and is left out. */
function interval(flags: FlagValues, name: string): number | undefined {
  const text = flags.value(name);
  if (text === undefined) return undefined;
  const nanoseconds = parseDuration(text);
  if (nanoseconds !== 0 && nanoseconds < 1e6)
    throw new SyntaxProblem(`--${name}=${text} of HEALTHCHECK must be at least 1ms, or 0`);
  return nanoseconds === 0 ? undefined : nanoseconds;
}

function retries(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^\d+$/.test(text))
    throw new SyntaxProblem(`--retries of HEALTHCHECK must be a number, not ${JSON.stringify(text)}`);
  return Number(text) === 0 ? undefined : Number(text);
}

function parseOnBuild(raw: RawInstruction): Omit<OnBuild, "line" | "endLine" | "column" | "text"> {
  const inner = splitInstruction(plain(raw));
  const keyword = inner.keyword.toUpperCase();
  if (keyword === "ONBUILD") throw new SyntaxProblem("chaining ONBUILD via ONBUILD ONBUILD is not allowed");
  if (keyword === "FROM" || keyword === "MAINTAINER")
    throw new SyntaxProblem(`${keyword} is not allowed as an ONBUILD trigger`);
  if (!isKeyword(keyword)) throw new SyntaxProblem(unknownKeyword(inner.keyword));
  const bodies = raw.heredocs.map(({ content, name }) => `\n${content}${name}`).join("");
  return { kind: "ONBUILD", trigger: raw.text.trim() + bodies };
}

/** The arguments of an instruction without flags: what looks like one is an error for all but ONBUILD, whose trigger has its own. */
function plain(raw: RawInstruction): string {
  if (raw.keyword.toUpperCase() !== "ONBUILD") readFlags(raw.keyword.toUpperCase(), raw.flags, {});
  return raw.keyword.toUpperCase() === "ONBUILD" ? raw.text : raw.rest;
}

function one(raw: RawInstruction): string {
  const value = plain(raw);
  if (value === "") throw new SyntaxProblem(`${raw.keyword.toUpperCase()} requires exactly one argument`);
  return value;
}

function atLeastOne(keyword: string, values: readonly string[]): readonly string[] {
  if (values.length === 0) throw new SyntaxProblem(`${keyword} requires at least one argument`);
  return values;
}

function commandLine(text: string): CommandLine {
  const args = parseJsonList(text);
  return args === undefined ? { form: "shell", text } : { form: "exec", args };
}

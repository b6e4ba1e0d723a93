import {
  expandWord,
  expandWords,
  parseRunMount,
  withoutUndefined,
  type Copy,
  type EscapeCharacter,
  type Lookup,
  type StageInstruction,
} from "../containerfile/index.ts";

/**
 * The instruction with its variables replaced, where its kind has that done: not RUN's command, CMD, ENTRYPOINT,
 * HEALTHCHECK and SHELL, where the shell does it, nor ONBUILD, where it waits for the child.
 *
 * @throws {SyntaxProblem}
 */
export function expandInstruction<I extends StageInstruction>(
  instruction: I,
  lookup: Lookup,
  escape: EscapeCharacter,
): I;
export function expandInstruction(
  instruction: StageInstruction,
  lookup: Lookup,
  escape: EscapeCharacter,
): StageInstruction {
  const word = (text: string) => expandWord(text, lookup, { escape });
  switch (instruction.kind) {
    case "ENV":
    case "LABEL":
      return {
        ...instruction,
        pairs: instruction.pairs.map(({ name, value }) => ({ name: word(name), value: word(value) })),
      };
    case "ARG":
      return {
        ...instruction,
        args: instruction.args.map((arg) => ({
          name: word(arg.name),
          ...(arg.default === undefined ? {} : { default: word(arg.default) }),
        })),
      };
    case "COPY":
    case "ADD":
      return expandCopy(instruction, word, lookup);
    case "RUN":
      return {
        ...instruction,
        flags: instruction.flags.map(({ name, value }) => ({
          name,
          value: value === undefined || name === "mount" ? value : word(value),
        })),
        mounts: instruction.flags.flatMap(({ name, value }) =>
          name === "mount" && value !== undefined ? [parseRunMount(value, word)] : [],
        ),
      };
    case "WORKDIR":
    case "USER":
    case "STOPSIGNAL":
    case "MAINTAINER":
      return {
        ...instruction,
        value: instruction.kind === "MAINTAINER" ? instruction.value : word(instruction.value),
      };
    case "EXPOSE":
      return {
        ...instruction,
        values: instruction.values.flatMap((value) => expandWords(value, lookup, { escape })),
      };
    case "VOLUME":
      return { ...instruction, values: instruction.values.map(word) };
    default:
      return instruction;
  }
}

function expandCopy(copy: Copy, word: (text: string) => string, lookup: Lookup): Copy {
  const { from, chown, chmod, checksum, ...rest } = copy;
  const option = (text: string | undefined) => (text === undefined ? undefined : word(text));
  return {
    ...rest,
    sources: copy.sources.map(word),
    destination: word(copy.destination),
    exclude: copy.exclude.map(word),
    files: copy.files.map((file) =>
      file.expand ? { ...file, content: expandWord(file.content, lookup, { ignoreQuotes: true }) } : file,
    ),
    ...withoutUndefined({
      from: option(from),
      chown: option(chown),
      chmod: option(chmod),
      checksum: option(checksum),
    }),
  };
}

import { randomHex } from "../io/index.ts";
import { quote } from "../runtime/index.ts";
import { formatEvent, type StoreEvent } from "../store/index.ts";

/** What of an event only a shell will know, as words of sh: `"$code"`. */
export interface EventWords {
  /** Default the time at which the command runs. */
  readonly time?: string;
  readonly exitCode?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const NOW = '"$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)"';

/**
 * A command of sh that writes an event down.
 *
 * @param path of the events' file
 */
export function eventCommand(
  path: string,
  event: StoreEvent,
  { time = NOW, exitCode, attributes = {} }: EventWords = {},
): string {
  const words = new Map<string, string>();
  /** Stands in the event's text where a word will be; nothing that a user gave can be the same. */
  const markFor = (word: string, mark = randomHex(16)) => {
    words.set(mark, word);
    return mark;
  };
  const text = formatEvent({
    ...event,
    time: markFor(time),
    ...(exitCode === undefined ? {} : { exitCode: Number(markFor(exitCode, randomNumber())) }),
    attributes: {
      ...event.attributes,
      ...Object.fromEntries(Object.entries(attributes).map(([name, word]) => [name, markFor(word)])),
    },
  });
  const parts = text.split(new RegExp(`(${[...words.keys()].join("|")})`));
  return `printf %s ${parts.map((part) => words.get(part) ?? quote(part)).join(" ")} >>${quote(path)}`;
}

/** Fifteen digits. */
function randomNumber(): string {
  return String(5e14 + Number.parseInt(randomHex(6), 16));
}

import { isatty } from "node:tty";
import { InterruptedError, UsageError } from "./errors.ts";

/**
 * Shows a list on the terminal in which the arrow keys and Return choose; gives the place of what was chosen, or undefined where
 * standard input or output is no terminal.
 *
 * @throws {InterruptedError} for Ctrl-C; {UsageError} at the end of input
 */
export function chooseOnTerminal(label: string, choices: readonly string[]): Promise<number | undefined> {
  const answer = lastAnswer.then(() => ask(label, choices));
  lastAnswer = answer.catch(() => undefined);
  return answer;
}

/** One question at a time: there is one terminal. */
let lastAnswer: Promise<unknown> = Promise.resolve();

async function ask(label: string, choices: readonly string[]): Promise<number | undefined> {
  if (!isatty(0) || !isatty(1)) return undefined;
  const { emitKeypressEvents } = await import("node:readline");
  const { stdin, stdout } = process;
  let at = 0;
  const draw = () => void stdout.write(renderChoices(label, choices, at));
  const redraw = () => {
    stdout.write(`\u001b[${choices.length + 1}A\r\u001b[J`);
    draw();
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  let onKey: ((text: string | undefined, key: Key) => void) | undefined;
  let onEnd: (() => void) | undefined;
  try {
    draw();
    return await new Promise<number>((resolve, reject) => {
      onKey = (_, { name, ctrl = false }) => {
        const step = stepOf(name);
        if (ctrl && name === "c") reject(new InterruptedError("SIGINT", 2));
        else if (ctrl && name === "d") reject(new UsageError("no image was selected"));
        else if (name === "return" || name === "enter") resolve(at);
        else if (step !== 0) {
          at = (at + step + choices.length) % choices.length;
          redraw();
        }
      };
      onEnd = () => reject(new UsageError("no image was selected"));
      stdin.on("keypress", onKey).once("end", onEnd);
      stdin.resume();
    });
  } finally {
    if (onKey !== undefined) stdin.off("keypress", onKey);
    if (onEnd !== undefined) stdin.off("end", onEnd);
    stdin.setRawMode(false);
    stdin.pause();
    stdin.unref();
  }
}

interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean;
}

function stepOf(name: string | undefined): number {
  if (name === "down" || name === "j") return 1;
  return name === "up" || name === "k" ? -1 : 0;
}

/** The list with a mark at one of its lines, each with its end. */
export function renderChoices(label: string, choices: readonly string[], at: number): string {
  const lines = choices.map((choice, index) => `${index === at ? "  ▸ " : "    "}${choice}`);
  return `${[`? ${label}: `, ...lines].join("\n")}\n`;
}

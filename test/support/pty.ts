import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { spawn, type IPty } from "@lydell/node-pty";
import type { Box } from "./box.ts";

/** `wherry` on a terminal, and what it has shown so far. */
export class Terminal {
  readonly #pty: IPty;
  readonly exited: Promise<number>;
  screen = "";

  constructor({ user }: Box, args: readonly string[]) {
    const [program = "", ...rest] = [...user.become, "wherry", ...args];
    this.#pty = spawn(program, rest, { name: "xterm", cols: 81, rows: 23, cwd: user.home });
    this.#pty.onData((text) => (this.screen += text));
    this.exited = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)));
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(columns: number, rows: number): void {
    this.#pty.resize(columns, rows);
  }

  /** Waits until the screen has shown this since the last `clear`. */
  async shows(pattern: RegExp): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (pattern.test(this.screen)) return;
      await sleep(50);
    }
    assert.fail(`no ${String(pattern)} on the screen: ${JSON.stringify(this.screen)}`);
  }

  clear(): void {
    this.screen = "";
  }

  end(): void {
    try {
      this.#pty.kill("SIGKILL");
    } catch {
      // it has ended
    }
  }
}

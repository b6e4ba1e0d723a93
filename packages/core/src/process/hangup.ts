let isIgnored = false;

/**
 * Has SIGHUP mean nothing to this process, as nohup(1) and `trap "" HUP` want it: Node, when it starts, forgets that it was
 * ignored. Programs that are started from now on get sessions of their own, to which no terminal sends it.
 */
export function ignoreHangup(): void {
  isIgnored = true;
  process.on("SIGHUP", () => undefined);
}

export function isHangupIgnored(): boolean {
  return isIgnored;
}

/** The signals without those that mean nothing to this process. */
export function heardSignals<Name extends NodeJS.Signals>(names: readonly Name[]): Name[] {
  return names.filter((name) => !(isIgnored && name === "SIGHUP"));
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Does work that holds this thread, perhaps for ever: the other end of a named pipe is waited for. A signal ends the program
 * meanwhile as the system does it, for nothing of ours could hear it.
 */
export function endAtSignals<T>(work: () => T): T {
  const heard = SIGNALS.map((name) => ({ name, listeners: process.rawListeners(name) }));
  for (const name of SIGNALS) process.removeAllListeners(name);
  try {
    return work();
  } finally {
    for (const { name, listeners } of heard)
      for (const listener of listeners) process.on(name, listener as NodeJS.SignalsListener);
  }
}

/** Holds this thread for so long: for the rare wait in work that must not give way to other work of the process. */
export function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

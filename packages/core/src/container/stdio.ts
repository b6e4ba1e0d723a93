/** A file descriptor of this process, its own stream, or nothing. */
export type StepStream = number | "inherit" | "ignore";

/** What a program reads and writes. */
export interface Stdio {
  /** Default "ignore". */
  readonly stdin?: StepStream;
  /** Default "inherit". */
  readonly stdout?: StepStream;
  readonly stderr?: StepStream;
}

/** As Node's spawn takes it. */
export function stdioArray({
  stdin = "ignore",
  stdout = "inherit",
  stderr = "inherit",
}: Stdio = {}): StepStream[] {
  return [stdin, stdout, stderr];
}

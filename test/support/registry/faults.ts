/** Something the registry does wrong, once or several times. */
export interface Fault {
  /** Requests it strikes, by `METHOD PATH?QUERY`; default all. */
  readonly on?: RegExp;
  /** How many requests it strikes (default 1). */
  readonly times?: number;
  /** How many requests that fit are spared first (default 0). */
  readonly after?: number;
  /** Answers with this instead; the registry does nothing. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sends the answer up to this byte of its body, then ends the connection. */
  readonly cutAt?: number;
  /** Takes the request's body up to this byte, then ends the connection. */
  readonly cutUploadAt?: number;
  /** Sends the answer's body in pieces with pauses of this many ms. */
  readonly slowMs?: number;
  /** Never answers. */
  readonly hang?: boolean;
  /** Changes one byte of a blob or manifest. */
  readonly damage?: boolean;
  /** Adds this many bytes to the content (negative: leaves out), with a Content-Length that fits. */
  readonly lengthBy?: number;
  /** Sends no Content-Length. */
  readonly noLength?: boolean;
  /** Answers Range with 200 and everything. */
  readonly ignoreRange?: boolean;
  /** Answers Range with a part that begins this many bytes off. */
  readonly rangeOff?: number;
  /** Opens an upload where a mount was asked for. */
  readonly refuseMount?: boolean;
  /** Takes this many bytes of a chunk only. */
  readonly takeOnly?: number;
  /** Adds headers to the usual answer; "" takes one away. */
  readonly addHeaders?: Readonly<Record<string, string>>;
}

/** The faults still to come, first come first served. */
export class FaultList {
  #faults: { fault: Fault; times: number; after: number }[] = [];

  constructor(faults: readonly Fault[]) {
    this.push(...faults);
  }

  push(...faults: readonly Fault[]): void {
    for (const fault of faults)
      this.#faults.push({ fault, times: fault.times ?? 1, after: fault.after ?? 0 });
  }

  clear(): void {
    this.#faults = [];
  }

  /** The fault that strikes a request, used up by it; an empty one when there is none. */
  take(line: string): Fault {
    for (const entry of this.#faults) {
      if (entry.times <= 0 || entry.fault.on?.test(line) === false) continue;
      if (entry.after > 0) {
        entry.after -= 1;
        continue;
      }
      entry.times -= 1;
      return entry.fault;
    }
    return {};
  }
}

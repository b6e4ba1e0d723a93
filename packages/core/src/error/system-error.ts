import { WherryError, type ErrorDetails } from "./wherry-error.ts";

/** Words for the system errors a user meets; others keep the system's own name. */
const WORDS: Readonly<Record<string, { words: string; hint?: string }>> = {
  ENOSPC: { words: "no space left on device", hint: "free some space on that file system, then try again" },
  EDQUOT: { words: "disk quota exceeded", hint: "free some of your quota, then try again" },
  EROFS: { words: "read-only file system" },
  EACCES: { words: "permission denied" },
  EPERM: { words: "operation not permitted" },
  ENOENT: { words: "no such file or directory" },
  ENOTDIR: { words: "not a directory" },
  EISDIR: { words: "is a directory" },
  EMFILE: { words: "too many open files", hint: "raise the limit with `ulimit -n`" },
  ENFILE: { words: "too many open files in the system" },
  ENOMEM: { words: "cannot allocate memory" },
  EAGAIN: { words: "resource temporarily unavailable", hint: "see the limits that `ulimit -a` tells of" },
  EIO: { words: "input/output error" },
};

/** Failures that any system call may meet, whatever the program does right: the machine's, and no mistake of ours. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set([
  ...["EIO", "ENOSPC", "EDQUOT", "EROFS", "EMFILE", "ENFILE", "ENOMEM", "EAGAIN"],
]);

/** What a failed system call says that nobody was prepared for, where it is the machine that failed; else undefined. */
export function machineFailure(error: Error): FileSystemError | undefined {
  const errno = errnoOf(error);
  const { syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === "uv_cwd")
    return new FileSystemError("find", "the current folder", error, {
      hint: "change to a folder that is there",
    });
  if (errno === undefined || !OF_THE_MACHINE.has(errno)) return undefined;
  const [action = "use", program] = (syscall ?? "use").split(" ");
  if (action === "spawn") return new FileSystemError("start", program ?? path ?? "a program", error);
  return new FileSystemError(action, path ?? "a file", error);
}

/** A system call failed on a path: "cannot ACTION PATH: no space left on device". */
export class FileSystemError extends WherryError {
  override readonly code = "ERR_WHERRY_FILE_SYSTEM";
  /** The system's name of the failure, such as ENOSPC. */
  readonly errno: string;

  constructor(action: string, path: string, cause: unknown, details: ErrorDetails = {}) {
    const errno = errnoOf(cause) ?? "unknown error";
    const known = WORDS[errno];
    const hint = details.hint ?? known?.hint;
    super(`cannot ${action} ${path}: ${known?.words ?? errno}`, {
      cause,
      ...(hint === undefined ? {} : { hint }),
    });
    this.errno = errno;
  }
}

/** The system's name of a failure (ENOENT, ENOSPC …), or undefined when it is not a failed system call. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

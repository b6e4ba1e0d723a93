/** What the first bytes of a program file say. */
export type FileKind =
  | { readonly kind: "elf"; readonly machine: string; readonly interpreter?: string }
  | { readonly kind: "script"; readonly interpreter?: string }
  | { readonly kind: "other" };

const PT_INTERP = 3;

/** Machines by their number in ELF, in the names uname(1) has for them. */
const MACHINES: Readonly<Record<number, string>> = {
  3: "i686",
  8: "mips",
  21: "ppc64le",
  22: "s390x",
  40: "arm",
  62: "x86_64",
  183: "aarch64",
  243: "riscv64",
  258: "loongarch64",
};

/**
 * Reads the head of a program: ELF with its machine and the path of its loader, a script with its interpreter, or neither.
 * Spec: System V ABI, chapters 4 and 5.
 *
 * @param head at least the first 4096 bytes, or all of a shorter file
 */
export function readFileKind(head: Buffer): FileKind {
  if (head.length >= 2 && head.toString("latin1", 0, 2) === "#!") return scriptKind(head);
  if (head.length < 52 || head.toString("latin1", 0, 4) !== "\x7fELF") return { kind: "other" };
  const isLittle = head[5] === 1;
  const is64 = head[4] === 2;
  const at = {
    half: (offset: number) => (isLittle ? head.readUInt16LE(offset) : head.readUInt16BE(offset)),
    word: (offset: number) => (isLittle ? head.readUInt32LE(offset) : head.readUInt32BE(offset)),
    /** An address; what lies beyond 4 GiB is not in the head anyway. */
    address: (offset: number) =>
      is64 ? Number(isLittle ? head.readBigUInt64LE(offset) : head.readBigUInt64BE(offset)) : at.word(offset),
  };
  const number = at.half(18);
  const interpreter = interpreterOf(head, at, is64);
  return {
    kind: "elf",
    machine: MACHINES[number] ?? `machine ${number}`,
    ...(interpreter === undefined ? {} : { interpreter }),
  };
}

interface Reader {
  half(offset: number): number;
  word(offset: number): number;
  address(offset: number): number;
}

function interpreterOf(head: Buffer, at: Reader, is64: boolean): string | undefined {
  if (is64 && head.length < 64) return undefined;
  const table = at.address(is64 ? 32 : 28);
  const size = at.half(is64 ? 54 : 42);
  const count = at.half(is64 ? 56 : 44);
  for (let index = 0; index < count; index++) {
    const entry = table + index * size;
    if (size < 32 || entry + size > head.length) return undefined;
    if (at.word(entry) !== PT_INTERP) continue;
    const start = at.address(entry + (is64 ? 8 : 4));
    const length = at.address(entry + (is64 ? 32 : 16));
    if (start + length > head.length) return undefined;
    return head.toString("utf8", start, start + length).replace(/\0.*$/s, "");
  }
  return undefined;
}

function scriptKind(head: Buffer): FileKind {
  const [line = ""] = head.toString("utf8", 2).split("\n", 1);
  const [interpreter = ""] = line.trim().split(/[ \t]+/);
  return interpreter === "" ? { kind: "script" } : { kind: "script", interpreter };
}

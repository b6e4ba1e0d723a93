import { constants } from "node:os";
import { getSystemErrorName } from "node:util";

/** What Linux can do and Node cannot. Paths as in `systemPath`; none of the calls follows a symlink at the path's end. */
export interface Syscalls {
  /** lsetxattr(2): sets an extended attribute. */
  setXattr(path: string | Buffer, name: string, value: Uint8Array): void;
  /** lgetxattr(2): an attribute's bytes; undefined when the file has none of that name. */
  getXattr(path: string | Buffer, name: string): Buffer | undefined;
  /** llistxattr(2): the names of a file's attributes, those this process may see; none where the file system has none. */
  listXattrs(path: string | Buffer): string[];
  /** mknodat(2): makes a device node or fifo; `mode` with its type bits. Character device 0:0 is overlay's whiteout. */
  makeNode(path: string | Buffer, mode: number, device?: { major: number; minor: number }): void;
  /** utimensat(2): sets the time of last change exactly, and that of last access to the same. */
  setTime(path: string | Buffer, seconds: number, nanoseconds: number): void;
  /** chroot(2). */
  changeRoot(path: string): void;
}

let loaded: Syscalls | undefined;

/** The system calls if they were loaded before. */
export function loadedSyscalls(): Syscalls | undefined {
  return loaded;
}

/** Loads the system calls: about 10 ms the first time. */
export async function loadSyscalls(): Promise<Syscalls> {
  loaded ??= bind(await import("koffi"));
  return loaded;
}

type Koffi = typeof import("koffi");

/** mknodat has no symbol of its own in the C library before glibc 2.33. */
const SYS_MKNODAT: Readonly<Record<string, number>> = { x64: 259, arm64: 33 };
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;

function bind(koffi: Koffi): Syscalls {
  const libc = koffi.load(null); // the C library that Node itself is linked to
  const lsetxattr = libc.func(
    "int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)",
  );
  const lgetxattr = libc.func("long lgetxattr(const char *path, const char *name, void *value, size_t size)");
  const llistxattr = libc.func("long llistxattr(const char *path, void *list, size_t size)");
  const mknodat = libc.func(
    "long syscall(long number, int dirfd, const char *path, unsigned int mode, unsigned int dev)",
  );
  const utimensat = libc.func("int utimensat(int dirfd, const char *path, const void *times, int flags)");
  const chroot = libc.func("int chroot(const char *path)");
  let scratch = Buffer.allocUnsafe(4096);
  const times = Buffer.alloc(32);

  /** The result of a call that fills a buffer, whose size is not known before. */
  const fill = (call: (buffer: Buffer) => number): Buffer | undefined => {
    for (;;) {
      const size = call(scratch);
      if (size >= 0) return Buffer.from(scratch.subarray(0, size));
      if (koffi.errno() !== constants.errno.ERANGE || scratch.length >= 1 << 20) return undefined;
      scratch = Buffer.allocUnsafe(scratch.length * 4);
    }
  };
  const fail = (syscall: string, path: string | Buffer): never => {
    const code = getSystemErrorName(-koffi.errno());
    throw Object.assign(new Error(`${code}: ${syscall} ${String(path)}`), { code, syscall });
  };

  return {
    setXattr(path, name, value) {
      if (lsetxattr(asArgument(path), name, value, value.length, 0) !== 0) fail("lsetxattr", path);
    },
    getXattr(path, name) {
      const argument = asArgument(path);
      const value = fill((buffer) => Number(lgetxattr(argument, name, buffer, buffer.length)));
      if (value === undefined && koffi.errno() !== constants.errno.ENODATA) fail("lgetxattr", path);
      return value;
    },
    listXattrs(path) {
      const argument = asArgument(path);
      const list = fill((buffer) => Number(llistxattr(argument, buffer, buffer.length)));
      if (list === undefined && koffi.errno() !== constants.errno.ENOTSUP) fail("llistxattr", path);
      return list === undefined || list.length === 0
        ? []
        : list.toString("utf8", 0, list.length - 1).split("\0");
    },
    makeNode(path, mode, device = { major: 0, minor: 0 }) {
      const number = SYS_MKNODAT[process.arch];
      if (number === undefined) throw new Error(`mknodat is not known for ${process.arch}`);
      if (mknodat(number, AT_FDCWD, asArgument(path), mode, encodeDevice(device)) !== 0)
        fail("mknodat", path);
    },
    changeRoot(path) {
      if (chroot(path) !== 0) fail("chroot", path);
    },
    setTime(path, seconds, nanoseconds) {
      for (const at of [0, 16]) {
        times.writeBigInt64LE(BigInt(seconds), at);
        times.writeBigInt64LE(BigInt(nanoseconds), at + 8);
      }
      if (utimensat(AT_FDCWD, asArgument(path), times, AT_SYMLINK_NOFOLLOW) !== 0) fail("utimensat", path);
    },
  };
}

/** Text goes as it is; bytes get the NUL that ends them in C. */
function asArgument(path: string | Buffer): string | Buffer {
  return typeof path === "string" ? path : Buffer.concat([path, Buffer.of(0)]);
}

/** The kernel's 32-bit form of a device number (new_encode_dev). */
function encodeDevice({ major, minor }: { major: number; minor: number }): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

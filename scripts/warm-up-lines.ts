/**
 * The command lines that are run while the programs are bundled, so that the modules of a hot command stand together with
 * what V8 compiles of them. They do their work for real, in a home made for it, as far as the host lets them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Words of command lines. REGISTRY stands for a registry on loopback, HOME for the home made for it. */
type Line = readonly string[];

/** What makes a command hot. */
export interface Hot {
  readonly lines: readonly Line[];
  /** Modules that only some hosts need, by their paths. */
  readonly also?: readonly string[];
}

export interface WarmUp {
  /** Run before anything else, and after it: what the hot lines work on. */
  readonly before: readonly Line[];
  readonly after: readonly Line[];
  /** "main" is for any command, `main-COMMAND` for those that should start fast or load much. */
  readonly hot: Readonly<Record<string, Hot>>;
}

const ANY: Hot = { lines: [["version", "--no-such"]] };
/** Root, who builds in continuous integration, needs no user namespace. */
const ROOTLESS = ["userns/namespace", "userns/holder", "userns/id-maps", "engine/store-ids"].map(
  (name) => `packages/core/src/${name}.ts`,
);
const NO_TLS = ["--src-tls-verify=false", "--dest-tls-verify=false"];

export const WARM_UPS: Readonly<Record<"run" | "build" | "image", WarmUp>> = {
  run: {
    before: [
      ["import", "HOME/tree.tar", "x"],
      // the time-out for a build that is killed
      ["run", "-d", "--network=none", "--timeout=300", "--name=c", "x", "/wait"],
    ],
    after: [
      ["rm", "-f", "-t", "0", "-a"],
      ["system", "reset", "--force"],
    ],
    hot: {
      main: ANY,
      "main-ps": { lines: [["ps"], ["ps", "-a"]] },
      "main-images": { lines: [["images"]] },
      "main-version": { lines: [["version"]] },
      "main-run": {
        lines: [
          ["run", "--rm", "--network=none", "x", "/exit"],
          ["run", "--rm", "x", "/exit"],
        ],
        also: ROOTLESS,
      },
      "main-exec": { lines: [["exec", "c", "/exit"]], also: ROOTLESS },
      "main-pull": { lines: [["pull", "-q", "--tls-verify=false", "REGISTRY/x:1"]], also: ROOTLESS },
      "main-inspect": { lines: [["inspect", "c"]] },
    },
  },
  build: {
    before: [],
    after: [["prune", "-a", "-f"]],
    hot: {
      main: ANY,
      "main-build": {
        lines: [
          ["build", "-q", "-t", "x", "HOME/context"],
          ["build", "-t", "x", "HOME/context"],
        ],
        also: ROOTLESS,
      },
    },
  },
  image: {
    before: [],
    after: [],
    hot: {
      main: ANY,
      "main-inspect": { lines: [["inspect", "--tls-verify=false", "docker://REGISTRY/x:1"]] },
      "main-list-tags": { lines: [["list-tags", "--tls-verify=false", "docker://REGISTRY/x"]] },
      "main-sync": {
        lines: [["sync", ...["-s", "docker", "-d", "docker"], ...NO_TLS, "REGISTRY/x", "REGISTRY/y"]],
      },
      "main-copy": {
        lines: [
          ["copy", ...NO_TLS, "docker://REGISTRY/x:1", "docker://REGISTRY/new/x:1"],
          ["copy", "--src-tls-verify=false", "docker://REGISTRY/x:1", "oci:HOME/layout:1"],
        ],
      },
    },
  },
};

/** Files the lines name: a tree with two programs, and a Containerfile that uses one. */
export function makeHome(home: string): void {
  const context = join(home, "context");
  mkdirSync(context, { recursive: true });
  const programs = { exit: executable(CODE.exit), wait: executable(CODE.wait) };
  const entries = Object.entries(programs).flatMap(([name, bytes]) => [
    tarHeader(name, bytes.length),
    padded(bytes),
  ]);
  writeFileSync(join(home, "tree.tar"), Buffer.concat([...entries, Buffer.alloc(1024)]));
  writeFileSync(join(context, "exit"), programs.exit, { mode: 0o755 });
  writeFileSync(
    join(context, "Containerfile"),
    'FROM scratch\nENV a=b\nCOPY exit /\nRUN ["/exit"]\nCMD ["/exit"]\n',
  );
}

const IS_ARM = process.arch === "arm64";

/** exit_group(0), and pause() for ever. */
const CODE = IS_ARM
  ? {
      exit: [0xd2800000, 0xd2800bc8, 0xd4000001],
      // ppoll(NULL, 0, NULL, NULL)
      wait: [0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800928, 0xd4000001, 0x17fffffa],
    }
  : { exit: [0xe7b8ff31, 0x0f000000, 0x90909005], wait: [0x000022b8, 0xeb050f00, 0x909090f7] };

/** The smallest ELF executable around machine code that needs no library. */
function executable(code: readonly number[]): Buffer {
  const start = 120;
  const base = 0x400000n;
  const bytes = Buffer.alloc(start + code.length * 4);
  bytes.write("\x7fELF\x02\x01\x01", "latin1"); // 64 bits, little-endian, version 1
  bytes.writeUInt16LE(2, 16); // an executable
  bytes.writeUInt16LE(IS_ARM ? 183 : 62, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(base + BigInt(start), 24);
  bytes.writeBigUInt64LE(64n, 32); // one program header behind this one
  for (const [offset, value] of [
    [52, 64],
    [54, 56],
    [56, 1],
  ] as const)
    bytes.writeUInt16LE(value, offset);
  bytes.writeUInt32LE(1, 64); // to be loaded
  bytes.writeUInt32LE(5, 68); // to be read and executed
  bytes.writeBigUInt64LE(base, 80);
  bytes.writeBigUInt64LE(base, 88);
  bytes.writeBigUInt64LE(BigInt(bytes.length), 96);
  bytes.writeBigUInt64LE(BigInt(bytes.length), 104);
  bytes.writeBigUInt64LE(0x1000n, 112);
  code.forEach((word, index) => bytes.writeUInt32LE(word, start + index * 4));
  return bytes;
}

function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`;
  header.write(name, 0);
  header.write(octal(0o755, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12), 100);
  header.write("        0", 148);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 7)} `, 148);
  return header;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 511)]);
}

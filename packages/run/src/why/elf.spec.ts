import assert from "node:assert/strict";
import { closeSync, openSync, readSync } from "node:fs";
import fc from "fast-check";
import { readFileKind } from "./elf.ts";

/** A head with one program header, PT_INTERP. */
function elf({ bits, isLittle, machine, loader }: typeof MODEL): Buffer {
  const head = Buffer.alloc(256);
  const is64 = bits === 64;
  head.write("\x7fELF", "latin1");
  head[4] = is64 ? 2 : 1;
  head[5] = isLittle ? 1 : 2;
  const half = (value: number, at: number) =>
    isLittle ? head.writeUInt16LE(value, at) : head.writeUInt16BE(value, at);
  const word = (value: number, at: number) =>
    isLittle ? head.writeUInt32LE(value, at) : head.writeUInt32BE(value, at);
  const address = (value: number, at: number) => word(value, is64 && !isLittle ? at + 4 : at);
  half(machine, 18);
  address(64, is64 ? 32 : 28);
  half(is64 ? 56 : 32, is64 ? 54 : 42);
  half(1, is64 ? 56 : 44);
  word(3, 64);
  address(160, 64 + (is64 ? 8 : 4));
  address(loader.length + 1, 64 + (is64 ? 32 : 16));
  head.write(loader, 160);
  return head;
}
const MODEL = { bits: 64, isLittle: true, machine: 62, loader: "/lib64/ld-linux-x86-64.so.2" };

describe("readFileKind", () => {
  const cases = [
    { what: "x86_64", model: MODEL, machine: "x86_64" },
    {
      what: "arm64",
      model: { ...MODEL, machine: 183, loader: "/lib/ld-musl-aarch64.so.1" },
      machine: "aarch64",
    },
    {
      what: "32-bit arm",
      model: { ...MODEL, bits: 32, machine: 40, loader: "/lib/ld-linux.so.3" },
      machine: "arm",
    },
    {
      what: "big-endian s390x",
      model: { ...MODEL, isLittle: false, machine: 22, loader: "/lib/ld64.so.1" },
      machine: "s390x",
    },
  ];
  for (const { what, model, machine } of cases) {
    it(`reads the machine and loader of a program for ${what}`, () => {
      assert.deepEqual(readFileKind(elf(model)), { kind: "elf", machine, interpreter: model.loader });
    });
  }

  const scripts = [
    { text: "#!/bin/sh\necho", expected: { kind: "script", interpreter: "/bin/sh" } },
    { text: "#! /usr/bin/env python3\n", expected: { kind: "script", interpreter: "/usr/bin/env" } },
    { text: "#!\n", expected: { kind: "script" } },
    { text: "echo hello\n", expected: { kind: "other" } },
    { text: "", expected: { kind: "other" } },
    { text: "\x7fELF", expected: { kind: "other" } },
  ];
  for (const { text, expected } of scripts) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(readFileKind(Buffer.from(text, "latin1")), expected);
    });
  }

  it("reads the program that runs this", () => {
    const head = Buffer.alloc(4096);
    const fd = openSync(process.execPath, "r");
    readSync(fd, head);
    closeSync(fd);
    assert.equal(readFileKind(head).kind, "elf");
  });

  it("never fails, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom("\x7fELF\x02\x01", "\x7fELF\x01\x02", "#!", ""),
        (bytes, start) => {
          readFileKind(Buffer.concat([Buffer.from(start, "latin1"), bytes]));
        },
      ),
    );
  });
});

// Loaded by --require before a program: file system calls on paths below a folder, and on files opened there, fail with EIO.
// FAILING_IO: {"below": FOLDER, "at": which call is the first to fail, "times": how many do, "file": where the number of calls goes}
"use strict";
const fs = require("node:fs");

const { below, at, times, file } = JSON.parse(process.env.FAILING_IO);
const { appendFileSync } = fs;
const descriptors = new Set();
let calls = 0;

/** The error of this call, if it is one that fails. */
function failure(call, path) {
  calls += 1;
  if (calls < at || calls >= at + times) return undefined;
  const where = typeof path === "string" ? ` '${path}'` : "";
  return Object.assign(new Error(`EIO: i/o error, ${call}${where}`), {
    errno: -5,
    code: "EIO",
    syscall: call,
    ...(typeof path === "string" ? { path } : {}),
  });
}

function isOurs(subject) {
  return typeof subject === "number" ? descriptors.has(subject) : String(subject).startsWith(below);
}

const PATH_CALLS = [
  ...[
    "open",
    "readFile",
    "writeFile",
    "appendFile",
    "readdir",
    "mkdir",
    "mkdtemp",
    "rename",
    "link",
    "symlink",
    "unlink",
  ],
  ...[
    "rm",
    "rmdir",
    "stat",
    "lstat",
    "readlink",
    "chmod",
    "copyFile",
    "truncate",
    "utimes",
    "lutimes",
    "statfs",
  ],
];
const DESCRIPTOR_CALLS = [
  "read",
  "readv",
  "write",
  "writev",
  "fsync",
  "fdatasync",
  "ftruncate",
  "fstat",
  "fchmod",
  "futimes",
];

for (const call of [...PATH_CALLS, ...DESCRIPTOR_CALLS]) {
  const sync = fs[`${call}Sync`];
  fs[`${call}Sync`] = function (subject, ...rest) {
    const error = isOurs(subject) ? failure(call, subject) : undefined;
    if (error !== undefined) throw error;
    const result = sync.call(this, subject, ...rest);
    if (call === "open" && isOurs(subject)) descriptors.add(result);
    return result;
  };
  const later = fs[call];
  fs[call] = function (subject, ...rest) {
    const callback = rest.at(-1);
    const error = typeof callback === "function" && isOurs(subject) ? failure(call, subject) : undefined;
    if (error !== undefined) return process.nextTick(callback, error);
    if (call !== "open" || typeof callback !== "function" || !isOurs(subject))
      return later.call(this, subject, ...rest);
    return later.call(this, subject, ...rest.slice(0, -1), (problem, descriptor) => {
      if (descriptor !== undefined) descriptors.add(descriptor);
      callback(problem, descriptor);
    });
  };
}

for (const name of ["close", "closeSync"]) {
  const close = fs[name];
  fs[name] = function (descriptor, ...rest) {
    descriptors.delete(descriptor);
    return close.call(this, descriptor, ...rest);
  };
}

const HANDLE_CALLS = [
  "read",
  "readv",
  "readFile",
  "write",
  "writev",
  "writeFile",
  "sync",
  "datasync",
  "stat",
  "truncate",
];
for (const call of PATH_CALLS) {
  const promised = fs.promises[call];
  if (promised === undefined) continue;
  fs.promises[call] = async function (subject, ...rest) {
    const error = isOurs(subject) ? failure(call, subject) : undefined;
    if (error !== undefined) throw error;
    const result = await promised.call(this, subject, ...rest);
    if (call === "open" && isOurs(subject)) wrapHandle(result);
    return result;
  };
}

function wrapHandle(handle) {
  for (const call of HANDLE_CALLS) {
    const method = handle[call];
    handle[call] = async function (...rest) {
      const error = failure(call);
      if (error !== undefined) throw error;
      return await method.apply(handle, rest);
    };
  }
}

if (file !== undefined) process.on("exit", () => appendFileSync(file, `${calls}\n`));

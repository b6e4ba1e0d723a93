import { createWriteStream } from "node:fs";
import { UserNamespacesLimitedError } from "../errors.ts";
import { serveTasks } from "../serve-tasks.ts";

serveTasks({
  whoAmI: () => Promise.resolve({ uid: process.getuid?.(), pid: process.pid }),
  echo: (input: object) => Promise.resolve(input),
  fail: () => Promise.reject(new UserNamespacesLimitedError("0")),
  stumble: () => Promise.reject(Object.assign(new Error("no such thing"), { code: "ENOENT" })),
  writeLate: () => {
    setTimeout(() => createWriteStream("", { fd: 4 }).end("all of it"), 300);
    return Promise.resolve();
  },
  die: () => process.exit(3),
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readHooks } from "./hooks.ts";

const hook = { path: "/bin/hook", args: ["hook", "x"], env: ["A=b"], timeout: 3 };
const container = {
  annotations: { "com.example.on": "true" },
  command: "/usr/bin/nginx",
  hasBindMounts: false,
};

describe("readHooks", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "hooks-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (content: unknown, name = "a.json", into = folder) =>
    writeFileSync(join(into, name), JSON.stringify(content));
  const file = (when: object, more: object = {}) => ({
    version: "1.0.0",
    hook,
    when,
    stages: ["prestart"],
    ...more,
  });

  const cases = [
    { when: { always: true }, applies: true },
    { when: { always: false }, applies: false },
    { when: {}, applies: false },
    { when: { annotations: { "^com\\.example\\.on$": "^true$" } }, applies: true },
    { when: { annotations: { "^com\\.example\\.on$": "^false$" } }, applies: false },
    { when: { commands: ["/bash$", "/nginx$"] }, applies: true },
    { when: { commands: ["^nginx"] }, applies: false },
    { when: { hasBindMounts: true }, applies: false },
    { when: { always: true, hasBindMounts: true }, applies: false },
  ];
  for (const { when, applies } of cases) {
    it(`${applies ? "takes" : "leaves"} a hook for ${JSON.stringify(when)}`, () => {
      write(file(when));
      assert.deepEqual(readHooks([folder], container), applies ? { prestart: [hook] } : undefined);
    });
  }

  it("has files of a later folder replace those of the same name, in the order of names", () => {
    const later = mkdtempSync(join(tmpdir(), "hooks-"));
    try {
      write(file({ always: true }), "b.json");
      write(file({ always: true }, { hook: { path: "/old" } }));
      write(
        file({ always: true }, { hook: { path: "/new" }, stages: ["prestart", "poststop"] }),
        "a.json",
        later,
      );
      assert.deepEqual(readHooks([folder, later, "/nonexistent"], container), {
        prestart: [{ path: "/new" }, hook],
        poststop: [{ path: "/new" }],
      });
    } finally {
      rmSync(later, { recursive: true });
    }
  });

  const wrong = [
    { content: [], message: /it is not an object/ },
    { content: file({}, { version: "0.1" }), message: /version is not 1\.0\.0/ },
    { content: file({}, { hook: { path: "x" } }), message: /no absolute path/ },
    { content: file({}, { stages: ["never"] }), message: /its stages are not among/ },
    { content: file({ commands: ["("] }), message: /"\(" is no pattern/ },
  ];
  for (const { content, message } of wrong) {
    it(`refuses ${JSON.stringify(content).slice(0, 60)}`, () => {
      write(content);
      assert.throws(() => readHooks([folder], container), { code: "ERR_WHERRY_INVALID_HOOK", message });
    });
  }
});

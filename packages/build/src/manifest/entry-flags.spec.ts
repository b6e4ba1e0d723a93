import assert from "node:assert/strict";
import { digestOf } from "@wherry/core/oci";
import { changedEntry } from "./add-image.ts";
import { entryChanges } from "./entry-flags.ts";

describe("entryChanges", () => {
  it("are what a list says of an image, features of processor and system too", () => {
    const entry = {
      ...{ mediaType: "m", digest: digestOf(""), size: 0 },
      platform: { os: "linux", architecture: "amd64" },
    };
    const flags = { features: ["sse4,avx", "aes"], "os-features": ["win32k"], annotation: ["a=b"] };
    assert.deepEqual(changedEntry(entry, entryChanges(flags)), {
      ...entry,
      platform: { ...entry.platform, "os.features": ["win32k"], features: ["sse4", "avx", "aes"] },
      annotations: { a: "b" },
    });
    assert.deepEqual(changedEntry(entry, entryChanges({})), entry);
  });
});

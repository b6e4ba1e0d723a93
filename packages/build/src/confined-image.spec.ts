import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "@wherry/core/cli";
import { confinedImage } from "./confined-image.ts";

describe("confinedImage", () => {
  let folder = "";
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "wherry-context-")));
    mkdirSync(join(folder, "images"));
    symlinkSync("/", join(folder, "out"));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const name of ["alpine", "docker.io/library/oci:1", "docker://quay.io/x/y:1", "oci", "dir/x"]) {
    it(`leaves ${name} as it is`, () => {
      assert.equal(confinedImage(name, folder), name);
    });
  }

  for (const [transport, rest] of [
    ["oci", ":tag"],
    ["oci-archive", ""],
    ["docker-archive", ""],
    ["dir", ""],
  ] as const) {
    it(`finds a path of ${transport} in the context`, () => {
      assert.equal(
        confinedImage(`${transport}:images${rest}`, folder),
        `${transport}:${join(folder, "images")}${rest}`,
      );
    });

    for (const path of ["/etc", "../x", "images/../../x", "out/etc"]) {
      it(`refuses ${transport}:${path}`, () => {
        assert.throws(() => confinedImage(`${transport}:${path}${rest}`, folder), UsageError);
      });
    }
  }

  for (const name of ["docker-archive:-", "containers-storage:[overlay@/srv+/run]x"]) {
    it(`refuses ${name}`, () => {
      assert.throws(() => confinedImage(name, folder), UsageError);
    });
  }
});

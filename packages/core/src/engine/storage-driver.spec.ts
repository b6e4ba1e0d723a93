import assert from "node:assert/strict";
import { checkStorageDriver, storageNotices } from "./storage-driver.ts";

describe("checkStorageDriver", () => {
  for (const [driver, options] of [
    [undefined, []],
    ["overlay", ["overlay.mount_program=/usr/bin/fuse-overlayfs", "overlay2.size=1G", ".mountopt=nodev"]],
    ["overlay2", ["ignore_chown_errors=true"]],
  ] as const) {
    it(`says nothing of ${driver ?? "none"} ${options.join(" ")}`, () => {
      assert.deepEqual(checkStorageDriver(driver, options), []);
    });
  }

  it("says that a driver of containers/storage is not one of ours", () => {
    assert.match(checkStorageDriver("vfs").join(), /^storage driver "vfs" is not one of wherry's/);
  });

  for (const [driver, option, message] of [
    ["nope", "overlay.size=1", /"nope" is not known/],
    ["overlay", "overlay.nope=1", /unknown storage option "overlay.nope"/],
    ["overlay", "size", /unable to parse storage option "size"/],
    ["overlay", "overlay.imagestore=/x", /no further stores/],
  ] as const) {
    it(`refuses ${driver} with ${option}`, () => {
      assert.throws(() => checkStorageDriver(driver, [option]), {
        code: "ERR_WHERRY_UNSUPPORTED_STORAGE",
        message,
      });
    });
  }
});

describe("storageNotices", () => {
  it("say what of a storage is not so, each in one sentence", () => {
    assert.deepEqual(storageNotices({}), []);
    assert.deepEqual(storageNotices({ transientStore: false }), []);
    const [images, transient, ...others] = storageNotices({ imageStore: "/images", transientStore: true });
    assert.match(images ?? "", /^image store \/images is not used: .* --root says$/);
    assert.match(transient ?? "", /^a transient store is not made: /);
    assert.deepEqual(others, []);
  });
});

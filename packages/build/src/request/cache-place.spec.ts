import assert from "node:assert/strict";
import { UsageError } from "@wherry/core/cli";
import { parseCachePlace } from "./cache-place.ts";

describe("parseCachePlace", () => {
  const places: [text: string, flag: "--cache-from" | "--cache-to", name: string, mode: string][] = [
    ["quay.io/team/app", "--cache-from", "docker://quay.io/team/app:build-cache", "max"],
    ["quay.io/team/app:x", "--cache-to", "docker://quay.io/team/app:x", "max"],
    ["oci:cache", "--cache-to", "oci:cache", "max"],
    ["type=registry,ref=quay.io/team/app:x", "--cache-from", "docker://quay.io/team/app:x", "min"],
    [
      "type=registry,ref=quay.io/team/app,mode=max",
      "--cache-to",
      "docker://quay.io/team/app:build-cache",
      "max",
    ],
    [
      "type=registry,ref=quay.io/team/app:x,image-manifest=true,oci-mediatypes=true",
      "--cache-to",
      "docker://quay.io/team/app:x",
      "min",
    ],
    ["type=local,src=folder", "--cache-from", "oci:folder:latest", "min"],
    ["type=local,dest=folder,tag=x", "--cache-to", "oci:folder:x", "min"],
  ];
  for (const [text, flag, name, mode] of places)
    it(`reads ${flag} ${text}`, () => {
      const place = parseCachePlace(text, flag);
      assert.deepEqual([place.name, place.mode], [name, mode]);
    });

  const refused: [text: string, flag: "--cache-from" | "--cache-to", message: RegExp][] = [
    ["type=inline", "--cache-to", /beside it, as type=registry/],
    ["type=gha", "--cache-to", /GitHub/],
    ["type=s3,ref=x", "--cache-from", /S3/],
    ["type=tape,ref=x", "--cache-from", /registry or local, not "tape"/],
    ["type=registry", "--cache-from", /ref= is missing/],
    ["type=local,src=x", "--cache-to", /takes type, ref, dest/],
    ["type=registry,ref=x/y,mode=some", "--cache-to", /min or max, not "some"/],
    ["type=registry,ref=x/y,image-manifest=false", "--cache-to", /image-manifest is true/],
    ["docker-archive:x.tar", "--cache-to", /not in docker-archive:/],
  ];
  for (const [text, flag, message] of refused)
    it(`refuses ${flag} ${text}`, () => {
      assert.throws(
        () => parseCachePlace(text, flag),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
});

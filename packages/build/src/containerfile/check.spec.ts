import assert from "node:assert/strict";
import { checkContainerfile, checksAreErrors } from "./check.ts";
import { parseContainerfile } from "./parse-containerfile.ts";

const check = (text: string) =>
  checkContainerfile(parseContainerfile(text), {
    whyIgnored: (path) => (path.startsWith("secret") ? "it is left out" : undefined),
    variablesOf: (image) => (image === "known" ? ["HERE"] : undefined),
  }).map(({ rule, line }) => `${line} ${rule}`);

describe("checkContainerfile", () => {
  const cases: [text: string, ...found: string[]][] = [
    ['FROM scratch AS a\nARG v\nENV w=$v\nWORKDIR /x\nWORKDIR y\nCMD ["a"]\n'],
    ["FROM scratch\nenv a=1\nENV b=1", "2 ConsistentInstructionCasing"],
    ["from scratch as a\nenv b=1"],
    ["FROM scratch as a", "1 FromAsCasing"],
    ["FROM scratch AS A", "1 StageNameCasing"],
    ["FROM scratch AS a\nFROM scratch AS a", "2 DuplicateStageName"],
    ["FROM scratch AS context", "1 ReservedStageName"],
    ["FROM --platform=$TARGETPLATFORM x", "1 RedundantTargetPlatform"],
    ["FROM --platform=linux/arm64 x", "1 FromPlatformFlagConstDisallowed"],
    ["FROM --platform=$BUILDPLATFORM x"],
    ["ARG b=x\nFROM $b:$c", "2 UndefinedArgInFrom"],
    ["FROM scratch\nENV a=$b", "2 UndefinedVar"],
    ["FROM scratch\nENV a=${b:-1} c=\\$d"],
    ["FROM scratch AS x\nARG b=1\nFROM x\nENV a=$b"],
    ["FROM image\nENV a=$of_the_image"],
    ["FROM known\nENV a=$HERE b=$THERE c='$no'", "2 UndefinedVar"],
    ['FROM known AS k\nENV a=1\nFROM k\nENV b=$a c=$HERE d="$e"', "4 UndefinedVar"],
    ["FROM scratch\nARG a=$b", "2 UndefinedVar"],
    ["ARG tag\nFROM x:$tag", "2 InvalidDefaultArgInFrom"],
    ["ARG tag=1\nFROM x:$tag\nARG b=$tag"],
    ["ARG image\nFROM ${image:-scratch}"],
    ["ARG image\nFROM $image", "2 InvalidDefaultArgInFrom"],
    ["FROM --platform=$p scratch", "1 UndefinedArgInFrom"],
    ["FROM scratch\nCOPY kept secret/key /\nCOPY --from=x secret /\nCOPY s*t /", "2 CopyIgnoredFile"],
    ["FROM scratch\nADD /secret ./kept /", "2 CopyIgnoredFile"],
    [
      "# check=experimental=all\nFROM scratch AS a\n# what it is\nARG b\n# b is good\nARG b\n# far\n\nARG c",
      "4 InvalidDefinitionDescription",
    ],
    [
      "# check=experimental=InvalidDefinitionDescription\n# the first\nFROM scratch AS a",
      "3 InvalidDefinitionDescription",
    ],
    ["# the first\nFROM scratch AS a"],
    ["FROM scratch\nRUN echo $x"],
    ["FROM scratch\nENV a \\\n\n b", "2 LegacyKeyValueFormat", "3 NoEmptyContinuation"],
    ["FROM scratch\nMAINTAINER me", "2 MaintainerDeprecated"],
    ["FROM scratch\nCMD a", "2 JSONArgsRecommended"],
    ['FROM scratch\nSHELL ["b"]\nCMD a'],
    ['FROM scratch\nCMD ["a"]\nCMD ["b"]', "2 MultipleInstructionsDisallowed"],
    ["FROM scratch\nARG API_TOKEN", "2 SecretsUsedInArgOrEnv"],
    ["FROM scratch\nENV PUBLIC_KEY=1 TOKEN_FILE=/x KEYBOARD=us"],
    ["FROM scratch\nWORKDIR x", "2 WorkdirRelativePath"],
    ["FROM scratch\nEXPOSE 80/TCP", "2 ExposeProtoCasing"],
    ["FROM scratch\nEXPOSE 8080:80", "2 ExposeInvalidFormat"],
    ["# check=skip=WorkdirRelativePath;error=true\nFROM scratch\nWORKDIR x\nCMD a", "4 JSONArgsRecommended"],
    ["# check=skip=all\nFROM scratch\nWORKDIR x"],
  ];
  for (const [text, ...found] of cases)
    it(`finds ${found.join(", ") || "nothing"} in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(check(text), found);
    });

  it("knows whether findings are errors", () => {
    assert.equal(checksAreErrors(parseContainerfile("# check=skip=a;error=true\nFROM x")), true);
    assert.equal(checksAreErrors(parseContainerfile("# check=skip=error\nFROM x")), false);
  });
});

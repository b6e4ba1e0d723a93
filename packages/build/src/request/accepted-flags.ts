import { boolean, string } from "@oclif/core/flags";

const text = string({ hidden: true, multiple: true, multipleNonGreedy: true });
const choice = boolean({ hidden: true, allowNo: true });

/** Flags of buildah's that scripts pass to `build` and that change no image here: the manual lists them. */
export const acceptedFlags = {
  cgroupns: text,
  "disable-compression": choice,
  "disable-content-trust": choice,
  "force-rm": choice,
  ipc: text,
  "layer-label": text,
  pid: text,
  "retry-delay": text,
  rm: choice,
  stdin: choice,
  userns: text,
  uts: text,
};

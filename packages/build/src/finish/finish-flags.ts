import { boolean, string } from "@oclif/core/flags";

const several = { multiple: true as const, multipleNonGreedy: true };

/** What of a built image `build` changes at the end, and where it goes; in buildah's flags. */
export const finishFlags = {
  annotation: string({ ...several, helpValue: "NAME=VALUE", description: "Add an annotation to the image" }),
  compress: boolean({ allowNo: true, description: "Accepted; it has no effect, nor has it for buildah" }),
  "created-annotation": boolean({
    allowNo: true,
    description: "Add the annotation org.opencontainers.image.created (default false)",
  }),
  env: string({ ...several, helpValue: "NAME[=VALUE]", description: "Set a variable of the image" }),
  format: string({ helpValue: "FORMAT", description: "oci (default) or docker; default $BUILDAH_FORMAT" }),
  "identity-label": boolean({ description: "Add the label io.buildah.version (default false)" }),
  manifest: string({ helpValue: "name", description: "Add the image to this manifest list" }),
  "metadata-file": string({
    helpValue: "path",
    description: "Write ID, digest and names as JSON to the file",
  }),
  "omit-history": boolean({ description: "Write no history" }),
  output: string({
    char: "o",
    ...several,
    helpValue: "DEST",
    description: "Also write the files: a folder, type=local,dest=FOLDER, type=tar,dest=FILE, or - for a tar",
  }),
  squash: boolean({ description: "Make one layer of those that the build added" }),
  "squash-all": boolean({ description: "Make an image with only one layer" }),
  unsetannotation: string({
    ...several,
    helpValue: "NAME",
    description: "Take an annotation away that a base image has",
  }),
  unsetenv: string({ ...several, helpValue: "NAME", description: "Take a variable out of the image" }),
  unsetlabel: string({ ...several, helpValue: "NAME", description: "Take a label out of the image" }),
};

import { boolean, string } from "@oclif/core/flags";

/** Flags of `run` and `create` that few containers need. */
export const rareFlags = {
  attach: string({
    char: "a",
    multiple: true,
    helpValue: "STREAM",
    description: "Join only these streams of ours: stdin, stdout, stderr",
  }),
  "env-merge": string({
    multiple: true,
    helpValue: "NAME=VALUE",
    description: "Set a variable, with ${NAME} standing for what the image says of NAME",
  }),
  "image-volume": string({
    options: ["bind", "anonymous", "tmpfs", "ignore"],
    helpValue: "KIND",
    description:
      "What the image's volumes become: volumes of the container's own (bind, anonymous: the default), tmpfs, ignore",
  }),
  "init-path": string({
    helpValue: "PATH",
    description: "Program of the host that --init runs (default: catatonit)",
  }),
  personality: string({
    options: ["LINUX", "LINUX32"],
    helpValue: "DOMAIN",
    description: "Execution domain of the kernel: LINUX, LINUX32",
  }),
  rootfs: boolean({
    description:
      "IMAGE is no image but a folder of the host, used as it is, or with :O below what is written",
  }),
  sdnotify: string({
    options: ["container", "conmon", "healthy", "ignore"],
    helpValue: "MODE",
    description: "Who tells the service manager of the start: container (default), conmon, healthy, ignore",
  }),
  "unsetenv-all": boolean({ description: "Take all variables out of the image's environment" }),
};

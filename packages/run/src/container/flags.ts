import { boolean, integer, string } from "@oclif/core/flags";
import { registryFlags, retryFlags } from "@wherry/core/cli";
import { cgroupFlags, resourceFlags } from "./limit-flags.ts";
import { lifecycleFlags } from "./lifecycle-flags.ts";
import { platformFlags } from "../image/platform-flags.ts";
import { isolationFlags } from "./isolation-flags.ts";
import { rareFlags } from "./rare-flags.ts";

/** What `run` and `create` say of a container, in podman's flags. */
export const creationFlags = {
  ...registryFlags,
  ...retryFlags,
  ...isolationFlags,
  ...resourceFlags,
  ...cgroupFlags,
  ...lifecycleFlags,
  ...platformFlags,
  ...rareFlags,
  "add-host": string({ multiple: true, helpValue: "NAME:IP", description: "Add a host-to-IP mapping" }),
  annotation: string({ multiple: true, helpValue: "KEY=VALUE", description: "Add an annotation" }),
  "cap-add": string({ multiple: true, helpValue: "CAP", description: "Add a capability" }),
  "cap-drop": string({ multiple: true, helpValue: "CAP", description: "Drop a capability" }),
  cidfile: string({ helpValue: "FILE", description: "Write the container ID to the file" }),
  device: string({
    multiple: true,
    helpValue: "PATH[:PATH][:rwm]",
    description: "Give the container a device of the host",
  }),
  dns: string({
    multiple: true,
    helpValue: "IP",
    description: "Set a name server; none: keep the image's resolv.conf",
  }),
  "dns-option": string({ multiple: true, helpValue: "OPTION", description: "Set a resolver option" }),
  "dns-search": string({ multiple: true, helpValue: "DOMAIN", description: "Set a search domain" }),
  entrypoint: string({
    helpValue: "PROGRAM",
    description: "Overwrite the image's entrypoint (a string or a JSON list)",
  }),
  env: string({
    char: "e",
    multiple: true,
    helpValue: "NAME[=VALUE]",
    description: "Set an environment variable",
  }),
  "env-file": string({
    multiple: true,
    helpValue: "FILE",
    description: "Read environment variables from a file",
  }),
  expose: string({
    multiple: true,
    helpValue: "PORT[-PORT][/PROTOCOL]",
    description: "Expose a port, for --publish-all",
  }),
  "group-add": string({
    multiple: true,
    helpValue: "GROUP",
    description: "Add a supplementary group; keep-groups keeps ours",
  }),
  hostname: string({ char: "h", helpValue: "NAME", description: "Set the container's host name" }),
  init: boolean({ description: "Run a small init that reaps zombies and passes signals on" }),
  interactive: boolean({ char: "i", description: "Keep standard input open" }),
  label: string({ char: "l", multiple: true, helpValue: "KEY=VALUE", description: "Set a label" }),
  "label-file": string({ multiple: true, helpValue: "FILE", description: "Read labels from a file" }),
  "log-driver": string({
    helpValue: "DRIVER",
    description: "What becomes of its output: k8s-file (default), json-file, none, passthrough",
  }),
  "log-opt": string({
    multiple: true,
    helpValue: "NAME=VALUE",
    description: "Set an option of the log: max-size=, path=, tag=",
  }),
  mount: string({
    multiple: true,
    helpValue: "SPEC",
    description:
      "Mount something: type=bind, volume, tmpfs, image, glob, devpts or ramfs, then source=…,destination=…",
  }),
  name: string({ helpValue: "NAME", description: "Give the container a name" }),
  network: string({
    helpValue: "MODE",
    description: "Connect it to a network: pasta (default), none, host, container:NAME",
  }),
  privileged: boolean({ description: "Give extended privileges (within your own)" }),
  publish: string({
    char: "p",
    multiple: true,
    helpValue: "[IP:][HOST:]PORT",
    description: "Publish a port, or a range of ports",
  }),
  "publish-all": boolean({ char: "P", description: "Publish all exposed ports to random ports" }),
  pull: string({
    options: ["always", "missing", "never", "newer", "ifnotpresent"],
    default: "missing",
    helpValue: "POLICY",
    description: "When to pull the image: always, missing, never, newer",
  }),
  quiet: boolean({ char: "q", description: "Show nothing of a pull" }),
  "read-only": boolean({ description: "Make the root file system read-only" }),
  replace: boolean({ description: "Remove a container of the same name first", dependsOn: ["name"] }),
  rm: boolean({ description: "Remove the container at its end" }),
  secret: string({
    multiple: true,
    helpValue: "NAME[,OPTION=…]",
    description: "Give it a secret: type=mount or env, then target=, uid=, gid=, mode=",
  }),
  "security-opt": string({
    multiple: true,
    helpValue: "OPTION",
    description: "Set a security option: no-new-privileges, seccomp=FILE, mask=PATH, unmask=PATH …",
  }),
  "shm-size": string({ helpValue: "SIZE", description: "Size of /dev/shm, such as 64m" }),
  "stop-signal": string({
    helpValue: "SIGNAL",
    description: "Signal that stops the container (default SIGTERM)",
  }),
  "stop-timeout": integer({
    min: 0,
    helpValue: "SECONDS",
    description: "Wait this long before killing it (default 10)",
  }),
  sysctl: string({
    multiple: true,
    helpValue: "NAME=VALUE",
    description: "Set a kernel parameter of the container",
  }),
  tmpfs: string({ multiple: true, helpValue: "PATH[:OPTIONS]", description: "Mount a tmpfs" }),
  tty: boolean({ char: "t", description: "Give the container a terminal" }),
  ulimit: string({
    multiple: true,
    helpValue: "NAME=SOFT[:HARD]",
    description: "Set a limit, such as nofile=1024:2048; host: take over ours",
  }),
  unsetenv: string({
    multiple: true,
    helpValue: "NAME",
    description: "Take a variable out of the image's environment",
  }),
  user: string({
    char: "u",
    helpValue: "USER[:GROUP]",
    description: "Run as this user: names or ids of the image",
  }),
  volume: string({
    char: "v",
    multiple: true,
    helpValue: "[SOURCE:]PATH[:OPTIONS]",
    description: "Mount a folder of the host, or a volume",
  }),
  "volumes-from": string({
    multiple: true,
    helpValue: "CONTAINER[:OPTIONS]",
    description: "Mount the volumes and folders of another container too (:ro makes them read-only)",
  }),
  workdir: string({ char: "w", helpValue: "PATH", description: "Set the working directory" }),
};

/** For commands that a user lets go of by keys. */
export const detachFlags = {
  "detach-keys": string({
    helpValue: "KEYS",
    description: 'Keys that detach from the terminal (default ctrl-p,ctrl-q); "" switches that off',
  }),
};

/** For commands that join our streams to a container's. */
export const attachFlags = {
  ...detachFlags,
  "sig-proxy": boolean({
    default: true,
    allowNo: true,
    description: "Pass signals on to the container (default true)",
  }),
};

/** For commands that hand our file descriptors on. */
export const descriptorFlags = {
  "preserve-fd": string({
    multiple: true,
    helpValue: "FD,…",
    description: "Give the program just these of our file descriptors",
    exclusive: ["preserve-fds"],
  }),
  "preserve-fds": integer({
    min: 0,
    helpValue: "NUMBER",
    description: "Give the program so many of our file descriptors from 3 on",
  }),
};

/** Chooses containers by what they are, instead of by name. */
export const filterFlag = string({
  multiple: true,
  helpValue: "KEY=VALUE",
  description:
    "Only containers that fit: id, name, status, exited, label, ancestor, volume, network, before, since, until, health, restart-policy, should-start-on-boot, command",
});

/** For commands that work on containers the user names in one of several ways. */
export const choiceFlags = {
  all: boolean({ char: "a", description: "All containers" }),
  cidfile: string({ multiple: true, helpValue: "FILE", description: "Read a container's ID from the file" }),
  ignore: boolean({ char: "i", description: "Say nothing of a container that does not exist" }),
  latest: boolean({ char: "l", description: "The container created last" }),
};

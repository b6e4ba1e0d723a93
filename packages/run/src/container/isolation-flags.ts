import { boolean, integer, string } from "@oclif/core/flags";

/** Flags of `run` and `create` about the walls around a container. */
export const isolationFlags = {
  cgroupns: string({
    helpValue: "MODE",
    description: "Cgroup namespace: private, host, container:NAME, ns:PATH",
  }),
  "env-host": boolean({ description: "Give the container all of our environment" }),
  gidmap: string({
    multiple: true,
    helpValue: "CONTAINER:FROM[:AMOUNT]",
    description: "Map group ids; FROM counts in your namespace, @FROM on the host",
  }),
  "group-entry": string({ helpValue: "ENTRY", description: "Entry for /etc/group, with $GROUPNAME, $GID" }),
  "hosts-file": string({
    helpValue: "FILE",
    description: "What /etc/hosts begins with: a file, none, or image",
    exclusive: ["no-hosts"],
  }),
  hostuser: string({
    multiple: true,
    helpValue: "USER",
    description: "Add a user of the host to /etc/passwd",
  }),
  "http-proxy": boolean({
    default: true,
    allowNo: true,
    description: "Pass on the proxies of our environment (default true)",
  }),
  ipc: string({
    helpValue: "MODE",
    description: "IPC namespace: shareable (default), private, none, host, container:NAME, ns:PATH",
  }),
  "no-hosts": boolean({ description: "Leave the image's /etc/hosts alone" }),
  "oom-score-adj": integer({
    min: -1000,
    max: 1000,
    helpValue: "NUMBER",
    description: "Tune the kernel's choice of what to kill (-1000 to 1000)",
  }),
  passwd: boolean({
    default: true,
    allowNo: true,
    description: "Add the container's user to /etc/passwd and /etc/group (default true)",
  }),
  "passwd-entry": string({
    helpValue: "ENTRY",
    description: "Entry for /etc/passwd, with $USERNAME, $UID, $GID, $NAME, $HOME",
  }),
  pid: string({ helpValue: "MODE", description: "PID namespace: private, host, container:NAME, ns:PATH" }),
  "read-only-tmpfs": boolean({
    default: true,
    allowNo: true,
    description: "Keep /run, /tmp and /var/tmp writable with --read-only (default true)",
  }),
  subgidname: string({ helpValue: "NAME", description: "Map the group ids of the name in /etc/subgid" }),
  subuidname: string({ helpValue: "NAME", description: "Map the user ids of the name in /etc/subuid" }),
  systemd: string({
    helpValue: "true|false|always",
    default: "true",
    description: "Prepare the container for systemd when its command is systemd, never, or always",
  }),
  tz: string({ helpValue: "ZONE", description: "Time zone, such as Europe/Vienna, or local" }),
  uidmap: string({
    multiple: true,
    helpValue: "CONTAINER:FROM[:AMOUNT]",
    description: "Map user ids; FROM counts in your namespace, @FROM on the host",
  }),
  umask: string({ helpValue: "MASK", description: "Umask of the container, in octal (default 0022)" }),
  userns: string({
    helpValue: "MODE",
    description: "User namespace: host, keep-id[:uid=N,gid=N], nomap, auto[:size=N], container:NAME, ns:PATH",
    exclusive: ["uidmap", "gidmap", "subuidname", "subgidname"],
  }),
  uts: string({ helpValue: "MODE", description: "UTS namespace: private, host, container:NAME, ns:PATH" }),
};

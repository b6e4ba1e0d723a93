import { string } from "@oclif/core/flags";

/** Which namespaces commands run in, in buildah's flags. */
export const namespaceFlags = {
  cgroupns: string({
    helpValue: "MODE",
    description: "Cgroup namespace of commands: private, host, ns:PATH",
  }),
  ipc: string({
    helpValue: "MODE",
    description: "IPC namespace of commands: private (default), host, ns:PATH",
  }),
  pid: string({
    helpValue: "MODE",
    description: "PID namespace of commands: private (default); host with --isolation chroot",
  }),
  userns: string({
    helpValue: "MODE",
    description:
      "User namespace of commands: host or container; both are the one with your ids, and root has only host",
  }),
  uts: string({
    helpValue: "MODE",
    description: "UTS namespace of commands: private (default), host, ns:PATH",
  }),
};

/** Modes as typed, by flag. */
export type NamespaceTexts = Partial<Readonly<Record<keyof typeof namespaceFlags, string>>>;

/** None of the flags where nobody asked. */
export function namespaceTexts(flags: Readonly<Record<string, unknown>>): NamespaceTexts {
  const names = Object.keys(namespaceFlags);
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = flags[name];
      return typeof text === "string" && text !== "" ? [[name, text]] : [];
    }),
  );
}

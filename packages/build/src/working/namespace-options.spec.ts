import assert from "node:assert/strict";
import type { NamespaceTexts } from "../namespace-flags.ts";
import { parseNamespaces } from "./namespace-options.ts";

interface Case {
  readonly texts: NamespaceTexts;
  readonly isChroot?: boolean;
  readonly isRoot?: boolean;
}

const parse = ({ texts, isChroot = false, isRoot = false }: Case) => parseNamespaces(texts, isChroot, isRoot);

describe("parseNamespaces", () => {
  const taken: readonly (Case & { readonly gives: object })[] = [
    { texts: {}, gives: {} },
    { texts: { ipc: "host", uts: "private" }, gives: { ipc: "host", uts: "private" } },
    { texts: { ipc: "container", cgroupns: "host" }, gives: { ipc: "private", cgroup: "host" } },
    { texts: { uts: "/proc/1/ns/uts" }, gives: { uts: { path: "/proc/1/ns/uts" } } },
    { texts: { ipc: "ns:/proc/1/ns/ipc" }, gives: { ipc: { path: "/proc/1/ns/ipc" } } },
    { texts: { pid: "private", userns: "container" }, gives: {} },
    { texts: { pid: "host", ipc: "host" }, isChroot: true, gives: { ipc: "host" } },
    { texts: { userns: "host" }, isRoot: true, gives: {} },
  ];
  for (const { gives, ...given } of taken) {
    it(`takes ${JSON.stringify(given)}`, () => {
      assert.deepEqual(parse(given).namespaces ?? {}, gives);
    });
  }

  const refused: readonly (Case & { readonly says: RegExp })[] = [
    { texts: { pid: "host" }, says: /^--pid host: .*only --isolation chroot shows it the host's processes$/ },
    { texts: { pid: "/proc/1/ns/pid" }, says: /^--pid \/proc\/1\/ns\/pid: a command may not outlive/ },
    { texts: { ipc: "none" }, says: /^--ipc none: of a build's commands it is private, host or ns:PATH$/ },
    { texts: { uts: "container:x" }, says: /^--uts container:x: of a build's commands/ },
    { texts: { cgroupns: "own" }, says: /^--cgroupns: unrecognized namespace mode "own"/ },
    { texts: { ipc: "private" }, isChroot: true, says: /^--ipc private needs an OCI runtime/ },
    { texts: { userns: "/proc/1/ns/user" }, says: /^--userns \S+: a build joins no user namespace/ },
    {
      texts: { userns: "container" },
      isRoot: true,
      says: /^--userns container: .*build as an ordinary user$/,
    },
  ];
  for (const { says, ...given } of refused) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      assert.throws(() => parse(given), { message: says });
    });
  }
});

import { formatAge, GoTime } from "@wherry/core/cli";
import type { WorkingRecord } from "@wherry/core/store";
import type { ContainerRow } from "./container-rows.ts";

/** podman's word for what the store holds and it does not run. */
const STATUS = "Storage";

/** A working container of wherry-build as a row of `ps --external`. */
export function workingRow(record: WorkingRecord, now: Date, truncate: boolean): ContainerRow {
  const { id, name, created } = record;
  const image = workingImage(record);
  const short = (text: string) => (truncate ? text.slice(0, 12) : text);
  return {
    ...{ ID: short(id), Image: image.name, ImageID: short(bareId(image)), Command: "buildah", Names: name },
    ...{ CreatedAt: new GoTime(created).toString(), Created: new GoTime(created).toString() },
    ...{ CreatedHuman: formatAge(created, now), RunningFor: formatAge(created, now) },
    ...{ State: "storage", Status: STATUS, Ports: "", Labels: "", Label: () => "", Mounts: "", Networks: "" },
    ...{ Pid: 0, ExitCode: 0, Exited: false, AutoRemove: false, Restarts: 0, IsInfra: false, Namespaces: {} },
    ...{ CGROUPNS: "", IPC: "", MNT: "", NET: "", PIDNS: "", USERNS: "", UTS: "" },
    ...{ Pod: "", PodName: "", Size: "" },
  };
}

/** A working container as `ps --external --format json` prints it. */
export function workingJson(record: WorkingRecord, now: Date): object {
  const { id, name, created } = record;
  const image = workingImage(record);
  return {
    ...{
      Command: ["buildah"],
      CreatedAt: formatAge(created, now),
      Id: id,
      Image: image.name,
      ImageID: bareId(image),
    },
    ...{ Names: [name], Exited: false, ExitCode: 0, Labels: null, Mounts: [], Ports: null, Pid: 0 },
    ...{ State: "storage", Status: STATUS, Created: Math.trunc(Date.parse(created) / 1000) },
  };
}

/** The image that a working container began with. wherry-build keeps it in the state, which is its own business otherwise. */
export function workingImage({ state }: WorkingRecord): { readonly name: string; readonly id: string } {
  const image = typeof state === "object" && state !== null && "image" in state ? state.image : undefined;
  const { id, name } = (image ?? {}) as { readonly id?: unknown; readonly name?: unknown };
  return {
    name: typeof name === "string" && name !== "" ? name : "scratch",
    id: typeof id === "string" ? id : "",
  };
}

function bareId({ id }: { readonly id: string }): string {
  return id.replace("sha256:", "");
}

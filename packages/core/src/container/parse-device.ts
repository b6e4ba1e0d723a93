import { InvalidSettingError, type SpecDevice } from "../spec/index.ts";
import { devicesAt } from "./host-devices.ts";

/**
 * Reads `--device HOST[:CONTAINER][:rwm]` and looks the device up; of a folder all devices in it are meant.
 *
 * @throws {InvalidSettingError | FileSystemError | NotADeviceError}
 */
export function parseDevices(text: string): SpecDevice[] {
  if (/^[\w.-]+\/[\w.-]+=/.test(text))
    throw new InvalidSettingError("device", text, "CDI devices are not supported; name the device files");
  const { source, destination = source, access } = split(text);
  return devicesAt(source).map(({ path, node }) => ({
    source: path,
    destination: destination + path.slice(source.length),
    node,
    ...(access === undefined ? {} : { access }),
  }));
}

function split(text: string): { source: string; destination?: string; access?: string } {
  const [source = "", second, third] = text.split(":");
  const isAccess = (part: string | undefined) => part !== undefined && /^[rwm]{1,3}$/.test(part);
  const destination = isAccess(second) ? undefined : second;
  const access = isAccess(second) ? second : third;
  const isWrong = !source.startsWith("/") || (destination !== undefined && !destination.startsWith("/"));
  if (isWrong || (access !== undefined && !isAccess(access)) || text.split(":").length > 3)
    throw new InvalidSettingError("device", text, "expected /PATH[:/PATH][:rwm]");
  return {
    source,
    ...(destination === undefined ? {} : { destination }),
    ...(access === undefined ? {} : { access }),
  };
}

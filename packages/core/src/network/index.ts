export { assignHostPorts } from "./assign-host-ports.ts";
export {
  AddressNotLocalError,
  ConflictingPortsError,
  InvalidHostEntryError,
  InvalidNetworkError,
  InvalidPortError,
  PastaFailedError,
  PastaMissingError,
  PortInUseError,
  PrivilegedPortError,
  TunDeviceError,
} from "./errors.ts";
export {
  hostsFile,
  parseAddHost,
  resolvConf,
  type HostEntry,
  type HostsChoices,
  type ResolvConfChoices,
} from "./name-files.ts";
export { formatNetworkMode, parseNetworkMode, type NetworkMode } from "./network-mode.ts";
export { readPastaAbilities, type PastaAbilities } from "./pasta-abilities.ts";
export { DNS_ADDRESS, HOST_ADDRESS, pastaArguments, type PastaArguments } from "./pasta-arguments.ts";
export {
  exposedPortMappings,
  parsePortMapping,
  parsePortMappings,
  type PortMapping,
} from "./port-mapping.ts";
export {
  startPasta,
  stopPasta,
  tunProblem,
  unprivilegedPortStart,
  type PastaOptions,
} from "./start-pasta.ts";

export {
  connectAttachSocket,
  loadSocketCalls,
  type AttachSocket,
  type Output,
  type SocketCalls,
} from "./attach-socket.ts";
export { cgroupOf, readCgroups, type CgroupOptions, type Cgroups } from "./cgroups.ts";
export { checkController } from "./controllers.ts";
export {
  AttachError,
  CgroupParentError,
  CommandNotExecutableError,
  CommandNotFoundError,
  ExecLostError,
  MissingControllerError,
  MonitorEndedError,
  NoCgroupError,
  NoMonitorError,
  NoRuntimeError,
  OverlayError,
  RuntimeFailedError,
} from "./errors.ts";
export { startExecMonitor, type ExecMonitor, type ExecMonitorOptions } from "./exec-monitor.ts";
export { explainFailure, lastMessage } from "./explain-failure.ts";
export { chrootLaunch } from "./chroot-launch.ts";
export { launchScript, OVERLAY_FAILED, type Launch, type SecretFiles } from "./launch-script.ts";
export type { Preparation } from "./preparations.ts";
export { quote } from "./quote.ts";
export {
  enterMonitor,
  startMonitor,
  type EnteredMonitor,
  type Monitor,
  type MonitorLog,
  type MonitorOptions,
} from "./monitor.ts";
export { prepareOverlay, type Overlay, type OverlayOptions } from "./overlay.ts";
export { findRuntime, likelyRuntime, type RuntimeOptions } from "./probe.ts";
export { Runtime } from "./runtime.ts";
export {
  bootId,
  leftOvers,
  PAUSED_FILE,
  readStartRecord,
  readState,
  writeStartRecord,
  type ContainerState,
  type StartRecord,
} from "./state.ts";
export { shortKeyQuota, type KeyQuota } from "./key-quota.ts";
export { sendDatagram } from "./send-datagram.ts";

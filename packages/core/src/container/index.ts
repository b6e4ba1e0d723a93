export { attachContainer, type Attachment, type AttachOptions } from "./attach.ts";
export { cleanUpContainer } from "./clean-up.ts";
export { cloneContainer, type CloneOptions } from "./clone.ts";
export { imageMountPoint, isImageMounted, mountImage, unmountImage } from "./mount-image.ts";
export { mountPoints } from "./mount-points.ts";
export { mountVolume, unmountVolume } from "./mount-volume.ts";
export { isMounted, mountContainer, unmountContainer } from "./mount-container.ts";
export { initContainer } from "./init-container.ts";
export { waitForCondition, WAIT_CONDITIONS, type WaitOptions } from "./wait-for.ts";
export { dependenciesOf } from "./dependencies.ts";
export { requirersOf } from "./requirements.ts";
export { createContainer } from "./create.ts";
export type { CreateOptions } from "./create-options.ts";
export { parseDetachKeys } from "./detach-keys.ts";
export { unpublishedPorts } from "./exposed-ports.ts";
export {
  ContainerRequiredError,
  ContainerStateError,
  ContainerStuckError,
  InitMissingError,
  InvalidContainerNameError,
  InvalidDetachKeysError,
  InvalidSignalError,
  MountOutsideError,
  MountSourceMissingError,
  NoCommandError,
  NoHealthCheckError,
  NoLogError,
  NotMountedError,
  StreamsPassedError,
  AppArmorError,
  NamespaceNotShareableError,
  NotADeviceError,
  RuntimeLacksError,
  UnknownHostUserError,
  UnknownTimezoneError,
  PauseError,
  RuntimeFilesLostError,
  StartInterruptedError,
} from "./errors.ts";
export { execDetached, execInContainer } from "./exec.ts";
export type { ExecOptions } from "./exec-session.ts";
export { execOnTerminal } from "./exec-terminal.ts";
export { devicesAt } from "./host-devices.ts";
export { parseDevices } from "./parse-device.ts";
export type { ContainerHost, StepHost } from "./host.ts";
export type { LogEntry } from "./k8s-log.ts";
export {
  containerState,
  getContainer,
  imageOf,
  listContainers,
  type ListedContainer,
  type ListHost,
} from "./list.ts";
export { isPassedThrough, LOG_DRIVERS, logPath, type LogDriver, type LogSettings } from "./log-settings.ts";
export { readLogs, type LogsOptions } from "./logs.ts";
export { findInLayers, readInLayers } from "./find-in-layers.ts";
export { preservedFds, type DescriptorChoice, type PreservedFds } from "./preserved-fds.ts";
export type { NotifyMode, RootFolder } from "./settings.ts";
export { containerPaths, type ContainerPaths } from "./paths.ts";
export { pauseContainer, processesOf, unpauseContainer, type PauseMeans } from "./pause.ts";
export { idNames } from "./id-names.ts";
export { containerPids, readProcesses, type ProcessInfo } from "./process-info.ts";
export { measureUsage, type Usage } from "./usage.ts";
export { recordContainerEvent, type EventDetails } from "./record-event.ts";
export { renameContainer } from "./rename.ts";
export { removeContainer, type RemoveOptions } from "./remove.ts";
export { EVENTS_LOGGER, type HealthOptions, type LifecycleOptions } from "./decide-lifecycle.ts";
export { checkHealth } from "./check-health.ts";
export { parseHealthLine, readHealth, type HealthStatus } from "./health.ts";
export type { HealthAction, HealthSettings, RestartPolicy, StartupSettings } from "./lifecycle-settings.ts";
export { actOnFailedHealth, restartEnded } from "./restart.ts";
export { isStoppedByUser, readRestarts } from "./restart-files.ts";
export {
  exitAfter,
  restartContainer,
  runInForeground,
  startDetached,
  waitForExit,
  type RunInForegroundOptions,
  type RunResult,
} from "./run.ts";
export {
  asContainer,
  type Container,
  type ContainerMount,
  type ContainerSecret,
  type ContainerSettings,
  type VolumeMount,
} from "./settings.ts";
export { parseSignal, signalName } from "./signals.ts";
export { startContainer, type Started, type StartOptions } from "./start.ts";
export { readStartFailure } from "./start-failure.ts";
export { runStep } from "./run-step.ts";
export type { Stdio, StepStream } from "./stdio.ts";
export type { Step, StepSecret, StepTree } from "./step.ts";
export { killContainer, stopContainer, type Stopped, type StopOptions } from "./stop.ts";
export { updateContainer, type ContainerChanges } from "./update.ts";
export { containerLayers, lowerLayers, writtenLayer } from "./root-layers.ts";
export { volumeSource } from "./local-volume.ts";
export { createSecret, LARGEST_SECRET, removeSecret, type SecretOptions } from "./secrets.ts";
export { createVolume, removeVolume } from "./manage-volumes.ts";
export { recordVolumeEvent, volumePath } from "./volumes.ts";
export {
  CopySourceMissingError,
  CopyTargetError,
  InvalidChangeError,
  InvalidNameError,
  InvalidSecretDataError,
  SecretTargetError,
  InvalidVolumeOptionError,
  MountNeedsRootError,
  SubpathMissingError,
} from "./storage-errors.ts";
export { ContainerTree, VolumeTree } from "./container-tree.ts";
export { copyFiles, type CopyFilesOptions, type CopySide } from "./copy-files.ts";

export {
  IdMapNotPermittedError,
  IdMapProgramMissingError,
  IdMapRefusedError,
  NoSubIdsError,
  RemoteError,
  UserNamespacesConfinedError,
  UserNamespacesDisabledError,
  UserNamespacesLimitedError,
  UserNamespaceError,
  UserMapError,
  UserNamespaceUnavailableError,
  WorkerEndedError,
  type UserNamespaceCheck,
} from "./errors.ts";
export { endHolder } from "./holder.ts";
export { planIdMaps, type IdMap, type IdMaps, type SubIdOwner } from "./id-maps.ts";
export { UserNamespace, type EnterOptions, type UserNamespaceOptions } from "./namespace.ts";
export { checkPreconditions, isSetuidRoot, type PreconditionOptions } from "./preconditions.ts";
export { serveTasks, type Tasks } from "./serve-tasks.ts";
export { NamespaceWorker } from "./worker.ts";
export { parseUserMode, planUserMaps, type PlanOptions, type UserMode } from "./user-mode.ts";

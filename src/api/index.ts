export { type Code, codes, type Details, FerryError, type Place, type Problem } from '../errors/ferry-error.ts'
export type { Connection } from '../model/connection.ts'
export type { Overrides } from '../model/connection-input.ts'
export type { FieldChange, Plan, Step } from '../model/plan.ts'
export type { Parameter, Script } from '../model/script.ts'
export type { State, Stored } from '../model/state.ts'
export type { Space } from '../operations/space.ts'
export type { CommandResult } from '../script/run-script.ts'
export type { TransferEvent, TransferFailure, TransferListener, TransferSummary } from '../transfer/progress.ts'
export { type ConnectOptions, connect, ping } from './connect.ts'
export type { ExecuteOptions, Execution, ScriptSource } from './execute.ts'
export type {
  Cancellable,
  ChangeOwnerOptions,
  DownloadOptions,
  FerryConnection,
  UploadOptions,
  WriteOptions,
} from './ferry-connection.ts'
export { type FerryState, type ManifestOptions, type OpenStateOptions, openState } from './open-state.ts'
export type { PingResult } from './ping.ts'
export type { RemoteEntry } from './remote-entry.ts'

export { type Code, codes, type Details, FerryError, type Place, type Problem } from '../errors/ferry-error.ts'
export type { Connection } from '../model/connection.ts'
export type { Overrides } from '../model/connection-input.ts'
export type { FieldChange, Plan, Step } from '../model/plan.ts'
export type { Parameter, Script } from '../model/script.ts'
export type { State, Stored } from '../model/state.ts'
export type { Space } from '../operations/space.ts'
export type { SyncStepResult, SyncSummary } from '../operations/sync.ts'
export type { CommandResult } from '../script/script-session.ts'
export type { TransferEvent, TransferFailure, TransferListener, TransferSummary } from '../transfer/progress.ts'
export type { FieldValues } from './change-connections.ts'
export type { ScriptContent } from './change-scripts.ts'
export { type ConnectOptions, connect, ping, type StateConnectOptions } from './connect.ts'
export type { EffectiveSetting } from './effective-settings.ts'
export type { ExecuteOptions, Execution, ScriptSource } from './execute.ts'
export type { FerryConnection } from './ferry-connection.ts'
export type { ManifestSource } from './manifests.ts'
export { type FerryState, type ManifestOptions, type OpenStateOptions, openState } from './open-state.ts'
export type {
  Cancellable,
  ChangeOwnerOptions,
  DownloadOptions,
  SyncOptions,
  UploadOptions,
  WriteOptions,
} from './operation-options.ts'
export type { PingResult } from './ping.ts'
export type { RemoteEntry } from './remote-entry.ts'

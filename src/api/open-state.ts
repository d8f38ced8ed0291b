import { openAudit } from '../audit/audit.ts'
import { importManifests } from '../enmasse/import-manifests.ts'
import type { PlanOptions } from '../enmasse/plan.ts'
import { type ManifestContent, manifestText } from '../manifest/manifest-text.ts'
import type { Connection } from '../model/connection.ts'
import type { Plan } from '../model/plan.ts'
import type { Script } from '../model/script.ts'
import type { State } from '../model/state.ts'
import { sealingKeys } from '../secrets/sealing-keys.ts'
import { AuditedStateStore } from '../state/audited-state-store.ts'
import { openStateStore } from '../state/open-state-store.ts'
import type { StateStore } from '../state/state-store.ts'
import {
  createConnection,
  deleteConnections,
  editConnection,
  type FieldValues,
  renameConnection,
  setActive,
} from './change-connections.ts'
import { createScript, deleteScripts, editScript, type ScriptContent } from './change-scripts.ts'
import { connectOver, type OpenedState, pingOver, type StateConnectOptions } from './connect.ts'
import { type EffectiveSetting, effectiveSettings } from './effective-settings.ts'
import type { FerryConnection } from './ferry-connection.ts'
import { loadManifests, type ManifestSource, planManifests } from './manifests.ts'
import type { PingResult } from './ping.ts'
import { processEnvironment } from './process-environment.ts'
import { storedConnection } from './stored-objects.ts'

export interface OpenStateOptions {
  /** A file; else `FERRY_STATE`, else the user's own state. */
  readonly location?: string
  /** Instead of the process's own: references and the sealing key are taken from it. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The file where changes are recorded, of the state and over its connections; else the one that `FERRY_AUDIT_LOG` names, if it does. */
  readonly auditLog?: string
  readonly signal?: AbortSignal
}

/** How manifests are planned and imported: `prune`, `takeOver`, `only`, as on the command line. */
export type ManifestOptions = Omit<PlanOptions, 'hash'>

/** Opens the state; nothing is read or made before it is used. */
export function openState(options: OpenStateOptions = {}): FerryState {
  const environment = options.environment ?? processEnvironment()
  const signal = options.signal ?? new AbortController().signal
  const audit = openAudit(options.auditLog ?? environment['FERRY_AUDIT_LOG'], 'api')
  const store = openStateStore(options.location ?? environment['FERRY_STATE'], {
    environment,
    signal,
    ...(audit !== undefined && { audit }),
  })
  return new FerryState(store, environment, signal)
}

/** The stored connections and scripts, and what manifests make of them. Every method rejects with FerryError. */
export class FerryState {
  readonly #store: StateStore
  readonly #environment: Readonly<Record<string, string | undefined>>
  readonly #signal: AbortSignal

  constructor(store: StateStore, environment: Readonly<Record<string, string | undefined>>, signal: AbortSignal) {
    this.#store = store
    this.#environment = environment
    this.#signal = signal
  }

  get location(): string {
    return this.#store.location
  }

  read(): Promise<State> {
    return this.#store.read()
  }

  /** Changes the state in one atomic step, under its lock. */
  update(change: (state: State) => State | Promise<State>): Promise<State> {
    return this.#store.update(change)
  }

  /** The same state, used for somebody: the audit log names them as the `session` of each change. */
  inSession(session: string): FerryState {
    const store = this.#store instanceof AuditedStateStore ? this.#store.of({ session }) : this.#store
    return new FerryState(store, this.#environment, this.#signal)
  }

  /** As the function of that name, with this state. */
  connect(nameOrAddress: string, options: StateConnectOptions = {}): Promise<FerryConnection> {
    return connectOver(this.#opened, nameOrAddress, options)
  }

  /** As the function of that name, with this state. */
  ping(nameOrAddress: string, options: StateConnectOptions = {}): Promise<PingResult> {
    return pingOver(this.#opened, nameOrAddress, options)
  }

  /** Every effective setting of a connection, and who said so; nothing is connected. */
  effectiveSettings(nameOrAddress: string, options: StateConnectOptions = {}): Promise<readonly EffectiveSetting[]> {
    const { overrides = {}, signal = this.#signal } = options
    const dependencies = { store: async () => this.#store, environment: this.#environment, signal }
    return effectiveSettings({ address: nameOrAddress, overrides }, dependencies)
  }

  /** Stores a new connection; `values` are its fields, secrets in clear or references. */
  createConnection(name: string, values: FieldValues): Promise<State> {
    return createConnection(this.#opened, name, values)
  }

  /** Replaces the fields of a connection by what `change` makes of them. */
  editConnection(name: string, change: (connection: Connection) => FieldValues): Promise<State> {
    return editConnection(this.#opened, name, change)
  }

  renameConnection(from: string, to: string): Promise<State> {
    return renameConnection(this.#opened, from, to)
  }

  async deleteConnection(name: string): Promise<State> {
    return (await deleteConnections(this.#opened, [name])).state
  }

  /** Lets a connection be used, or refuses every use of it. */
  async setActive(name: string, active: boolean): Promise<State> {
    return (await setActive(this.#opened, [name], active)).state
  }

  createScript(name: string, content: ScriptContent): Promise<State> {
    return createScript(this.#opened, name, content)
  }

  /** Replaces a script by what `change` makes of it. */
  editScript(name: string, change: (script: Script) => ScriptContent): Promise<State> {
    return editScript(this.#opened, name, change)
  }

  async deleteScript(name: string): Promise<State> {
    return (await deleteScripts(this.#opened, [name])).state
  }

  /** What `import` of these manifests would do: files, or texts. */
  async plan(sources: ManifestSource | readonly ManifestSource[], options: ManifestOptions = {}): Promise<Plan> {
    const manifests = await this.#load(sources)
    return planManifests(await this.read(), manifests, { ...options, environment: this.#environment })
  }

  /** Plans, and applies the plan in one atomic step. */
  async import(
    sources: ManifestSource | readonly ManifestSource[],
    options: ManifestOptions = {},
  ): Promise<{ readonly plan: Plan; readonly state: State }> {
    const manifests = await this.#load(sources)
    const keys = sealingKeys({ environment: this.#environment, mayCreate: this.#store.isLocal })
    return importManifests(this.#store, manifests, { ...options, keys, signal: this.#signal })
  }

  /** A manifest of what that manifest owns, or without a name of what nobody owns; it imports to the same objects. */
  async export(manifest?: string): Promise<string> {
    return manifestText(ownedBy(await this.read(), manifest))
  }

  /** A manifest of these connections, whoever owns them. */
  async exportConnections(names: readonly string[]): Promise<string> {
    const state = await this.read()
    return manifestText({ connections: names.map((name) => storedConnection(state, name).value), scripts: [] })
  }

  get #opened(): OpenedState {
    return { store: this.#store, environment: this.#environment }
  }

  #load(sources: ManifestSource | readonly ManifestSource[]) {
    const list = isSeveral(sources) ? sources : [sources]
    return loadManifests(list, { environment: this.#environment, signal: this.#signal })
  }
}

const isSeveral = (sources: ManifestSource | readonly ManifestSource[]): sources is readonly ManifestSource[] =>
  Array.isArray(sources)

/** The objects of one manifest, under its name, or those of none. */
export function ownedBy({ connections, scripts }: State, manifest: string | undefined): ManifestContent {
  const isOwned = ({ origin }: { origin: { readonly owner?: string } }): boolean => origin.owner === manifest
  return {
    ...(manifest !== undefined && { name: manifest }),
    connections: [...connections.values()].filter(isOwned).map(({ value }) => value),
    scripts: [...scripts.values()].filter(isOwned).map(({ value }) => value),
  }
}

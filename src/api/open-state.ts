import { importManifests } from '../enmasse/import-manifests.ts'
import type { PlanOptions } from '../enmasse/plan.ts'
import { type ManifestContent, manifestText } from '../manifest/manifest-text.ts'
import type { Plan } from '../model/plan.ts'
import type { State } from '../model/state.ts'
import { sealingKeys } from '../secrets/sealing-keys.ts'
import { openStateStore } from '../state/open-state-store.ts'
import type { StateStore } from '../state/state-store.ts'
import { loadManifests, planManifests } from './manifests.ts'
import { processEnvironment } from './process-environment.ts'

export interface OpenStateOptions {
  /** A file; else `FERRY_STATE`, else the user's own state. */
  readonly location?: string
  /** Instead of the process's own: references and the sealing key are taken from it. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
}

/** How manifests are planned and imported: `prune`, `takeOver`, `only`, as on the command line. */
export type ManifestOptions = Omit<PlanOptions, 'hash'>

/** Opens the state; nothing is read or made before it is used. */
export function openState(options: OpenStateOptions = {}): FerryState {
  const environment = options.environment ?? processEnvironment()
  const signal = options.signal ?? new AbortController().signal
  const store = openStateStore(options.location ?? environment['FERRY_STATE'], { environment, signal })
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

  /** What `import` of these manifest files would do. */
  async plan(files: string | readonly string[], options: ManifestOptions = {}): Promise<Plan> {
    const manifests = await this.#load(files)
    return planManifests(await this.read(), manifests, { ...options, environment: this.#environment })
  }

  /** Plans, and applies the plan in one atomic step. */
  async import(
    files: string | readonly string[],
    options: ManifestOptions = {},
  ): Promise<{ readonly plan: Plan; readonly state: State }> {
    const manifests = await this.#load(files)
    const keys = sealingKeys({ environment: this.#environment, mayCreate: true })
    return importManifests(this.#store, manifests, { ...options, keys, signal: this.#signal })
  }

  /** A manifest of what that manifest owns, or without a name of what nobody owns; it imports to the same objects. */
  async export(manifest?: string): Promise<string> {
    return manifestText(ownedBy(await this.read(), manifest))
  }

  #load(files: string | readonly string[]) {
    const list = typeof files === 'string' ? [files] : files
    return loadManifests(list, { environment: this.#environment, signal: this.#signal })
  }
}

/** The objects of one manifest, under its name, or those of none. */
export function ownedBy({ connections, scripts }: State, manifest: string | undefined): ManifestContent {
  const isOwned = ({ origin }: { origin: { readonly owner?: string } }): boolean => origin.owner === manifest
  return {
    ...(manifest !== undefined && { name: manifest }),
    connections: [...connections.values()].filter(isOwned).map(({ value }) => value),
    scripts: [...scripts.values()].filter(isOwned).map(({ value }) => value),
  }
}

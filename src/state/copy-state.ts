import { FerryError } from '../errors/ferry-error.ts'
import type { State } from '../model/state.ts'
import type { StateStore } from './state-store.ts'
import { stateText } from './state-text.ts'

export interface CopyOptions {
  /** Whatever is there is replaced. */
  readonly force: boolean
}

/** Copies the state of one store to another, as it is. Rejects with `state_failed` where that has another state, or a newer one. */
export async function copyState(from: StateStore, to: StateStore, { force }: CopyOptions): Promise<State> {
  const state = await written(from)
  return to.replace((present) => {
    const reason = force ? undefined : conflict(present, state)
    if (reason === undefined) return state
    throw new FerryError('state_failed', `write the state ${to.location}: ${reason}`, {
      hint: `--force replaces it; ferry state show --state ${to.location} tells what it is`,
    })
  })
}

/** Writes the state to a place where there is none yet. */
export async function backUpState(from: StateStore, to: StateStore, { force }: CopyOptions): Promise<State> {
  const state = await written(from)
  return to.replace((present) => {
    if (force || present.serial === 0) return state
    throw new FerryError('already_exists', `write the backup ${to.location}: already exists`, {
      path: to.location,
      hint: 'give another name, or --force',
    })
  })
}

/** Takes back what a backup holds, as the next change of the state that it was made of. */
export async function restoreState(backup: StateStore, to: StateStore, { force }: CopyOptions): Promise<State> {
  const state = await written(backup)
  const present = await to.read()
  if (present.serial === 0) return to.replace((now) => (now.serial === 0 ? state : refuse(now, state, to.location)))
  return to.update((now) => {
    if (!force && now.lineage !== state.lineage) refuse(now, state, to.location)
    return { ...state, lineage: now.lineage, serial: now.serial }
  })
}

async function written(store: StateStore): Promise<State> {
  const state = await store.read()
  if (state.serial > 0) return state
  throw new FerryError('state_unreadable', `read the state ${store.location}: there is none`)
}

function refuse(present: State, state: State, location: string): never {
  throw new FerryError(
    'state_failed',
    `restore the state ${location}: it is another one, of lineage ${present.lineage}, and the backup is of ${state.lineage}`,
    { hint: '--force takes it all the same' },
  )
}

function conflict(present: State, state: State): string | undefined {
  if (present.serial === 0) return undefined
  if (present.lineage !== state.lineage) return `another one is there, of lineage ${present.lineage}`
  if (present.serial > state.serial)
    return `a newer one is there, of serial ${present.serial} (this is ${state.serial})`
  if (present.serial === state.serial && stateText(present) !== stateText(state)) {
    return `a different one of the same serial ${present.serial} is there`
  }
  return undefined
}

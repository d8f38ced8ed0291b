import { editedScript, withObject, withoutObjects } from '../enmasse/edit.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { scriptOf } from '../manifest/stored-script.ts'
import { nameProblem } from '../model/connection.ts'
import type { Script } from '../model/script.ts'
import type { State, Stored } from '../model/state.ts'
import type { Changing } from './change-connections.ts'
import { storedScript } from './stored-objects.ts'

/** What a script is, but for the hash of its text. */
export type ScriptContent = Omit<Script, 'name' | 'sha256'>

/** Stores a new script; rejects with `usage` where the name cannot be one, with `already_exists` where there is one. */
export async function createScript(
  { store }: Pick<Changing, 'store'>,
  name: string,
  content: ScriptContent,
): Promise<State> {
  const problem = nameProblem(name)
  if (problem !== undefined) throw new FerryError('usage', `create script "${name}": ${problem}`)
  const value = scriptWith(name, content)
  return store.update((state) => {
    if (state.scripts.has(name)) {
      throw new FerryError('already_exists', `create script "${name}": there is one of that name`, {
        hint: 'ferry scripts edit changes it',
      })
    }
    return { ...state, scripts: withObject(state.scripts, { value, origin: {} }) }
  })
}

/** Replaces a stored script by what `change` makes of it. */
export async function editScript(
  { store }: Pick<Changing, 'store'>,
  name: string,
  change: (script: Script) => ScriptContent,
): Promise<State> {
  return store.update((state) => {
    const stored = storedScript(state, name)
    const script = scriptWith(name, change(stored.value))
    return { ...state, scripts: withObject(state.scripts, editedScript(stored, script)) }
  })
}

/** Deletes all of these scripts, or none where one is unknown; gives what they were. */
export async function deleteScripts(
  { store }: Pick<Changing, 'store'>,
  names: readonly string[],
): Promise<{ readonly state: State; readonly deleted: ReadonlyMap<string, Stored<Script>> }> {
  const deleted = new Map<string, Stored<Script>>()
  const state = await store.update((current) => {
    for (const name of names) deleted.set(name, storedScript(current, name))
    return { ...current, scripts: withoutObjects(current.scripts, names) }
  })
  return { state, deleted }
}

const scriptWith = (name: string, { body, parameters, description }: ScriptContent): Script => ({
  ...scriptOf(name, body),
  ...(parameters !== undefined && { parameters }),
  ...(description !== undefined && { description }),
})

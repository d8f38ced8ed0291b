import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { octal } from '../model/mode.ts'
import { encodeName, fsPath } from '../model/name-bytes.ts'
import type { State } from '../model/state.ts'
import type { StateStore } from './state-store.ts'

/** What is amiss with a state that can be read: scripts that are not what was imported, and files that others may read or change. */
export async function stateProblems(store: StateStore, state: State): Promise<readonly string[]> {
  const scripts = [...state.scripts.values()]
    .filter(({ value }) => createHash('sha256').update(encodeName(value.body)).digest('hex') !== value.sha256)
    .map(({ value }) => `script ${value.name}: its text does not have its SHA-256, ${value.sha256}`)
  return [...scripts, ...(store.isLocal && state.serial > 0 ? await fileProblems(store.location) : [])]
}

async function fileProblems(file: string): Promise<readonly string[]> {
  const folder = dirname(file)
  const [ofFile, ofFolder] = await Promise.all([stat(fsPath(file)), stat(fsPath(folder))])
  return [
    ...((ofFile.mode & 0o077) === 0 ? [] : [`${file}: its mode is ${octal(ofFile.mode)}, it should be 0600`]),
    // A sticky directory, /tmp, lets nobody else rename what is in it (chmod(1)).
    ...((ofFolder.mode & 0o022) === 0 || (ofFolder.mode & 0o1000) !== 0
      ? []
      : [`${folder}: its mode is ${octal(ofFolder.mode)}, others can replace the state in it`]),
    ...(ofFile.uid === process.getuid?.() ? [] : [`${file}: it belongs to another user, ${ofFile.uid}`]),
  ]
}

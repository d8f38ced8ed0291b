import { randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { copyFile, link, lstat, mkdir, open, readFile, readlink, realpath, rename, unlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localReason } from '../errors/local-error.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import type { State } from '../model/state.ts'
import { type Lock, type LockOptions, takeLock } from './lock.ts'
import type { StateStore } from './state-store.ts'
import { parseState, stateText } from './state-text.ts'
import { type Following, replacement, type StateChange, successor } from './successor.ts'

/** A state in a file. Beside it are `.previous`, the state before the last change, and while it changes `.next` and `.lock`. */
export function fileStateStore(location: string, lockOptions: LockOptions): StateStore {
  const orFailed = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      if (error instanceof FerryError) throw error
      throw new FerryError('state_failed', `write the state ${location}: ${localReason(error)}`, { cause: error })
    })
  const parsed = lastParsed()
  const write = async (change: StateChange, following: Following): Promise<State> => {
    const file = await orFailed(resolveLinks(location))
    await using lock = await orFailed(takeStateLock(file, lockOptions))
    const current = await readState(file, parsed)
    const next = following(current, await change(current))
    lockOptions.signal.throwIfAborted()
    if (next !== current) await orFailed(writeState(file, next, { hasPrevious: current.serial > 0, lock }))
    return next
  }
  return {
    location,
    isLocal: true,
    read: () => readState(location, parsed),
    update: (change) => write(change, successor),
    replace: (change) => write(change, replacement),
  }
}

async function readState(file: string, parsed: (bytes: Buffer) => State): Promise<State> {
  let bytes: Buffer
  try {
    // What may never end, a pipe, is not waited for on the spot; a file goes through threads in many times as long.
    bytes = statSync(fsPath(file)).isFile() ? readFileSync(fsPath(file)) : await readFile(fsPath(file))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return { lineage: randomUUID(), serial: 0, connections: new Map(), scripts: new Map() }
    }
    throw new FerryError('state_unreadable', `read the state ${file}: ${localReason(error)}`, { cause: error })
  }
  try {
    return parsed(bytes)
  } catch (error) {
    if (!(error instanceof FerryError)) throw error
    const hint = error.details.hint ?? (await previousHint(file))
    throw error.with({ message: `read the state ${file}: ${error.message}`, ...(hint !== undefined && { hint }) })
  }
}

/** Of the very same bytes the same state again: a command for many connections asks for it once for each. */
function lastParsed(): (bytes: Buffer) => State {
  let last: { readonly bytes: Buffer; readonly state: State } | undefined
  return (bytes) => {
    if (last === undefined || !last.bytes.equals(bytes)) last = { bytes, state: parseState(decodeText(bytes)) }
    return last.state
  }
}

function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new FerryError('state_unreadable', 'it is not UTF-8 text', { cause: error })
  }
}

async function previousHint(file: string): Promise<string | undefined> {
  const previous = `${file}.previous`
  const found = await lstat(fsPath(previous)).catch(() => undefined)
  return found && `nothing was changed; the state before the last change is in ${previous}`
}

/** The file to replace: a state that is a symbolic link stays one, also where its target is still to be made. */
async function resolveLinks(path: string): Promise<string> {
  let file = path
  // As many as Linux follows (path_resolution(7)).
  for (let hops = 0; hops < 40; hops += 1) {
    const target = await readlink(fsPath(file), { encoding: 'buffer' }).catch(() => undefined)
    if (target === undefined) return file
    const directory = await realpath(fsPath(dirname(file)), { encoding: 'buffer' })
    file = resolve(decodeName(directory), decodeName(target))
  }
  throw new FerryError('state_failed', `write the state ${path}: too many levels of symbolic links`)
}

async function takeStateLock(file: string, options: LockOptions): Promise<Lock> {
  await makeDirectory(dirname(file))
  try {
    return await takeLock(`${file}.lock`, options)
  } catch (error) {
    if (error instanceof FerryError && error.code === 'state_locked') {
      throw error.with({ message: `lock the state ${file}: ${error.message}` })
    }
    throw error
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(fsPath(path), { recursive: true, mode: 0o700 })
  } catch (error) {
    // mkdir(2) says no more than that there is something.
    const reason = errnoOf(error) === 'EEXIST' ? 'not a directory' : localReason(error)
    throw new FerryError('state_failed', `write the state: make ${path}: ${reason}`, { cause: error })
  }
}

/** Under the lock. A crash or a full disk at any moment leaves the old state or the new one. */
async function writeState(
  file: string,
  state: State,
  { hasPrevious, lock }: { readonly hasPrevious: boolean; readonly lock: Lock },
): Promise<void> {
  const next = `${file}.next`
  await removeLeftover(next)
  try {
    await writeWhole(next, stateText(state))
    if (hasPrevious) await keepPrevious(file)
    if (!(await lock.isHeld())) {
      throw new FerryError('state_failed', `write the state ${file}: the lock was taken away, nothing was changed`)
    }
    await rename(fsPath(next), fsPath(file))
  } catch (error) {
    await unlink(fsPath(next)).catch(() => undefined)
    throw error
  }
  await syncDirectory(dirname(file))
}

async function writeWhole(path: string, text: string): Promise<void> {
  const handle = await open(fsPath(path), 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Gives the present file a second name, in one step, so that the copy too is whole at every moment. */
async function keepPrevious(file: string): Promise<void> {
  const previous = `${file}.previous`
  const part = `${previous}.next`
  await removeLeftover(part)
  await link(fsPath(file), fsPath(part)).catch(() => copyFile(fsPath(file), fsPath(part)))
  await rename(fsPath(part), fsPath(previous))
  // rename(2) leaves both where they are one file already: a writer that died left that behind.
  await removeLeftover(part)
}

async function removeLeftover(path: string): Promise<void> {
  await unlink(fsPath(path)).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error
  })
}

/** Makes a rename last through a power failure. Some file systems do not sync directories, and say so. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(fsPath(path), 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
  } finally {
    await handle.close()
  }
}

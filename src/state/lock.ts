import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'
import { orAbort } from '../model/or-abort.ts'
import { type Holder, isDead, parseHolder, thisProcess } from './holder.ts'

export interface LockOptions {
  /** How long to wait for another holder. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** A lock that this process holds; disposing of it gives it back. */
export interface Lock extends AsyncDisposable {
  /** Whether it is ours still: a person may have removed the file. */
  isHeld(): Promise<boolean>
}

/**
 * Takes the lock that is the file `path`, waiting for whoever holds it. The file appears whole, with its holder in it, or not at
 * all. Rejects with `state_locked`, naming the holder, or with the file system's error.
 */
export async function takeLock(path: string, { timeoutMs, signal }: LockOptions): Promise<Lock> {
  signal.throwIfAborted()
  const me = await thisProcess()
  const deadline = performance.now() + timeoutMs
  while (!(await attempt(path, me, path))) {
    signal.throwIfAborted()
    if (performance.now() >= deadline) throw locked(path, await readHolder(path))
    // A random pause, so that many waiting processes do not come all at once.
    await orAbort(delay(20 + Math.random() * 60), signal)
  }
  const isHeld = async (): Promise<boolean> => isOf(await readHolder(path), me)
  return {
    isHeld,
    async [Symbol.asyncDispose]() {
      // Where it cannot be looked at or removed, it is a dead holder's as soon as this process ends.
      if (await isHeld().catch(() => false)) await unlink(fsPath(path)).catch(() => undefined)
    },
  }
}

/** Whether `path`, the lock itself or a guard of it, is ours now. A dead holder's is taken over. */
async function attempt(path: string, me: Holder, lock: string): Promise<boolean> {
  const holder = await readHolder(path)
  if (holder === 'nobody') return publish(path, me)
  return holder !== 'unknown' && (await isDead(holder, me)) && takeOver(path, holder, me, lock)
}

/** link(2) fails where the name exists, and the new name has its content from its first moment on. */
async function publish(path: string, me: Holder): Promise<boolean> {
  const part = `${path}.${me.token}.new`
  try {
    await writeFile(fsPath(part), JSON.stringify(me), { flag: 'wx', mode: 0o600 })
    await link(fsPath(part), fsPath(path))
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await unlink(fsPath(part)).catch(() => undefined)
  }
}

/**
 * Several may see the same dead holder. Only one at a time may replace its lock: whoever has the guard, which is a lock of its own,
 * named after the dead holder, and may be taken over in the same way. Its name tells which lock was seen: where `path` is another's by
 * now, somebody was here before. Renaming the guard over the lock takes the one and gives up the other in one step.
 */
async function takeOver(path: string, dead: Holder, me: Holder, lock: string): Promise<boolean> {
  const guard = `${lock}.${dead.token}`
  if (!(await attempt(guard, me, lock))) return false
  if (isOf(await readHolder(path), dead)) {
    await rename(fsPath(guard), fsPath(path))
    return true
  }
  await unlink(fsPath(guard))
  return false
}

type LockHolder = Holder | 'nobody' | 'unknown'

const isOf = (holder: LockHolder, { token }: Holder): boolean => typeof holder !== 'string' && holder.token === token

async function readHolder(path: string): Promise<LockHolder> {
  try {
    return parseHolder(await readFile(fsPath(path), 'utf8')) ?? 'unknown'
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'nobody'
    throw error
  }
}

function locked(path: string, holder: LockHolder): FerryError {
  const who = typeof holder === 'string' ? 'another process' : `process ${holder.pid} on ${holder.host}`
  const since = typeof holder === 'string' ? '' : ` since ${holder.since}`
  return new FerryError('state_locked', `${who} holds it${since}`, {
    hint: `wait longer with --lock-timeout, or remove ${path} if that process is gone`,
  })
}

import { open, rm, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { errnoOf } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'

/** Longer than anybody holds it, on a machine that is busy: an older one is of a process that was killed. */
const staleMs = 5000
const waitMs = 2 * staleMs

/**
 * Does `work` while no other ferry does so for the same file. Where the lock cannot be had (a directory that may not be written to),
 * `work` is done all the same: the lock keeps a key from being added twice, and that no line is lost does not depend on it.
 */
export async function withKnownHostsLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = fsPath(`${path}.ferry-lock`)
  const isOurs = (await mayBeFile(path)) && (await take(lock))
  try {
    return await work()
  } finally {
    if (isOurs) await rm(lock, { force: true }).catch(() => undefined)
  }
}

/** Beside `/dev/null`, which some name to have no file, there is nothing to put. */
const mayBeFile = (path: string): Promise<boolean> =>
  stat(fsPath(path)).then(
    (found) => found.isFile(),
    () => true,
  )

async function take(lock: ReturnType<typeof fsPath>): Promise<boolean> {
  const end = performance.now() + waitMs
  while (performance.now() < end) {
    try {
      await (await open(lock, 'wx', 0o600)).close()
      return true
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') return false
      if (await isStale(lock)) await rm(lock, { force: true }).catch(() => undefined)
      // A random pause, so that many waiting processes do not come all at once.
      else await delay(5 + Math.random() * 20)
    }
  }
  return false
}

const isStale = (lock: ReturnType<typeof fsPath>): Promise<boolean> =>
  stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > staleMs,
    () => false,
  )

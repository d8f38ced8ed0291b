import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Script } from 'node:vm'

/** A script, ready to run. */
export interface LoadedScript {
  readonly script: Script
  /** Keeps what was compiled for an act that has been done, unless an earlier run did so. */
  keep(act: string): void
}

/** What another version has not renewed for so long is cleared away. */
const keptMs = 30 * 24 * 60 * 60 * 1000

/**
 * Loads a script with what V8 compiled of it in earlier runs, as compiling is the larger part of a short run. The cache is one file of
 * the user's own: the code first, then a line with the acts whose functions it has. V8 looks at its own version, its flags and the
 * length of the script only, so `file` must have a name that no other content has. Whatever goes wrong here, the script runs as well.
 */
export function loadScript(file: string, folder: string | undefined): LoadedScript {
  const source = readFileSync(file, 'latin1')
  const cache = join(folder ?? '', `${basename(file)}-${process.version}-${process.arch}`)
  const stored = folder === undefined ? undefined : readCache(folder, cache)
  const script = new Script(source, { filename: file, ...(stored !== undefined && { cachedData: stored.code }) })
  const { code, acts } = stored !== undefined && script.cachedDataRejected === false ? stored : nothing
  return {
    script,
    keep: (act) => {
      if (folder === undefined || acts.includes(act) || !isOurs(folder)) return
      replaceCache(folder, cache, () => {
        const compiled = script.createCachedData()
        // V8 throws away what a long run has not used for a while.
        return compiled.length > code.length ? { code: compiled, acts: [...acts, act] } : undefined
      })
    },
  }
}

interface Cache {
  readonly code: Buffer
  readonly acts: readonly string[]
}

const nothing: Cache = { code: Buffer.alloc(0), acts: [] }

/** What is in a cache is run, so it must be nobody else's. */
function readCache(folder: string, file: string): Cache | undefined {
  let descriptor: number | undefined
  try {
    if (!isOwn(lstatSync(folder))) return undefined
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW)
    if (!isOwn(fstatSync(descriptor))) return undefined
    const content = readFileSync(descriptor)
    const end = content.lastIndexOf('\n')
    return { code: content.subarray(0, end), acts: content.toString('utf8', end + 1).split(',') }
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

const isOwn = ({ uid, mode }: { uid: number; mode: number }): boolean =>
  uid === process.geteuid?.() && (mode & 0o022) === 0

/** Whether a folder, or where it would be made, is ours: in the home of the user who called sudo it is not. */
function isOurs(folder: string): boolean {
  try {
    return lstatSync(folder).uid === process.geteuid?.()
  } catch {
    return folder !== dirname(folder) && isOurs(dirname(folder))
  }
}

/**
 * In one step, and on the disk before it has its name: a file that is cut off is never seen. Nothing is written or cleared away where
 * somebody else says what the folder is. Making the cache takes its time, so that comes when there is a place for it.
 */
function replaceCache(folder: string, file: string, make: () => Cache | undefined): void {
  const part = `${file}.${process.pid}`
  let descriptor: number
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!isOwn(lstatSync(folder))) return
    descriptor = openSync(part, 'wx', 0o600)
  } catch {
    return
  }
  try {
    const cache = make()
    if (cache === undefined) return
    writeFileSync(descriptor, cache.code)
    writeFileSync(descriptor, `\n${cache.acts.join(',')}`)
    fsyncSync(descriptor)
    renameSync(part, file)
    removeOld(folder, basename(file).replace(/-.*/, '-'))
  } catch {
    // A full disk, for one: the next run tries again.
  } finally {
    closeSync(descriptor)
    rmSync(part, { force: true })
  }
}

function removeOld(folder: string, beginning: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(beginning)) continue
    const file = join(folder, name)
    if (Date.now() - statSync(file).mtimeMs > keptMs) rmSync(file, { force: true })
  }
}

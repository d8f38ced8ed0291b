import { appendFile, chmod, mkdir, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf, localError } from '../errors/local-error.ts'
import { decodeName, encodeName, fsPath } from '../model/name-bytes.ts'
import { takeLock } from '../state/lock.ts'

/** Lines that come back with the arrow keys. */
export const mostLines = 1000
/** A file of more than that becomes the `.old` one, and is gone when the next one does. */
const largestFile = 128 * 1024
/** A longer line was pasted. */
const longestLine = 4096
const lockTimeoutMs = 2000

/** Lines that were typed, over all shells of a user. */
export interface History {
  /** The newest first. */
  readonly lines: readonly string[]
  add(line: string): Promise<void>
}

/** Whether a line is remembered: one that begins with a blank is not, as with `HISTCONTROL=ignorespace` of bash(1). */
export const isKept = (line: string): boolean => /^[^\s]/.test(line)

/**
 * The history in a file, made for its owner alone. Shells that run at once lose none of each other's lines: they only ever append, and
 * what is moved away is read as well.
 */
export async function openHistory(file: string, signal: AbortSignal): Promise<History> {
  try {
    await mkdir(fsPath(dirname(file)), { recursive: true, mode: 0o700 })
    await moveAway(file, signal)
    const texts = [await textOf(`${file}.old`), await textOf(file)]
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '')
    return { lines: lines.slice(-mostLines).reverse(), add: (line) => append(file, line) }
  } catch (error) {
    throw localError('read the history', file, error)
  }
}

async function append(file: string, line: string): Promise<void> {
  // A name with a line feed in it would be read back as two lines.
  if (!isKept(line) || line.includes('\n') || line.length > longestLine) return
  try {
    await appendFile(fsPath(file), encodeName(`${line}\n`), { mode: 0o600 })
  } catch (error) {
    throw localError('write the history', file, error)
  }
}

async function moveAway(file: string, signal: AbortSignal): Promise<void> {
  if ((await sizeOf(file)) <= largestFile) return
  await using _lock = await takeLock(`${file}.lock`, { timeoutMs: lockTimeoutMs, signal })
  // Another shell may have been here meanwhile.
  if ((await sizeOf(file)) > largestFile) await rename(fsPath(file), fsPath(`${file}.old`))
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(fsPath(file)).catch(absent)
  return found?.size ?? 0
}

/** The text of a file that others may not read from now on, whatever it was before. */
async function textOf(file: string): Promise<string> {
  const bytes = await readFile(fsPath(file)).catch(absent)
  if (bytes === undefined) return ''
  await chmod(fsPath(file), 0o600)
  return decodeName(bytes)
}

function absent(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
}
